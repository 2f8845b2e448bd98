"""Passwords: hashing, comparing, bounds."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from argon2 import PasswordHasher

from straks.accounts.passwords import PasswordError, Passwords
from straks.conversation.errors import RefusedError
from straks_protocol import ErrorCode

CHEAP = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    made = Passwords(CHEAP)
    yield made
    made.close()


async def test_the_right_password_fits_and_others_do_not(passwords: Passwords) -> None:
    stored = await passwords.hash("correct horse")
    assert "correct" not in stored
    assert await passwords.verify(stored, "correct horse")
    assert not await passwords.verify(stored, "correct horsE")


async def test_composed_and_decomposed_letters_are_the_same_password(passwords: Passwords) -> None:
    stored = await passwords.hash("gr\u00e5 himmel")
    assert await passwords.verify(stored, "gra\u030a himmel")


@pytest.mark.parametrize("password", ["", "short", "x" * 257])
async def test_too_short_and_too_long_passwords_are_refused(
    passwords: Passwords, password: str
) -> None:
    with pytest.raises(PasswordError):
        await passwords.hash(password)


async def test_what_is_no_text_is_refused(passwords: Passwords) -> None:
    undecodable = b"p\xe5ssword".decode(errors="surrogateescape")
    with pytest.raises(PasswordError, match="UTF-8"):
        await passwords.hash(undecodable)


async def test_an_unknown_user_costs_the_same_comparison() -> None:
    compared = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> Any:
            compared.append((threading.current_thread(), str(hash)))
            return super().verify(hash, password)

    hasher = Counting(time_cost=1, memory_cost=64, parallelism=1)
    passwords = Passwords(hasher)
    assert not await passwords.verify(None, "any password")
    stored = await passwords.hash("any password")
    assert await passwords.verify(stored, "any password")
    passwords.close()
    (thread, nobody), (_, somebody) = compared
    assert thread is not threading.main_thread()
    assert nobody.split("$")[:4] == somebody.split("$")[:4]
    assert [len(part) for part in nobody.split("$")] == [len(p) for p in somebody.split("$")]


async def test_a_damaged_hash_fits_nothing(passwords: Passwords) -> None:
    assert not await passwords.verify("not a hash", "any password")


async def test_a_flood_is_refused_instead_of_queued(passwords: Passwords) -> None:
    tried = await asyncio.gather(
        *(passwords.verify(None, "any password") for _ in range(40)), return_exceptions=True
    )
    refused = [error for error in tried if isinstance(error, RefusedError)]
    assert len(refused) == 24
    assert {error.code for error in refused} == {ErrorCode.RATE_LIMITED}
    assert not await passwords.verify(None, "any password")


async def test_a_weaker_hash_is_outdated(passwords: Passwords) -> None:
    stored = await passwords.hash("correct horse")
    assert not passwords.is_outdated(stored)
    stronger = Passwords(PasswordHasher(time_cost=2, memory_cost=64, parallelism=1))
    assert stronger.is_outdated(stored)
    stronger.close()

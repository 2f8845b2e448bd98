"""Signing in while somebody guesses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from straks.accounts.passwords import Passwords
from straks.accounts.service import Accounts
from straks.clock import ManualClock
from straks.conversation.errors import RefusedError
from straks.records.accounts import AccountRecords
from straks.records.database import Database

EMAIL = "bo@chat.example"
PASSWORD = "correct horse"


@pytest.fixture
async def accounts(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Accounts]:
    database = await Database.open(tmp_path / "records.db")
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    accounts = Accounts(AccountRecords(database), passwords, clock)
    await accounts.add_agent(EMAIL, "Bo", PASSWORD)
    yield accounts
    passwords.close()
    await database.close()


async def outcome(accounts: Accounts, password: str, address: str) -> str:
    """Tell how a sign-in ends."""
    try:
        row = await accounts.sign_in(EMAIL, password, address)
    except RefusedError:
        return "wait"
    return "wrong" if row is None else "in"


async def test_guessing_from_elsewhere_does_not_keep_the_agent_out(accounts: Accounts) -> None:
    for _ in range(20):
        await outcome(accounts, "guess", "192.0.2.1")
    assert await outcome(accounts, PASSWORD, "192.0.2.1") == "wait"
    assert await outcome(accounts, PASSWORD, "198.51.100.7") == "in"


async def test_guessing_from_many_addresses_gets_one_guess_each(accounts: Accounts) -> None:
    addresses = [f"192.0.2.{number}" for number in range(20)]
    first = [await outcome(accounts, "guess", address) for address in addresses]
    again = [await outcome(accounts, "guess", address) for address in addresses]
    assert first == ["wrong"] * 20
    assert again == ["wait"] * 20


async def test_an_agent_known_at_an_address_may_mistype_while_others_guess(
    accounts: Accounts,
) -> None:
    home = "198.51.100.7"
    assert await outcome(accounts, PASSWORD, home) == "in"
    for number in range(20):
        await outcome(accounts, "guess", f"192.0.2.{number}")
    assert await outcome(accounts, "mistyped", home) == "wrong"
    assert await outcome(accounts, PASSWORD, home) == "in"


async def test_a_known_address_is_slowed_down_by_its_own_failures(accounts: Accounts) -> None:
    home = "198.51.100.7"
    assert await outcome(accounts, PASSWORD, home) == "in"
    outcomes = [await outcome(accounts, "guess", home) for _ in range(7)]
    assert outcomes == ["wrong"] * 6 + ["wait"]

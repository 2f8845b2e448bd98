"""Password hashes, made off the event loop."""

from __future__ import annotations

import asyncio
import base64
import secrets
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from straks.conversation.errors import RefusedError
from straks.errors import StraksError
from straks_protocol import ErrorCode

__all__ = ["PasswordError", "Passwords"]

_SHORTEST: Final = 8
_LONGEST: Final = 256
_WORKERS: Final = 2
_WAITING: Final = 16


class PasswordError(StraksError):
    """The password is not one that we take; the message says why."""


class Passwords:
    """Hashes and verifies passwords in worker threads.

    At most ``_WAITING`` requests wait; more are refused with ``rate_limited``, so that a flood of
    sign-ins takes neither the loop nor the memory.
    """

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="password")
        self._waiting = 0
        self._nobody = _unknown_hash(self._hasher)

    async def hash(self, password: str) -> str:
        """Make the hash to store.

        Raises:
            PasswordError: too short, too long, or no text.
        """
        ready = _prepare(password)
        if any("\ud800" <= letter <= "\udfff" for letter in password):
            raise PasswordError("The password is not text in UTF-8.")
        if not _SHORTEST <= len(password) <= _LONGEST:
            raise PasswordError(f"A password has {_SHORTEST} to {_LONGEST} characters.")
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, self._hasher.hash, ready
        )

    async def verify(self, stored: str | None, password: str) -> bool:
        """Compare a password; without a stored hash it takes as long, and is wrong.

        Raises:
            RefusedError: ``rate_limited``, too many at once.
        """
        if len(password) > _LONGEST:
            return False
        if self._waiting >= _WAITING:
            raise RefusedError(
                ErrorCode.RATE_LIMITED, "Too many sign-ins at once; try again.", retry_after=2.0
            )
        self._waiting += 1
        try:
            right = await asyncio.get_running_loop().run_in_executor(
                self._pool, self._compare, stored or self._nobody, _prepare(password)
            )
        finally:
            self._waiting -= 1
        return right and stored is not None

    def is_outdated(self, stored: str) -> bool:
        """Tell whether the hash was made with weaker settings than today's."""
        return self._hasher.check_needs_rehash(stored)

    def close(self) -> None:
        """Let the worker threads end."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _compare(self, stored: str, password: str) -> bool:
        try:
            return self._hasher.verify(stored, password)
        except (VerificationError, InvalidHashError):
            return False


def _prepare(password: str) -> str:
    # The same letters typed on another keyboard are the same password.
    return unicodedata.normalize("NFKC", password)


def _unknown_hash(hasher: PasswordHasher) -> str:
    """Give a hash that no password fits and that costs as much to compare."""

    def text(size: int) -> str:
        return base64.b64encode(secrets.token_bytes(size)).decode().rstrip("=")

    settings = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2id$v=19${settings}${text(hasher.salt_len)}${text(hasher.hash_len)}"

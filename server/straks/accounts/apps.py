"""Programs of others: their API keys, and what each may do."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Sequence
from typing import Final

from straks.accounts.principals import RESPONDER, Principal
from straks.clock import Clock
from straks.errors import StraksError
from straks.records.apps import AppRecords, AppRow

__all__ = ["KEY_PREFIX", "NAME", "SCOPES", "Apps", "BadAppError"]

KEY_PREFIX: Final = "straks_app_"
"""How every key begins: whoever finds one knows whose it is."""
NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,31}")
SCOPES: Final = re.compile(r"message|answer|app:[A-Za-z0-9_-]{1,64}:(?:read|publish)")
_MOST_SCOPES: Final = 20
_LONGEST_KEY: Final = 200


class BadAppError(StraksError):
    """This is no name for an app, or no scope."""


class Apps:
    """Makes, finds and ends API keys. Of keys only hashes are stored."""

    def __init__(self, records: AppRecords, clock: Clock) -> None:
        self._records = records
        self._clock = clock

    async def add(self, name: str, scopes: Iterable[str]) -> str:
        """Make an app; give its key, which nobody can read again.

        Raises:
            BadAppError: not a name or scope that we take.
            AppExistsError: the name is taken.
        """
        if NAME.fullmatch(name) is None or name == RESPONDER.id:
            raise BadAppError(
                f"{name[:64]!r} is no name for an app: it begins with a letter of a-z, has at most "
                f"32 of a-z, 0-9, _ and -, and is not {RESPONDER.id!r}."
            )
        wanted = sorted(set(scopes))
        for scope in wanted:
            if SCOPES.fullmatch(scope) is None:
                raise BadAppError(
                    f"There is no scope {scope[:100]!r}; there are message, answer, "
                    "app:CHANNEL:read and app:CHANNEL:publish."
                )
        if not 1 <= len(wanted) <= _MOST_SCOPES:
            raise BadAppError(f"An app has 1 to {_MOST_SCOPES} scopes.")
        key = KEY_PREFIX + secrets.token_urlsafe(32)
        await self._records.add(
            AppRow(
                name=name,
                session=secrets.token_urlsafe(12),
                secret_hash=_hash(key),
                scopes=" ".join(wanted),
                created_at=self._clock.now_ms(),
            )
        )
        return key

    async def remove(self, name: str) -> None:
        """End an app's key, and soon its connections.

        Raises:
            BadAppError: there is none.
        """
        if not await self._records.remove(name):
            raise BadAppError(f"There is no app {name[:64]!r}; straks app list names them.")

    async def listed(self) -> Sequence[AppRow]:
        """Give all apps, by name."""
        return await self._records.all()

    async def find(self, key: str) -> Principal | None:
        """Tell whose key this is; None when it is nobody's, any more or at all."""
        if len(key) > _LONGEST_KEY:
            return None
        row = await self._records.by_secret(_hash(key))
        if row is None:
            return None
        return Principal(
            kind="app",
            id=row.name,
            name=row.name,
            session=row.session,
            scopes=frozenset(row.scopes.split()),
        )

    async def is_over(self, session: str) -> bool:
        """Tell whether the key of a connection was ended."""
        return await self._records.by_session(session) is None


def _hash(key: str) -> str:
    # The key is random and long: a plain hash is enough, and nothing to brute-force.
    return hashlib.sha256(key.encode()).hexdigest()

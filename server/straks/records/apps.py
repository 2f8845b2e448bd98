"""What the records know about apps: programs of others that have an API key."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, insert, select
from sqlalchemy.exc import IntegrityError

from straks.errors import StraksError
from straks.records.database import Database
from straks.records.schema import apps

__all__ = ["AppExistsError", "AppRecords", "AppRow"]


class AppExistsError(StraksError):
    """There is an app with this name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AppRow:
    """``session`` names what ends with the key; ``scopes`` are parted by spaces."""

    name: str
    session: str
    secret_hash: str
    scopes: str
    created_at: int


class AppRecords:
    """Queries over apps."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, row: AppRow) -> None:
        """Raises AppExistsError when the name is taken."""
        try:
            async with self._database.write() as connection:
                await connection.execute(
                    insert(apps).values(
                        name=row.name,
                        session=row.session,
                        secret_hash=row.secret_hash,
                        scopes=row.scopes,
                        created_at=row.created_at,
                    )
                )
        except IntegrityError as error:
            raise AppExistsError(
                f"There is already an app {row.name}; remove it first to give it another key."
            ) from error

    async def remove(self, name: str) -> bool:
        """Forget an app; False when there is none."""
        async with self._database.write() as connection:
            gone = await connection.execute(
                delete(apps).where(apps.c.name == name).returning(apps.c.name)
            )
            return gone.one_or_none() is not None

    async def all(self) -> Sequence[AppRow]:
        """Give all apps, by name."""
        async with self._database.read() as connection:
            found = await connection.execute(select(apps).order_by(apps.c.name))
            return [AppRow(**row._mapping) for row in found]

    async def by_secret(self, secret_hash: str) -> AppRow | None:
        return await self._one(apps.c.secret_hash == secret_hash)

    async def by_session(self, session: str) -> AppRow | None:
        return await self._one(apps.c.session == session)

    async def _one(self, condition: ColumnElement[bool]) -> AppRow | None:
        async with self._database.read() as connection:
            found = (await connection.execute(select(apps).where(condition))).one_or_none()
        return None if found is None else AppRow(**found._mapping)

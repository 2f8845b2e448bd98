"""What servers that share the records have in common."""

from __future__ import annotations

import secrets

from sqlalchemy import insert, select, text, update

from straks.records.database import Database
from straks.records.schema import deployment

__all__ = ["Deployment"]


class Deployment:
    """The identity of the records, and the secret that those who share them sign with."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def identity(self) -> str:
        """Give the name of these records, made when they are first asked for it.

        Raises:
            RecordsUnavailableError: they cannot be read or written now.
        """
        async with self._database.write() as connection:
            # Those who start at the same time must not both make one.
            if self._database.shared:
                await connection.execute(text("LOCK TABLE deployment IN EXCLUSIVE MODE"))
            found = await connection.scalar(select(deployment.c.id))
            if found is None:
                found = secrets.token_hex(16)
                await connection.execute(insert(deployment).values(id=found))
            return str(found)

    async def settle(self) -> None:
        """Forget by which import the records came: from now on they are not to be replaced.

        Raises:
            RecordsUnavailableError: they cannot be written now.
        """
        async with self._database.write() as connection:
            await connection.execute(
                update(deployment).where(deployment.c.import_id.is_not(None)).values(import_id=None)
            )

    async def secret(self, own: bytes) -> bytes:
        """Give the secret that all servers share: that of the first, ``own`` if that is this one.

        Raises:
            RecordsUnavailableError: they cannot be read or written now.
        """
        await self.identity()
        async with self._database.write() as connection:
            await connection.execute(
                update(deployment).where(deployment.c.secret.is_(None)).values(secret=own)
            )
            found = await connection.scalar(select(deployment.c.secret))
            assert found is not None
            return bytes(found)

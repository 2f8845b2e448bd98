"""How visitors can be reached."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select

from straks.records.database import Database
from straks.records.engine import upsert
from straks.records.schema import customers

__all__ = ["SQLCustomerRecords"]


class SQLCustomerRecords:
    """The customers in the SQL records."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, contacts: Sequence[tuple[str, str | None, str | None, int]]) -> None:
        """Keep (visitor id, e-mail, name, time in ms since the epoch), in order.

        What a contact does not say stays as it was.

        Raises:
            RecordsUnavailableError: nothing was kept.
        """
        if not contacts:
            return
        new = upsert(self._database, customers)
        statement = new.on_conflict_do_update(
            index_elements=[customers.c.visitor_id],
            set_={
                "email": func.coalesce(new.excluded.email, customers.c.email),
                "name": func.coalesce(new.excluded.name, customers.c.name),
                "updated_at": new.excluded.updated_at,
            },
            where=new.excluded.updated_at >= customers.c.updated_at,
        )
        rows = [
            {"visitor_id": visitor, "email": email, "name": name, "updated_at": at}
            for visitor, email, name, at in contacts
        ]
        async with self._database.write() as connection:
            await connection.execute(statement, rows)

    async def find(self, visitor_id: str) -> dict[str, Any] | None:
        """Read a customer: ``visitor_id``, ``email``, ``name``, ``updated_at``.

        Raises:
            RecordsUnavailableError: they cannot be read now.
        """
        query = select(customers).where(customers.c.visitor_id == visitor_id)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else dict(row._mapping)

"""All that the records hold, table by table, to move it elsewhere."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Any, Final, TypeAlias

from sqlalchemy import Column, delete, func, insert, select, tuple_, update
from sqlalchemy.exc import SQLAlchemyError

from straks.records.database import Database
from straks.records.errors import RecordsUnavailableError
from straks.records.schema import (
    archive_channels,
    archive_entries,
    deployment,
    metadata,
    schema_version,
)

__all__ = ["Row", "Rows"]

Row: TypeAlias = Mapping[str, Any]
"""Values by column; JSON has all of them."""

_PAGE: Final = 1_000
_ARCHIVE: Final = (archive_channels, archive_entries)
"""What they hold is moved with the log."""
_STAYS: Final = {table.name for table in (*_ARCHIVE, deployment, schema_version)}
_TABLES: Final = {
    str(table.name): table  # which is of a subclass
    for table in metadata.sorted_tables
    if table.name not in _STAYS
}
_FILLING: Final = 3600.0
"""Seconds that PostgreSQL may take for all rows: one transaction."""


class Rows:
    """The rows of all tables but those that describe the database itself."""

    tables: Final = tuple(_TABLES)

    def __init__(self, database: Database) -> None:
        self._database = database

    @staticmethod
    def flaw(table: str, row: Row) -> str | None:
        """Say what is wrong with a row, before a database does not take it."""
        columns = {str(column.key): column for column in _TABLES[table].columns}
        for name in row.keys() ^ columns.keys():
            return f"{table} has {'no column' if name in row else 'a column'} {name[:100]}"
        for name, value in row.items():
            column = columns[name]
            if value is None:
                if not column.nullable:
                    return f"{table}.{name} is never null"
            elif type(value) is not column.type.python_type:
                return f"{table}.{name} is of type {column.type.python_type.__name__}"
            elif isinstance(value, str) and len(value) > _longest(column):
                return f"{table}.{name} is too long"
        return None

    async def count(self) -> int:
        """Count all rows, of the archive too.

        Raises:
            RecordsUnavailableError: they cannot be read.
        """
        async with self._database.read() as connection:
            return sum(
                [
                    await connection.scalar(select(func.count()).select_from(table)) or 0
                    for table in (*_TABLES.values(), *_ARCHIVE)
                ]
            )

    async def read(self, table: str) -> AsyncIterator[Row]:
        """Read all rows of a table, page by page, in the order of its key.

        Raises:
            RecordsUnavailableError: they cannot be read.
        """
        columns = _TABLES[table].columns
        key = tuple_(*_TABLES[table].primary_key.columns)
        names = [column.name for column in _TABLES[table].primary_key.columns]
        page = select(*columns).order_by(*_TABLES[table].primary_key.columns).limit(_PAGE)
        query = page
        while True:
            async with self._database.read() as connection:
                rows = (await connection.execute(query)).mappings().all()
            for row in rows:
                yield {str(name): value for name, value in row.items()}
            if len(rows) < _PAGE:
                return
            query = page.where(key > tuple_(*(rows[-1][name] for name in names)))

    async def import_id(self) -> str | None:
        """Name the import that the rows are of, if they are of one that also filled Redis.

        Raises:
            RecordsUnavailableError: they cannot be read.
        """
        async with self._database.read() as connection:
            found: str | None = await connection.scalar(select(deployment.c.import_id))
            return found

    async def fill(
        self,
        pages: Iterable[tuple[str, list[Row]]],
        *,
        secret: bytes | None = None,
        import_id: str | None = None,
    ) -> None:
        """Insert rows, all or none; what is there of the same import is replaced.

        Args:
            pages: rows of one table each.
            secret: that the servers share, if they do.
            import_id: names the import, if it fills Redis too.

        Raises:
            RecordsUnavailableError: they cannot be written, or do not take them.
        """
        try:
            async with self._database.write(_FILLING) as connection:
                before = await connection.scalar(select(deployment.c.import_id))
                if import_id is not None and before == import_id:
                    for old in (*_TABLES.values(), *_ARCHIVE):
                        await connection.execute(delete(old))
                await connection.execute(update(deployment).values(import_id=import_id))
                for table, rows in pages:
                    await connection.execute(insert(_TABLES[table]), rows)
                if secret is not None:
                    await connection.execute(update(deployment).values(secret=secret))
        except SQLAlchemyError as error:
            reason = getattr(error, "orig", None) or error
            raise RecordsUnavailableError(f"the records do not take it: {reason}") from error


def _longest(column: Column[Any]) -> float:
    """Tell how many characters a column of texts takes."""
    length: int | None = getattr(column.type, "length", None)
    return math.inf if length is None else length

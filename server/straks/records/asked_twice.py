"""How often visitors were asked for what was known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import BigInteger, cast, delete, func, select

from straks.records.database import Database
from straks.records.engine import upsert
from straks.records.schema import asked_twice

__all__ = ["AskedTwiceRecords"]

_DAY: Final = 86_400_000
_DAYS_KEPT: Final = 400
_MOST_FIELDS: Final = 200
"""Fields that are counted in a day: visitors name some of them."""


class AskedTwiceRecords:
    """Counts by field and day (UTC)."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count_asked_twice(self, field: str, at: int) -> None:
        """Count that a visitor was asked for a field that was known; ``at``: in ms, when.

        Raises:
            RecordsUnavailableError: it was not counted.
        """
        day = at // _DAY
        new = upsert(self._database, asked_twice).values(field=field, day=day, times=1)
        statement = new.on_conflict_do_update(
            index_elements=[asked_twice.c.field, asked_twice.c.day],
            set_={"times": asked_twice.c.times + 1},
        )
        counted = select(asked_twice.c.field).where(asked_twice.c.day == day).limit(_MOST_FIELDS)
        async with self._database.write() as connection:
            fields = set(await connection.scalars(counted))
            if field not in fields and len(fields) == _MOST_FIELDS:
                return
            await connection.execute(statement)
            await connection.execute(
                delete(asked_twice).where(asked_twice.c.day < day - _DAYS_KEPT)
            )

    async def asked_twice(self, since: int) -> Mapping[str, int]:
        """Tell how often each field was, from the day of a time (ms) on.

        Raises:
            RecordsUnavailableError: it cannot be read now.
        """
        columns = asked_twice.c
        query = (
            select(columns.field, cast(func.sum(columns.times), BigInteger))
            .where(columns.day >= since // _DAY)
            .group_by(columns.field)
            .order_by(columns.field)
        )
        async with self._database.read() as connection:
            return {row[0]: row[1] for row in await connection.execute(query)}

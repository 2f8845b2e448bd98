"""What is counted as asked twice."""

from __future__ import annotations

from straks.records.asked_twice import AskedTwiceRecords
from straks.records.database import Database

NOON = 1_800_000_000_000
DAY = 86_400_000


async def test_what_is_asked_twice_is_counted_by_day(database: Database) -> None:
    records = AskedTwiceRecords(database)
    for field, at in (("email", NOON), ("email", NOON), ("order", NOON), ("email", NOON - DAY)):
        await records.count_asked_twice(field, at)
    assert await records.asked_twice(NOON) == {"email": 2, "order": 1}
    assert await records.asked_twice(NOON - DAY) == {"email": 3, "order": 1}
    await records.count_asked_twice("phone", NOON + 500 * DAY)
    assert await records.asked_twice(0) == {"phone": 1}
    assert await records.asked_twice(NOON + 501 * DAY) == {}

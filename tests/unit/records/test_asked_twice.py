"""What was asked for twice is counted by day."""

from __future__ import annotations

from straks.records.asked_twice import AskedTwiceRecords
from straks.records.database import Database

DAY = 86_400_000


async def test_counts_add_up_from_a_day_on(database: Database) -> None:
    records = AskedTwiceRecords(database)
    for field, at in (("email", 1), ("order", DAY), ("order", 2 * DAY - 1), ("order", 2 * DAY)):
        await records.count_asked_twice(field, at)
    assert await records.asked_twice(0) == {"email": 1, "order": 3}
    assert await records.asked_twice(DAY + 5) == {"order": 3}
    assert await records.asked_twice(2 * DAY) == {"order": 1}
    assert await records.asked_twice(3 * DAY) == {}


async def test_old_days_go(database: Database) -> None:
    records = AskedTwiceRecords(database)
    await records.count_asked_twice("email", DAY)
    await records.count_asked_twice("order", 402 * DAY)
    assert await records.asked_twice(0) == {"order": 1}


async def test_names_without_end_are_not_counted(database: Database) -> None:
    records = AskedTwiceRecords(database)
    for number in range(210):
        await records.count_asked_twice(f"f{number}", DAY)
    await records.count_asked_twice("f0", DAY)
    counts = await records.asked_twice(0)
    assert (len(counts), counts["f0"]) == (200, 2)

"""Summaries as the records list them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from straks.records.database import Database
from straks.records.errors import RecordsUnavailableError
from straks.records.inbox import COUNTED, SQLInboxRecords


@pytest.fixture
async def records(database: Database) -> SQLInboxRecords:
    return SQLInboxRecords(database)


def row(name: str, state: str, offset: int = 1, **fields: Any) -> tuple[str, dict[str, Any]]:
    summary = {"id": name, "state": state, "offset": offset, "updated_at": offset, **fields}
    return "default", summary


async def ids(records: SQLInboxRecords, state: str, agent: str = "anna") -> list[str]:
    return [each["id"] for each in await records.list("default", state, agent, None, 10)]


async def test_each_list_has_its_own_and_its_order(records: SQLInboxRecords) -> None:
    await records.save(
        [
            row("new", "self_service", 9),
            row("patient", "waiting", 5, waiting_since=5),
            row("impatient", "waiting", 8, waiting_since=2),
            row("mine", "with_agent", 6, agent={"id": "anna"}),
            row("theirs", "with_agent", 7, agent={"id": "bo"}),
            row("done", "closed", 4, agent={"id": "anna"}),
            ("sales", row("elsewhere", "waiting", 1, waiting_since=1)[1]),
        ]
    )
    assert await ids(records, "waiting") == ["impatient", "patient"]
    assert await ids(records, "mine") == ["mine"]
    assert await ids(records, "mine", "bo") == ["theirs"]
    assert await ids(records, "open") == ["new", "impatient", "theirs", "mine", "patient"]
    assert await ids(records, "closed") == ["done"]
    assert await records.counts("default", "anna") == {
        "waiting": 2,
        "mine": 1,
        "open": 5,
        "closed": 1,
    }
    with pytest.raises(ValueError, match="everything"):
        await ids(records, "everything")


async def test_older_summary_never_replaces_a_newer(records: SQLInboxRecords) -> None:
    await records.save([row("a", "waiting", 3, waiting_since=3)])
    await records.save([row("a", "self_service", 1), row("b", "closed", 1)])
    assert await records.offsets(["a", "b", "c"]) == {"a": 3, "b": 1}
    assert await ids(records, "waiting") == ["a"]


async def test_same_times_are_paged_by_id(records: SQLInboxRecords) -> None:
    await records.save([row(name, "waiting", 1, waiting_since=1) for name in "abc"])
    page = await records.list("default", "waiting", "anna", (False, 1, "a"), 10)
    assert [each["id"] for each in page] == ["b", "c"]
    page = await records.list("default", "open", "anna", (False, 1, "b"), 10)
    assert [each["id"] for each in page] == ["a"]


async def test_experts_stand_first_among_those_who_wait(records: SQLInboxRecords) -> None:
    waiting = {"a": 1, "b": 2, "c": 3, "d": 4, "e": 4}
    await records.save(
        [
            row(
                name, "waiting", at, waiting_since=at, **({"expert": True} if name in "cde" else {})
            )
            for name, at in waiting.items()
        ]
    )
    assert await ids(records, "waiting") == ["c", "d", "e", "a", "b"]
    assert await ids(records, "open") == ["e", "d", "c", "b", "a"]
    whole: list[str] = []
    after = None
    while page := await records.list("default", "waiting", "anna", after, 2):
        whole += [each["id"] for each in page]
        last = page[-1]
        after = (last.get("expert", False), last["waiting_since"], last["id"])
    assert whole == ["c", "d", "e", "a", "b"]


async def test_no_more_are_counted_than_people_are_shown(records: SQLInboxRecords) -> None:
    await records.save([row(f"c{number}", "closed") for number in range(COUNTED - 1)])
    assert (await records.counts("default", "anna"))["closed"] == COUNTED - 1
    await records.save([row(f"d{number}", "closed") for number in range(10)])
    counts = await records.counts("default", "anna")
    assert counts == {"waiting": 0, "mine": 0, "open": 0, "closed": COUNTED}


async def test_nothing_kept_is_empty(records: SQLInboxRecords) -> None:
    assert await records.empty()
    await records.save([row("a", "closed")])
    assert not await records.empty()


async def test_lists_are_read_along_an_index(database: Database, records: SQLInboxRecords) -> None:
    """A million closed conversations cost a page no more than a hundred."""
    queries = [
        "SELECT summary FROM inbox WHERE inbox='default' AND state='waiting' "
        "AND (turn, waiting_since, id) > (1, 1, 'a') ORDER BY turn, waiting_since, id LIMIT 10",
        "SELECT summary FROM inbox WHERE inbox='default' AND agent_id='anna' "
        "AND state='with_agent' AND (updated_at, id) < (1, 'a') "
        "ORDER BY updated_at DESC, id DESC LIMIT 10",
        "SELECT summary FROM inbox WHERE inbox='default' AND closed = true "
        "AND (updated_at, id) < (1, 'a') ORDER BY updated_at DESC, id DESC LIMIT 10",
    ]
    shared = database.shared
    async with database.read() as connection:
        if shared:  # An empty table is read from its start whatever indexes there are.
            await connection.execute(text("SET LOCAL enable_seqscan = off"))
            await connection.execute(text("SET LOCAL enable_sort = off"))
        for query in queries:
            explain = "EXPLAIN" if shared else "EXPLAIN QUERY PLAN"
            plan = await connection.execute(text(f"{explain} {query}"))
            steps = [str(step[-1]) for step in plan]
            assert any(("Index Scan" if shared else "USING INDEX") in step for step in steps)
            assert not [step for step in steps if "Sort" in step or "TEMP B-TREE" in step]


async def test_records_that_are_away_say_so(database: Database, records: SQLInboxRecords) -> None:
    async with database.write() as connection:
        await connection.execute(text("DROP TABLE inbox"))
    with pytest.raises(RecordsUnavailableError):
        await records.empty()
    with pytest.raises(RecordsUnavailableError):
        await records.save([row("a", "closed")])

"""Where a subscriber may go on."""

from __future__ import annotations

from typing import Any

import pytest

from straks.log.log import Page
from straks.log.resume import resume
from straks_protocol import Position
from tests.support.logs import item
from tests.support.memory_log import MemoryLog

CHANNEL = "conversation:a"


class ModelLog:
    """The model, asked as a log is."""

    def __init__(self, entries: int, trimmed: int = 0) -> None:
        self.memory = MemoryLog()
        self.memory.store([item(CHANNEL, id=f"id{n}") for n in range(1, entries + 1)])
        del self.memory.entries[CHANNEL][:trimmed]

    async def read(
        self, channel: str, *, after: int | None = None, before: int | None = None, limit: int
    ) -> Page:
        return self.memory.read(channel, after, before, limit)

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"resume has no need of {name}")


def at(offset: int, entry_id: str | None = None) -> Position:
    return Position(offset=offset, id=f"id{offset}" if entry_id is None else entry_id)


START = at(0, "")


@pytest.mark.parametrize(
    ("after", "recovered", "offsets", "position", "more"),
    [
        (None, False, [5, 6, 7], at(7), False),
        (at(5), True, [6, 7], at(7), False),
        (at(7), True, [], at(7), False),
        (at(4), True, [5, 6, 7], at(7), False),
        (at(3), True, [4, 5, 6], at(6), True),
        (START, True, [1, 2, 3], at(3), True),
        (at(5, "other"), False, [5, 6, 7], at(7), False),
        (at(7, "other"), False, [5, 6, 7], at(7), False),
        (at(7, ""), False, [5, 6, 7], at(7), False),
        (at(8), False, [5, 6, 7], at(7), False),
        (at(99), False, [5, 6, 7], at(7), False),
        (at(0, "id0"), False, [5, 6, 7], at(7), False),
        (at(-3, ""), False, [5, 6, 7], at(7), False),
    ],
)
async def test_resume_of_seven_entries_by_three(
    after: Position | None, recovered: bool, offsets: list[int], position: Position, more: bool
) -> None:
    found = await resume(ModelLog(7), CHANNEL, after, 3)
    assert found.recovered == recovered
    assert [entry.offset for entry in found.entries] == offsets
    assert found.position == position
    assert found.more == more


async def test_the_whole_log_is_read_page_by_page() -> None:
    log, position, read, more = ModelLog(10), START, [], True
    while more:
        found = await resume(log, CHANNEL, position, 3)
        assert found.recovered
        read += [entry.offset for entry in found.entries]
        position, more = found.position, found.more
    assert read == list(range(1, 11))


@pytest.mark.parametrize("after", [None, START])
async def test_an_empty_log_ends_at_the_start(after: Position | None) -> None:
    found = await resume(ModelLog(0), CHANNEL, after, 3)
    assert (found.recovered, found.entries, found.position) == (after is not None, [], START)


@pytest.mark.parametrize(
    ("after", "recovered"), [(START, False), (at(2), False), (at(3), False), (at(4), True)]
)
async def test_what_was_trimmed_is_not_recovered(after: Position, recovered: bool) -> None:
    found = await resume(ModelLog(6, trimmed=3), CHANNEL, after, 10)
    assert found.recovered == recovered
    assert [entry.offset for entry in found.entries] == ([5, 6] if recovered else [4, 5, 6])

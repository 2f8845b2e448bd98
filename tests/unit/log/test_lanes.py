"""Each lane of a log has a queue of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from straks.log.lanes import LaneCommit
from straks.log.log import Append, Appended, AppendResult, LogBrokenError, LogError, Told
from tests.support.logs import item
from tests.support.memory_log import MemoryLog


class TwoLanes:
    """A log in memory of which one lane may be held up, or break."""

    lanes = 2

    def __init__(self) -> None:
        self.memory = MemoryLog()
        self.may = asyncio.Event()
        self.breaks = False

    def lane_of(self, channel: str) -> int:
        return int(channel == "conversation:held")

    async def append(
        self, items: Sequence[Append], told: Told | None = None
    ) -> Sequence[AppendResult]:
        if self.lane_of(items[0].channel):
            await self.may.wait()
            if self.breaks:
                raise LogBrokenError("the disk is gone")
        results = self.memory.store(items)
        if told is not None:
            told(results)
        return results


@pytest.fixture
def log() -> TwoLanes:
    return TwoLanes()


@pytest.fixture
def commit(log: TwoLanes) -> LaneCommit:
    anything: Any = log
    return LaneCommit(anything)


def submitted(commit: LaneCommit, channel: str) -> asyncio.Future[AppendResult | LogError]:
    future = asyncio.get_running_loop().create_future()
    commit.submit(item(channel), future.set_result)
    return future


async def test_a_lane_that_is_held_up_holds_up_no_other(log: TwoLanes, commit: LaneCommit) -> None:
    running = asyncio.create_task(commit.run())
    held = submitted(commit, "conversation:held")
    assert isinstance(await submitted(commit, "conversation:free"), Appended)
    assert not held.done()
    log.may.set()
    assert isinstance(await held, Appended)
    await commit.drain()
    await running


async def test_draining_waits_for_every_lane(log: TwoLanes, commit: LaneCommit) -> None:
    running = asyncio.create_task(commit.run())
    held = submitted(commit, "conversation:held")
    await submitted(commit, "conversation:free")
    draining = asyncio.create_task(commit.drain())
    await submitted_is_refused(commit)
    assert not draining.done()
    log.may.set()
    await draining
    assert isinstance(held.result(), Appended)
    await running


async def submitted_is_refused(commit: LaneCommit) -> None:
    """Wait until nothing more is taken."""
    async with asyncio.timeout(20):
        while True:
            try:
                commit.submit(item("conversation:free"), lambda _: None)
            except LogError:
                return
            await asyncio.sleep(0)


async def test_a_lane_that_breaks_ends_all_with_what_broke_it(
    log: TwoLanes, commit: LaneCommit
) -> None:
    log.breaks = True
    log.may.set()
    running = asyncio.create_task(commit.run())
    held = submitted(commit, "conversation:held")
    with pytest.raises(LogBrokenError, match="the disk is gone"):
        await running
    assert isinstance(held.result(), LogError)

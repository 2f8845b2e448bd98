"""Group commit over a log that can fail in every way."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from straks.log.commit import GroupCommit
from straks.log.log import (
    MAX_BATCH,
    Append,
    Appended,
    AppendResult,
    BadItemError,
    Conflict,
    Entry,
    LogBrokenError,
    LogError,
    LogUnavailableError,
    OutcomeUnknownError,
    Told,
)
from tests.support.logs import item
from tests.support.memory_log import MemoryLog

Result = AppendResult | LogError


class ShakyLog:
    """A log in memory that does at each call what its script says, then works.

    ``lost`` and ``stored`` end with an unknown outcome, before or after storing; ``half`` stores
    the first half.
    """

    def __init__(self, *script: str | Exception) -> None:
        self.memory = MemoryLog()
        self.batches: list[Sequence[Append]] = []
        self.heard: list[Entry] = []
        self.gate: asyncio.Event | None = None
        self._script = list(script)
        self._unsettled = False

    async def append(
        self, batch: Sequence[Append], told: Told | None = None
    ) -> Sequence[AppendResult | BadItemError]:
        self.batches.append(batch)
        if self.gate is not None:
            await self.gate.wait()
        await asyncio.sleep(0)
        fate = self._script.pop(0) if self._script else "ok"
        if isinstance(fate, Exception):
            raise fate
        if fate == "unavailable":
            raise LogUnavailableError("no")
        if fate in {"lost", "stored", "half"}:
            share = {"lost": 0, "half": len(batch) // 2, "stored": len(batch)}[fate]
            self.memory.store(batch[:share])
            self._unsettled = True
            raise OutcomeUnknownError("perhaps")
        results = [
            self._settled(each, result)
            for each, result in zip(batch, self.memory.store(batch), strict=True)
        ]
        self._unsettled = False
        if told is not None:
            told(results)
        return results

    def _settled(self, each: Append, result: AppendResult) -> AppendResult:
        """Take what an earlier attempt at the same call stored for new, as every log does."""
        if isinstance(result, Appended):
            if self._unsettled and result.entry.id == each.id:
                result = Appended(result.entry, False)
            if not result.duplicate:
                self.heard.append(result.entry)
        return result

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(f"group commit has no need of {name}")


class Running:
    """A group commit with its writer, over a shaky log."""

    def __init__(self, log: ShakyLog, **options: Any) -> None:
        self.log = log
        self.commit = GroupCommit(log, first_delay=0.0005, **options)
        self.task = asyncio.create_task(self.commit.run())
        self.results: list[Result] = []

    def submit(self, *items: Append) -> None:
        for each in items:
            self.commit.submit(each, self.results.append)

    async def finish(self) -> list[Result]:
        await self.commit.drain()
        await self.task
        return self.results


def keys(entries: Sequence[Entry]) -> list[str]:
    return [entry.key for entry in entries]


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.001)


async def test_what_comes_in_one_tick_is_one_commit() -> None:
    running = Running(ShakyLog())
    running.submit(*(item() for _ in range(10)))
    await running.finish()
    assert [len(batch) for batch in running.log.batches] == [10]


async def test_a_commit_has_at_most_so_many_items() -> None:
    running = Running(ShakyLog())
    running.submit(*(item() for _ in range(2 * MAX_BATCH + 22)))
    await running.finish()
    assert [len(batch) for batch in running.log.batches] == [MAX_BATCH, MAX_BATCH, 22]


async def test_what_comes_while_a_commit_is_in_flight_is_the_next() -> None:
    running = Running(log := ShakyLog())
    log.gate = asyncio.Event()
    running.submit(item(key="1"))
    await until(lambda: log.batches)
    running.submit(item(key="2"))
    await asyncio.sleep(0)
    running.submit(item(key="3"))
    log.gate.set()
    await running.finish()
    assert [[each.key for each in batch] for batch in log.batches] == [["1"], ["2", "3"]]


async def test_each_hears_its_own_result_in_order() -> None:
    running = Running(ShakyLog())
    running.submit(item(key="1", advances=True), item(expect=0), item(key="2"))
    results = await running.finish()
    assert [type(result) for result in results] == [Appended, Conflict, Appended]
    assert [r.entry.offset for r in results if isinstance(r, Appended)] == [1, 2]


async def test_a_key_in_flight_joins_the_first_and_hears_of_a_duplicate() -> None:
    running = Running(log := ShakyLog())
    log.gate = asyncio.Event()
    running.submit(item(key="1"))
    await until(lambda: log.batches)
    running.submit(item(key="1"), item(key="2"), item(key="2"), item("conversation:b", key="1"))
    log.gate.set()
    results = await running.finish()
    heard = [(r.entry.key, r.duplicate) for r in results if isinstance(r, Appended)]
    assert heard == [("1", False), ("1", True), ("2", False), ("2", True), ("1", False)]
    assert sum(len(batch) for batch in log.batches) == 3


async def test_a_joined_conflict_is_the_same_conflict() -> None:
    running = Running(ShakyLog())
    running.submit(item(key="1", expect=3), item(key="1", expect=3))
    assert await running.finish() == [Conflict(0), Conflict(0)]


async def test_a_settled_key_is_asked_of_the_log_again() -> None:
    running = Running(log := ShakyLog())
    running.submit(item(key="1"))
    await until(lambda: running.results)
    running.submit(item(key="1"))
    results = await running.finish()
    assert [r.duplicate for r in results if isinstance(r, Appended)] == [False, True]
    assert len(log.batches) == 2


async def test_a_failed_commit_refuses_its_items_and_what_waits_behind() -> None:
    running = Running(log := ShakyLog("unavailable"))
    running.submit(*(item(key=str(n)) for n in range(70)))
    await until(lambda: len(running.results) == 70)
    assert all(isinstance(result, LogUnavailableError) for result in running.results)
    running.submit(item(key="after"))
    await running.finish()
    assert keys(log.memory.committed) == ["after"]


@pytest.mark.parametrize("fate", ["lost", "stored", "half"])
async def test_an_unknown_outcome_is_found_out(fate: str) -> None:
    running = Running(log := ShakyLog(fate, "unavailable", fate))
    running.submit(*(item(key=str(n)) for n in range(4)))
    await until(lambda: len(log.batches) == 2)
    running.submit(item(key="behind"))
    results = await running.finish()
    assert [isinstance(result, Appended) for result in results] == [True] * 5
    assert keys(log.memory.committed) == ["0", "1", "2", "3", "behind"]
    assert log.batches[0] == log.batches[1] == log.batches[2] == log.batches[3]


async def test_the_operator_hears_once_that_nothing_is_stored_and_when_it_is_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    running = Running(ShakyLog("unavailable", "unavailable", "lost", "ok"))
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            heard = len(running.results)
            running.submit(item())
            await until(partial(lambda before: len(running.results) > before, heard))
        await running.finish()
    assert caplog.messages == ["the log: no", "the log: works again"]


async def test_whoever_waits_too_long_is_told_and_it_goes_on() -> None:
    running = Running(log := ShakyLog(), deadline=0.05)
    log.gate = asyncio.Event()
    running.submit(item(key="1"))
    await until(lambda: log.batches)
    running.submit(item(key="2"))
    await until(lambda: len(running.results) == 2)
    assert all(isinstance(result, OutcomeUnknownError) for result in running.results)
    running.submit(item(key="1"))
    log.gate.set()
    *_, joined = await running.finish()
    assert isinstance(joined, Appended)
    assert joined.duplicate
    assert keys(log.memory.committed) == ["1", "2"]
    assert len(running.results) == 3  # nobody hears twice


async def test_a_full_queue_refuses_until_something_is_settled() -> None:
    running = Running(log := ShakyLog(), capacity=3)
    running.submit(item(key="1"), item(key="2"), item(key="2"))
    with pytest.raises(LogUnavailableError):
        running.submit(item(key="3"))
    await until(lambda: len(running.results) == 3)
    running.submit(item(key="3"))
    await running.finish()
    assert keys(log.memory.committed) == ["1", "2", "3"]


async def test_who_joined_and_was_told_leaves_room() -> None:
    running = Running(log := ShakyLog(), capacity=3, deadline=0.02)
    log.gate = asyncio.Event()
    running.submit(item(key="1"))
    for told in (3, 5, 7):
        running.submit(item(key="1"), item(key="1"))
        await until(partial(lambda n: len(running.results) == n, told))
    assert {type(result) for result in running.results} == {OutcomeUnknownError}
    log.gate.set()
    assert len(await running.finish()) == 7
    assert keys(log.memory.committed) == ["1"]


async def test_drain_finishes_what_is_there_and_refuses_the_rest() -> None:
    running = Running(log := ShakyLog("lost"))
    running.submit(*(item() for _ in range(100)))
    drained = asyncio.create_task(running.commit.drain())
    await asyncio.sleep(0)
    with pytest.raises(LogUnavailableError):
        running.submit(item())
    await drained
    assert len(running.results) == len(log.memory.committed) == 100
    await running.task


async def test_a_broken_log_ends_the_writer_and_nobody_is_left_waiting() -> None:
    running = Running(ShakyLog("lost", LogBrokenError("disk")))
    running.submit(*(item() for _ in range(MAX_BATCH + 6)))
    with pytest.raises(LogBrokenError):
        await running.task
    kinds = [type(result) for result in running.results]
    assert kinds == [OutcomeUnknownError] * MAX_BATCH + [LogUnavailableError] * 6
    with pytest.raises(LogUnavailableError):
        running.submit(item())
    await running.commit.drain()


async def test_a_cancelled_writer_leaves_nobody_waiting() -> None:
    running = Running(log := ShakyLog())
    log.gate = asyncio.Event()
    running.submit(item())
    await until(lambda: log.batches)
    running.submit(item())
    running.task.cancel()
    await asyncio.gather(running.task, return_exceptions=True)
    assert [type(r) for r in running.results] == [OutcomeUnknownError, LogUnavailableError]


async def test_a_caller_that_raises_does_not_keep_others_from_their_results() -> None:
    reports: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: reports.append(context))
    running = Running(ShakyLog())

    def wrong(result: Result) -> None:
        raise ValueError("mine")

    running.commit.submit(item(), wrong)
    running.submit(item())
    assert len(await running.finish()) == 1
    assert [str(report["exception"]) for report in reports] == ["mine"]


@pytest.mark.parametrize("fate", ["ok", "unavailable"])
async def test_a_caller_may_submit_the_next_when_it_hears(fate: str) -> None:
    running = Running(log := ShakyLog(fate))

    def again(result: Result) -> None:
        running.submit(item(key="1"), item(key="2"))

    running.commit.submit(item(key="1"), again)
    running.submit(item(key="2"))
    await until(lambda: len(running.results) == 3)
    await running.finish()
    assert keys(log.memory.committed) == ["1", "2"]


FATES = st.sampled_from(["ok", "ok", "ok", "unavailable", "lost", "stored", "half"])
SUBMISSIONS = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from([*"123456"]), st.booleans()), max_size=40
)


@settings(max_examples=150, deadline=None)
@given(script=st.lists(FATES, max_size=8), submissions=SUBMISSIONS)
def test_whatever_happens(script: list[str], submissions: list[tuple[str, str, bool]]) -> None:
    """Each hears once and truly; nothing is stored twice; order holds."""

    async def history() -> tuple[ShakyLog, list[tuple[int, Result]]]:
        running = Running(log := ShakyLog(*script))
        heard: list[tuple[int, Result]] = []
        for number, (channel, key, pause) in enumerate(submissions):
            each = item(f"conversation:{channel}", key=key)
            running.commit.submit(each, partial(lambda n, r: heard.append((n, r)), number))
            if pause:
                await asyncio.sleep(0)
        await running.finish()
        return log, heard

    log, heard = asyncio.run(history())
    stored = log.memory.committed
    assert sorted(number for number, _ in heard) == list(range(len(submissions)))
    assert log.heard == stored
    places = [(entry.channel, entry.key) for entry in stored]
    assert len(set(places)) == len(places)
    first: dict[tuple[str, str], int] = {}
    hopes: dict[tuple[str, str], bool] = defaultdict(bool)
    for number, result in sorted(heard, key=lambda pair: pair[0]):
        place = (f"conversation:{submissions[number][0]}", submissions[number][1])
        hopes[place] |= isinstance(result, Appended)
        if isinstance(result, Appended):
            assert result.entry in stored
            if not result.duplicate:
                first.setdefault(place, number)
    assert {place for place, hope in hopes.items() if hope} == set(places)
    assert [first[place] for place in places] == sorted(first[place] for place in places)

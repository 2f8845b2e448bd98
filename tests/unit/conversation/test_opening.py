"""A first message goes straight to the log when its key is new, else the log is read first."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from straks.clock import ManualClock
from straks.conversation.errors import RefusedError
from straks.conversation.lane import Done
from straks.conversation.opening import Opener, is_younger
from straks.log.log import Append, LogUnavailableError, Page
from straks_protocol import KEY_RANDOM_BYTES, ErrorCode, make_key
from tests.support.logs import item

DAY = 86_400.0
RANDOM = bytes(KEY_RANDOM_BYTES)


class Log:
    """Says what was read, when it may be."""

    def __init__(self) -> None:
        self.reads: list[str] = []
        self.may = asyncio.Event()
        self.away = False

    async def read(self, channel: str, **_: Any) -> Page:
        self.reads.append(channel)
        await self.may.wait()
        if self.away:
            raise LogUnavailableError("away")
        return Page([], False)


class Opened:
    """An opener and what came of it."""

    def __init__(self, clock: ManualClock, archives_after: float | None) -> None:
        self.log = Log()
        self.submitted: list[Append] = []
        self.refused: list[RefusedError] = []
        self.told: Done
        log: Any = self.log
        self._opener = Opener(log, self._submit, clock, archives_after=archives_after)

    def open(self, key: str) -> None:
        self._opener.open(item(key=key), self._done)

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not holds():
                await asyncio.sleep(0)

    def _submit(self, append: Append, done: Done) -> None:
        self.submitted.append(append)
        self.told = done

    def _done(self, outcome: object) -> None:
        assert isinstance(outcome, RefusedError)
        self.refused.append(outcome)


@pytest.fixture
def opened(clock: ManualClock) -> Opened:
    return Opened(clock, DAY)


def key_of(clock: ManualClock, *, age: float) -> str:
    return make_key(clock.now_ms() - round(age * 1000), RANDOM)


@pytest.mark.parametrize("age", [0, 3_600, -60, DAY - 700])
async def test_a_new_key_goes_straight_to_the_log(
    clock: ManualClock, opened: Opened, age: float
) -> None:
    opened.open(key_of(clock, age=age))
    assert len(opened.submitted) == 1
    assert opened.log.reads == []


@pytest.mark.parametrize("age", [DAY, DAY - 300, 30 * DAY, -600])
async def test_an_old_key_is_looked_for_first(
    clock: ManualClock, opened: Opened, age: float
) -> None:
    opened.open(key_of(clock, age=age))
    await opened.until(lambda: bool(opened.log.reads))
    assert opened.submitted == []
    opened.log.may.set()
    await opened.until(lambda: bool(opened.submitted))


async def test_a_new_key_whose_conversation_has_gone_is_looked_for_after_all(
    clock: ManualClock, opened: Opened
) -> None:
    opened.open(key_of(clock, age=DAY / 2))
    opened.told(RefusedError(ErrorCode.CONFLICT, "It has gone.", state_offset=0))
    opened.log.may.set()
    await opened.until(lambda: len(opened.submitted) == 2)
    assert opened.log.reads == [item().channel]
    assert opened.submitted[0] is opened.submitted[1]
    opened.told(RefusedError(ErrorCode.CONFLICT, "It cannot be.", state_offset=0))
    assert [refused.code for refused in opened.refused] == [ErrorCode.CONFLICT]


async def test_what_else_the_log_says_of_a_new_key_is_told(
    clock: ManualClock, opened: Opened
) -> None:
    opened.open(key_of(clock, age=0))
    opened.told(RefusedError(ErrorCode.LOG_FULL, "It is full."))
    assert [refused.code for refused in opened.refused] == [ErrorCode.LOG_FULL]
    assert not opened.log.reads


async def test_a_key_older_than_the_log_remembers_is_looked_for(clock: ManualClock) -> None:
    opened = Opened(clock, 7 * DAY)
    opened.open(key_of(clock, age=2 * DAY))
    opened.log.may.set()
    await opened.until(lambda: bool(opened.submitted))
    assert opened.log.reads == [item().channel]


async def test_a_key_that_says_nothing_is_looked_for(opened: Opened) -> None:
    opened.log.may.set()
    opened.open(str(uuid.UUID(int=0, version=4)))
    await opened.until(lambda: bool(opened.submitted))
    assert opened.log.reads == ["conversation:a"]


async def test_nothing_is_looked_for_where_nothing_leaves(clock: ManualClock) -> None:
    opened = Opened(clock, None)
    opened.open(key_of(clock, age=300 * DAY))
    assert len(opened.submitted) == 1


async def test_it_is_refused_for_now_when_it_cannot_be_looked_for(
    clock: ManualClock, opened: Opened
) -> None:
    opened.log.away = True
    opened.log.may.set()
    opened.open(key_of(clock, age=2 * DAY))
    await opened.until(lambda: bool(opened.refused))
    assert opened.refused[0].code is ErrorCode.UNAVAILABLE
    assert opened.submitted == []


async def test_those_who_wait_are_bounded(clock: ManualClock, opened: Opened) -> None:
    for _ in range(10_001):
        opened.open(key_of(clock, age=2 * DAY))
    assert len(opened.refused) == 1
    opened.log.may.set()
    await opened.until(lambda: len(opened.submitted) == 10_000)


@given(st.text(max_size=40))
def test_any_text_is_a_key_of_unknown_age(text: str) -> None:
    assert not is_younger(text, 1_700_000_000_000, DAY)

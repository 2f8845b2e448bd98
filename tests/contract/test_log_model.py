"""Every log against the plain model, in histories that hypothesis makes up."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Coroutine, Sequence
from itertools import count
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from straks.log.limits import Limits
from straks.log.log import Append, Appended
from straks.log.resume import resume
from straks_protocol import Position
from tests.support.logs import FeedLog, LogPlace, RedisPlace, SQLitePlace
from tests.support.memory_log import MemoryLog
from tests.support.redis_server import RedisServer

_T = TypeVar("_T")

LIMITS = Limits(entries=6, keys=3, active_channels=2, active_keys=6)
CHANNELS = st.sampled_from(["conversation:a", "conversation:b", "desk:a", "inbox:t", "app:x"])
Follows: TypeAlias = int | None
FOLLOWS: st.SearchStrategy[Follows] = st.none() | st.integers(0, 4)
READERS = st.sampled_from(["agent:1", "visitor:v"])


@st.composite
def items(draw: st.DrawFn) -> dict[str, Any]:
    return {
        "channel": draw(CHANNELS),
        "sender": draw(READERS),
        "name": draw(st.sampled_from([None, "Åse"])),
        "key": draw(st.sampled_from("abcdefgh")),
        "kind": draw(st.sampled_from(["message", "accept"])),
        "data": draw(st.sampled_from([b"{}", b'{"text":"\xc3\xa6\\u0000"}'])),
        "at": draw(st.integers(0, 9)),
        "advances": draw(st.booleans()),
        "expect": draw(st.one_of(st.none(), st.integers(0, 4))),
    }


class LogMachine(RuleBasedStateMachine):
    """Does the same to a log and to the model."""

    def __init__(self) -> None:
        super().__init__()
        self.place = self.make_place()
        self.runner = asyncio.Runner()
        self.model = MemoryLog(LIMITS)
        self.ids = count()
        self.heard: list[Any] = []
        self.log: FeedLog | None = None

    def make_place(self) -> LogPlace:
        """Give an empty place."""
        raise NotImplementedError

    def run(self, coroutine: Coroutine[Any, Any, _T]) -> _T:
        return self.runner.run(coroutine)

    @property
    def opened(self) -> FeedLog:
        assert self.log is not None
        return self.log

    @initialize()
    def open(self) -> None:
        self.log = self.run(self.place.open(LIMITS))
        self.log.listen(self.heard.extend)

    @rule()
    def open_again(self) -> None:
        self.run(self.opened.close())
        self.open()

    @rule(batch=st.lists(st.tuples(items(), FOLLOWS), min_size=1, max_size=8))
    def append(self, batch: list[tuple[dict[str, Any], Follows]]) -> None:
        appends: list[Append] = []
        for fields, follows in batch:
            after = self.position(appends, fields["channel"], follows)
            appends.append(Append(id=f"id{next(self.ids)}", follows=after, **fields))
        self.heard.clear()
        results = self.run(self.opened.append(appends))
        expected = self.model.store(appends)
        assert results == expected
        new = [r.entry for r in expected if isinstance(r, Appended) and not r.duplicate]
        assert self.heard == new

    def position(self, before: Sequence[Append], channel: str, follows: Follows) -> Position | None:
        """Say what an item must come after: mostly what it might."""
        if follows is None:
            return None
        end, past = self.model.tail(channel).position, follows
        coming = [item.id for item in before if item.channel == channel]
        if past < len(coming):
            return Position(offset=end.offset + past + 1, id=coming[past])
        return Position(offset=end.offset, id=end.id if past < 4 else "another")

    @rule(channel=CHANNELS, reader=READERS, offset=st.integers(0, 8))
    def mark(self, channel: str, reader: str, offset: int) -> None:
        # A mark is stored soon, so what it may not exceed is the log's end until then.
        offset = min(offset, len(self.model.entries[channel]))
        self.opened.mark(channel, reader, offset)
        self.model.mark(channel, reader, offset)

    @rule(
        channel=CHANNELS,
        after=st.one_of(st.none(), st.integers(0, 8)),
        before=st.integers(0, 8),
        limit=st.integers(1, 8),
    )
    def read(self, channel: str, after: int | None, before: int, limit: int) -> None:
        bounds = {"after": after} if after is not None else {"before": before}
        page = self.run(self.opened.read(channel, **bounds, limit=limit))
        expected = self.model.read(channel, bounds.get("after"), bounds.get("before"), limit)
        assert (list(page.entries), page.more) == (list(expected.entries), expected.more)

    @rule(channel=CHANNELS, offset=st.integers(0, 8), known=st.booleans())
    def resume(self, channel: str, offset: int, known: bool) -> None:
        log = self.model.entries[channel]
        real = log[offset - 1].id if 0 < offset <= len(log) else ""
        after = Position(offset=offset, id=real if known else "other")
        found = self.run(resume(self.opened, channel, after, 100))
        assert found.recovered == (known and offset <= len(log))
        assert list(found.entries) == (log[offset:] if found.recovered else log)

    @invariant()
    def tails_are_equal(self) -> None:
        for channel in list(self.model.entries):
            if self.log is not None:
                assert self.run(self.log.tail(channel)) == self.model.tail(channel)

    @invariant()
    def feeds_are_complete_and_in_order(self) -> None:
        if self.log is None:
            return
        found: list[Any] = []
        for partition in range(self.log.partitions):
            part = [each.entry for each in self.run(self.log.feed(partition, 0, 10_000))]
            channels = {entry.channel for entry in part}
            assert part == [e for e in self.model.committed if e.channel in channels]
            found += part
        assert len(found) == len(self.model.committed)

    def teardown(self) -> None:
        if self.log is not None:
            self.run(self.log.close())
        self.runner.close()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("storage", ["sqlite", "redis"])
def test_a_log_does_what_the_model_does(
    storage: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    class Here(LogMachine):
        def make_place(self) -> LogPlace:
            if storage == "sqlite":
                for old in tmp_path.iterdir():
                    shutil.rmtree(old)
                return SQLitePlace(Path(tempfile.mkdtemp(dir=tmp_path)))
            server: RedisServer = request.getfixturevalue("redis")
            server.empty()
            return RedisPlace(server)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )

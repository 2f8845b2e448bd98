"""What is heard in a lane, and who it is for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import msgpack
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from straks.log.limits import Limits
from straks.log.log import Entry, Page
from straks.log.redis.address import parse
from straks.log.redis.codec import pack_batch
from straks.log.redis.hearing import Hearing
from straks.log.redis.keys import PARTITIONS, TELL, channel_keys, wake_name
from straks.log.redis.lane import Lane
from straks.log.redis.nodes import RedisNodes
from straks.log.redis.topology import Topology
from straks_protocol import Position
from tests.support.fake_redis import FakeRedis, array
from tests.support.logs import item

A = "conversation:a"
LIVE = channel_keys(A).live.encode()
OWN, OTHER = "1" * 16, "2" * 16
ELSEWHERE = TELL.encode()


class Empty:
    """A log without entries."""

    async def positions(self, channels: Sequence[str]) -> Sequence[Position]:
        return [Position(offset=0, id="") for _ in channels]

    async def read(self, channel: str, **_: Any) -> Page:
        return Page([], more=False)


class Told:
    """A lane's hearing and what it passes on, in order."""

    def __init__(self, topology: Topology) -> None:
        self.told: list[tuple[str, Any]] = []
        self.current: set[str] = set()
        self.lane = Lane(topology, 0, deadline=1.0, doubt=lambda _: None)
        self.nodes = RedisNodes("node", OWN, [self.lane])
        self.nodes.hear(lambda *told: self.told.append(("told", told)))
        self.nodes.on_sync(lambda channel: self.told.append(("synced with", channel)))
        self.hearing = Hearing(
            self.lane,
            self.nodes,
            Empty(),
            deliver=self._deliver,
            grown=lambda partition: self.told.append(("grown", partition)),
            synced=lambda channel, _: self.told.append(("synced", channel)),
            forked=lambda channel: self.told.append(("forked", channel)),
            current=self.current,
        )

    def _deliver(self, entries: Sequence[Entry]) -> None:
        self.told += [("entry", entry.offset) for entry in entries]

    async def follow(self) -> None:
        """Follow a channel, up to date and empty."""
        self.hearing.follower.follow(A)
        self.hearing.follower.up(LIVE)
        (place,) = self.hearing.follower._places.values()
        await self.hearing.follower._check_all([place])
        assert A in self.current
        self.told.clear()


@pytest.fixture
async def one(fake: FakeRedis) -> Told:
    return Told(await Topology.find(parse(fake.url), deadline=5.0))


def live(offset: int, node: str = OTHER, before: str | None = None) -> bytes:
    """What a node publishes of an entry."""
    entry_id = f"e{offset}"
    before = before if before is not None else (f"e{offset - 1}" if offset > 1 else "")
    packed = msgpack.unpackb(pack_batch([item(A, id=entry_id)], Limits()).packed, raw=True)[0][5]
    said: bytes = msgpack.packb([before, offset, 1, 0, packed], use_bin_type=False)
    return b"e" + node.encode() + said


def said(message: bytes, node: str = OTHER) -> bytes:
    return b"s" + node.encode() + message


# --- entries ---------------------------------------------------------------------------------


async def test_entries_of_others_are_delivered_together_when_no_more_come(one: Told) -> None:
    await one.follow()
    one.hearing.heard(LIVE, live(1))
    one.hearing.heard(LIVE, live(2))
    assert one.told == []
    one.hearing.drained()
    one.hearing.drained()
    assert one.told == [("entry", 1), ("entry", 2)]


async def test_own_entries_are_not_delivered_twice(one: Told) -> None:
    await one.follow()
    one.hearing.heard(LIVE, live(1, OWN))
    one.hearing.drained()
    assert one.told == []


async def test_own_entries_are_delivered_when_it_is_not_known_whether_they_were_appended(
    one: Told,
) -> None:
    await one.follow()
    one.lane.unsettled = True
    one.hearing.heard(LIVE, live(1, OWN))
    one.hearing.drained()
    assert one.told == [("entry", 1)]


async def test_entries_of_channels_that_are_not_followed_are_nobodys(one: Told) -> None:
    one.hearing.heard(LIVE, live(1))
    one.hearing.drained()
    assert one.told == []


async def test_what_nodes_say_comes_behind_what_was_appended_before(one: Told) -> None:
    await one.follow()
    one.hearing.heard(LIVE, live(1))
    one.hearing.heard(LIVE, said(b"typing"))
    one.hearing.heard(ELSEWHERE, said(b"to all"))
    one.hearing.heard(LIVE, said(b"mine", OWN))
    one.hearing.heard(b"straks:{0}:conversation:b:live", said(b"to others"))
    assert one.told == [
        ("entry", 1),
        ("told", (A, OTHER, b"typing")),
        ("told", ("", OTHER, b"to all")),
    ]


MESSY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.binary(max_size=8)
    | st.floats(),
    lambda inner: (
        st.lists(inner, max_size=6) | st.dictionaries(st.binary(max_size=3), inner, max_size=3)
    ),
    max_leaves=12,
)
PARTS = st.tuples(
    *(MESSY | st.just(valid) for valid in (b"", 1, 1, 0)),
    MESSY | st.lists(MESSY, min_size=6, max_size=6).map(msgpack.packb),
)
PAYLOADS = st.one_of(
    st.binary(max_size=60),
    st.tuples(st.sampled_from([b"e", b"s", b"x", b""]), st.binary(max_size=40)).map(b"".join),
    (MESSY | PARTS).map(lambda value: b"e" + OTHER.encode() + msgpack.packb(value)),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(PAYLOADS, min_size=1, max_size=4), st.sampled_from([LIVE, ELSEWHERE, b"unknown"]))
def test_whatever_is_published_nothing_breaks(payloads: list[bytes], name: bytes) -> None:
    async def run() -> None:
        topology = Topology(parse("redis://127.0.0.1:1"), clustered=False, deadline=1.0)
        one = Told(topology)
        await one.follow()
        for payload in [*payloads, live(1)]:
            one.hearing.heard(name, payload)
        one.hearing.drained()
        heard = name != LIVE or ("entry", 1) in one.told
        assert heard or A not in one.current

    asyncio.run(run())


async def test_what_is_not_understood_has_the_log_read(one: Told) -> None:
    """As what a later release publishes."""
    await one.follow()
    one.hearing.heard(LIVE, b"e" + OTHER.encode() + msgpack.packb(["", 1, 1]))
    assert A not in one.current


# --- feeds -----------------------------------------------------------------------------------


async def test_who_reads_a_feed_is_woken_when_another_node_adds_to_it(one: Told) -> None:
    for partition in (0, 7):
        one.hearing.heard(wake_name(partition).encode(), OTHER.encode() + b"12")
        one.hearing.heard(wake_name(partition).encode(), OWN.encode() + b"13")
    assert one.told == [("grown", 0), ("grown", 7)]


async def test_a_feed_is_listened_to_while_it_is_this_nodes(fake: FakeRedis, one: Told) -> None:
    mine = array(*[one.nodes.tag] * PARTITIONS)
    fake.replies["FCALL"] = lambda command: array() if command[1].endswith(b"beat") else mine
    await one.nodes.beat()
    await one.nodes._hold(one.lane)
    one.hearing.tend(3)
    wake = wake_name(3).encode()
    assert wake in one.hearing.ear._wanted
    mine = array(*["another:x"] * PARTITIONS)
    await one.nodes._hold(one.lane)
    one.hearing.tend(3)
    one.hearing.tend(4)
    assert wake not in one.hearing.ear._wanted
    one.lane.close()


async def test_what_may_have_been_missed_is_asked_for(one: Told) -> None:
    await one.follow()
    one.hearing.up(wake_name(3).encode())
    one.hearing.up(ELSEWHERE)
    one.hearing.up(LIVE)
    one.hearing.up(b"straks:{0}:probe:x")
    assert one.told == [("grown", 3), ("synced with", ""), ("synced with", A)]
    assert A not in one.current  # until the log was asked


async def test_what_came_before_the_connection_broke_is_delivered(one: Told) -> None:
    await one.follow()
    one.hearing.heard(LIVE, live(1))
    one.hearing.down()
    assert one.told == [("entry", 1), *(("grown", partition) for partition in range(PARTITIONS))]
    assert A not in one.current


async def test_what_is_told_to_all_is_heard_where_it_is_published(one: Told) -> None:
    assert ELSEWHERE in one.hearing.ear._wanted

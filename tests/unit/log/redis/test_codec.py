"""Entries to Redis and back, without one."""

from __future__ import annotations

from typing import Any

import msgpack
from hypothesis import given, settings
from hypothesis import strategies as st

from straks.log.limits import Limits
from straks.log.log import Append, Entry
from straks.log.redis.codec import KEPT, pack_batch, unpack_stored, unpack_streamed
from straks.log.redis.keys import channel_keys, feed_key
from straks_protocol import Position
from tests.support.logs import item

TEXT = st.text(st.characters(codec="utf-8"), max_size=20)
ITEMS = st.builds(
    Append,
    channel=st.sampled_from(["conversation:a", "desk:a", "conversation:b", "inbox:t", "app:x"]),
    sender=TEXT,
    name=st.none() | TEXT,
    key=TEXT,
    kind=TEXT,
    data=st.binary(max_size=50),
    id=TEXT,
    at=st.integers(0, 2**53),
    advances=st.booleans(),
    expect=st.none() | st.integers(-1, 10_000),
    follows=st.none() | st.builds(Position, offset=st.integers(0, 2**53), id=TEXT),
)


def rows(packed: bytes) -> list[list[Any]]:
    """Read the batch as the function in Redis does."""
    found: list[list[Any]] = msgpack.unpackb(packed, raw=True)
    return found


def entry(each: Append, offset: int, at: int, *, advances: bool) -> Entry:
    return Entry(
        channel=each.channel,
        offset=offset,
        id=each.id,
        at=at,
        sender=each.sender,
        name=each.name,
        key=each.key,
        kind=each.kind,
        data=each.data,
        advances=advances,
    )


@settings(max_examples=100)
@given(st.lists(ITEMS, max_size=6), st.integers(1, 10_000), st.booleans())
def test_what_is_packed_comes_back_the_same(
    batch: list[Append], offset: int, advances: bool
) -> None:
    call = pack_batch(batch, Limits())
    assert [each for each, _ in call.items] == batch
    assert not call.bad
    for each, row in zip(batch, rows(call.packed), strict=True):
        expected = entry(each, offset, each.at, advances=advances)
        state = offset if advances else 0
        assert unpack_stored(each.channel, offset, each.at, state, row[5]) == expected
        fields = [b"t", b"%d" % each.at, b"g", b"%d" % state, b"e", row[5]]
        assert unpack_streamed(each.channel, (b"0-%d" % offset, fields)) == expected


@settings(max_examples=50)
@given(st.lists(ITEMS, min_size=1, max_size=6))
def test_each_row_names_its_feed_its_guard_and_its_keys(batch: list[Append]) -> None:
    call = pack_batch(batch, Limits())
    assert len(call.feeds) == len(set(call.feeds))
    for number, (each, row) in enumerate(zip(batch, rows(call.packed), strict=True)):
        keys = channel_keys(each.channel)
        assert call.feeds[row[0] - 1] == feed_key(keys.partition)
        assert call.keys[2 * number : 2 * number + 2] == [keys.state, keys.log]
        assert row[8] == (b"" if each.expect is None else each.expect)
        after = "" if each.follows is None else f"{each.follows.offset}:{each.follows.id}"
        assert row[12].decode() == after
        assert row[7] == each.advances


def test_a_key_is_the_same_only_of_the_same_sender() -> None:
    batch = [item(key="k"), item(key="k"), item(key="k", sender="visitor:w"), item(key="l")]
    digests = [row[3] for row in rows(pack_batch(batch, Limits()).packed)]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


def test_limits_are_those_of_the_channel() -> None:
    batch = [item("desk:a"), item("app:x")]
    found = rows(pack_batch(batch, Limits(entries=7, keys=3)).packed)
    assert [row[9:11] for row in found] == [[7, 0], [-KEPT, 3]]


def test_a_bad_item_is_left_out_and_named_by_its_place() -> None:
    good, later = item(), item("conversation:b")
    call = pack_batch([good, item("conversation:z", name="\ud800"), later], Limits())
    assert [each for each, _ in call.items] == [good, later]
    assert list(call.bad) == [1]
    assert len(rows(call.packed)) == 2
    assert feed_key(channel_keys("conversation:z").partition) not in call.feeds

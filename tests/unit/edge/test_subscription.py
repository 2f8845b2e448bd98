"""Catching up while the log goes on."""

from __future__ import annotations

import orjson
from hypothesis import given
from hypothesis import strategies as st

from straks.accounts.principals import Principal
from straks.edge.subscription import BUFFER, Subscription
from straks.hub.frames import EntryBurst, EntryFrame, read_frame
from straks.hub.mailbox import Lane
from straks.log.log import Entry
from straks_protocol import Codec
from straks_protocol.codec import JSON

VERA = Principal(kind="visitor", id="vera")


class Session:
    """A writer that writes down offsets."""

    principal = VERA
    codec: Codec = JSON

    def __init__(self) -> None:
        self.pushed: list[int] = []
        self.reads: list[int] = []
        self.gaps = 0
        self.anew = 0
        self.sent = 0
        self.keys: list[str | None] = []

    def send(self, frame: bytes, lane: Lane = Lane.REPLY, channel: str = "") -> None:
        self.sent += 1
        while frame:
            size, start = frame[1], 2
            if size == 126:
                size, start = int.from_bytes(frame[2:4], "big"), 4
            message, frame = orjson.loads(frame[start : start + size]), frame[start + size :]
            if message["type"] == "entry":
                self.pushed.append(message["entry"]["offset"])
                self.keys.append(message["entry"].get("key"))
            else:
                self.reads.append(message["offset"])

    def gap(self, subscription: Subscription) -> None:
        self.gaps += 1

    def begin_anew(self, subscription: Subscription) -> None:
        self.anew += 1


def entry(offset: int) -> Entry:
    return Entry(
        channel="conversation:a",
        offset=offset,
        id=f"e{offset}",
        at=0,
        sender="agent:anna",
        name=None,
        key="k",
        kind="message",
        data=b"{}",
    )


def frame(offset: int) -> EntryFrame:
    return EntryFrame(entry(offset))


def test_live_entries_go_straight_through() -> None:
    session = Session()
    subscription = Subscription(session, "conversation:a")
    assert subscription.join(3) == []
    for offset in (3, 4, 4, 5):
        subscription.entry(frame(offset))
    assert session.pushed == [4, 5]
    assert session.gaps == 0


def burst(*offsets: int) -> EntryBurst:
    return EntryBurst([frame(offset) for offset in offsets])


def test_a_burst_is_written_at_once() -> None:
    session = Session()
    subscription = Subscription(session, "conversation:a")
    subscription.join(3)
    subscription.burst(burst(4, 5, 6))
    subscription.entry(frame(7))
    assert session.pushed == [4, 5, 6, 7]
    assert session.sent == 2


def test_who_sent_something_in_a_burst_sees_the_keys_of_it() -> None:
    session = Session()
    session.principal = Principal(kind="agent", id="anna")
    subscription = Subscription(session, "conversation:a")
    subscription.join(3)
    subscription.burst(burst(4, 5))
    assert session.pushed == [4, 5]
    assert session.keys == ["k", "k"]


def test_a_burst_that_was_sent_in_part_is_sent_on() -> None:
    session = Session()
    subscription = Subscription(session, "conversation:a")
    subscription.join(4)
    subscription.burst(burst(4, 5, 6))
    assert session.pushed == [5, 6]


def test_of_a_burst_nothing_follows_what_was_too_much() -> None:
    class Full(Session):
        principal = Principal(kind="agent", id="anna")

        def send(self, frame: bytes, lane: Lane = Lane.REPLY, channel: str = "") -> None:
            super().send(frame, lane, channel)
            subscription.ended = True

    session = Full()
    subscription = Subscription(session, "conversation:a")
    subscription.join(3)
    subscription.burst(burst(4, 5, 6))
    assert session.pushed == [4]


def test_a_burst_behind_a_gap_asks_to_read_again() -> None:
    session = Session()
    subscription = Subscription(session, "conversation:a")
    subscription.join(3)
    subscription.burst(burst(6, 7))
    assert (session.pushed, session.gaps) == ([], 1)
    following = subscription.join(5)
    assert following is not None
    assert [e.offset for e in following] == [6, 7]


def test_what_the_log_lost_makes_the_client_begin_anew() -> None:
    session = Session()
    subscription = Subscription(session, "conversation:a")
    subscription.join(3)
    subscription.lost()
    assert session.anew == 1


def test_what_the_log_lost_while_it_was_read_is_read_again() -> None:
    session = Session()
    subscription = Subscription(session, "conversation:a")
    subscription.entry(frame(4))
    subscription.lost()
    assert subscription.join(3) is None
    assert subscription.join(3) == []
    assert session.anew == 0


def test_what_arrived_while_reading_joins_the_reply() -> None:
    session = Session()
    subscription = Subscription(session, "conversation:a")
    for offset in (4, 5, 6):
        subscription.entry(frame(offset))
    following = subscription.join(4)
    assert following is not None
    assert [e.offset for e in following] == [5, 6]
    subscription.entry(frame(7))
    assert session.pushed == [7]


def test_a_gap_asks_to_read_again() -> None:
    session = Session()
    subscription = Subscription(session, "conversation:a")
    subscription.entry(frame(6))
    assert subscription.join(4) is None
    assert not subscription.live
    subscription.entry(frame(7))
    following = subscription.join(5)
    assert following is not None
    assert [e.offset for e in following] == [6, 7]


def test_a_live_gap_is_told_once_and_nothing_overtakes() -> None:
    session = Session()
    subscription = Subscription(session, "conversation:a")
    subscription.join(1)
    for offset in (2, 4, 5):
        subscription.entry(frame(offset))
    assert session.pushed == [2]
    assert session.gaps == 1
    following = subscription.join(3)
    assert following is not None
    assert [e.offset for e in following] == [4, 5]


def test_a_flood_while_reading_is_read_again() -> None:
    session = Session()
    subscription = Subscription(session, "conversation:a")
    for offset in range(2, BUFFER + 10):
        subscription.entry(frame(offset))
    assert subscription.join(1) is None
    assert subscription.join(BUFFER + 9) == []


def test_read_marks_wait_for_the_reply_and_the_highest_wins() -> None:
    session = Session()
    subscription = Subscription(session, "conversation:a")
    for offset in (3, 5, 4):
        subscription.read("agent:anna", offset, read_frame("conversation:a", "a:b", None, offset))
    subscription.join(5)
    assert session.reads == []
    assert subscription.take_missed() == ({"agent:anna": 5}, None)
    subscription.read("agent:anna", 6, read_frame("conversation:a", "agent:anna", None, 6))
    assert session.reads == [6]


@given(st.data())
def test_however_reading_and_arriving_interleave_nothing_is_missing_or_twice(
    data: st.DataObject,
) -> None:
    """A log grows, is read at some moments, and its listener may lose entries before the join."""
    session = Session()
    subscription = Subscription(session, "conversation:a")
    length = data.draw(st.integers(0, 5))
    got: list[int] = []
    for _ in range(data.draw(st.integers(1, 5))):
        for _ in range(data.draw(st.integers(0, 3))):
            length += 1
            if data.draw(st.integers(0, 9)):
                subscription.entry(frame(length))
        read_up_to = length
        for _ in range(data.draw(st.integers(0, 3))):
            length += 1
            if data.draw(st.integers(0, 9)):
                subscription.entry(frame(length))
        following = subscription.join(read_up_to)
        if following is not None:
            got = [*range(1, read_up_to + 1), *(e.offset for e in following)]
            break
    if not subscription.live:
        return
    for _ in range(3):
        length += 1
        subscription.entry(frame(length))
    got += session.pushed
    assert got == list(range(1, len(got) + 1))
    if not session.gaps:
        assert len(got) == length

"""A subscription takes entries in order, finds gaps, and pauses for a slow reader."""

from __future__ import annotations

import asyncio
from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from straks_client import ClosedError, Event, RefusedError, Reset, Subscription
from straks_protocol import (
    START,
    Entry,
    Error,
    Position,
    Principal,
    ReadPush,
    RemoteProtocolError,
    Subscribed,
    position_of,
)

ROOM = "app:room"
WHO = Principal(kind="app", id="x")


def entry(offset: int, log: str = "a") -> Entry:
    return Entry(offset=offset, id=f"{log}{offset}", at=0, sender=WHO, kind="k", data={})


def subscription(
    after: Position | None = None, *, capacity: int = 4, pushes: bool = False
) -> Subscription:
    return Subscription(
        ROOM,
        after=after,
        limit=None,
        pushes=pushes,
        wake=lambda: None,
        leave=lambda _: None,
        capacity=capacity,
    )


def reply(request: int, *entries: Entry, recovered: bool = True, more: bool = False) -> Subscribed:
    position = position_of(entries[-1]) if entries else START
    return Subscribed(
        id=request,
        channel=ROOM,
        recovered=recovered,
        entries=list(entries),
        position=position,
        more=more,
    )


async def waiting(subscription: Subscription, count: int) -> list[Event]:
    return [await asyncio.wait_for(anext(subscription), 1) for _ in range(count)]


async def test_answers_to_older_requests_mean_nothing() -> None:
    """Between that answer and the next the channel was not followed: entries may be missing."""
    found = subscription()
    found.ask(1)
    found.disconnected()
    found.ask(2)
    found.subscribed(reply(1, entry(1)))
    found.refused(Error(id=1, code="not_found", message=""), 0)
    assert found.position is None
    found.subscribed(reply(2, entry(1), entry(2)))
    assert found.live
    assert await waiting(found, 2) == [entry(1), entry(2)]


async def test_pushes_while_an_answer_is_under_way_are_in_it() -> None:
    found = subscription()
    found.ask(1)
    found.pushed(entry(2))
    found.subscribed(reply(1, entry(1), entry(2)))
    assert await waiting(found, 2) == [entry(1), entry(2)]


async def test_an_entry_that_is_known_comes_once_and_a_fork_is_asked_about() -> None:
    found = subscription()
    found.ask(1)
    found.subscribed(reply(1, entry(1)))
    found.pushed(entry(1))
    assert found.due(5) is None
    found.pushed(entry(1, "b"))
    assert found.due(5) == 5
    assert found.ask(2).after == position_of(entry(1))
    assert found.subscribed(reply(2, entry(1, "b"), recovered=False))
    assert await waiting(found, 3) == [entry(1), Reset(ROOM), entry(1, "b")]


async def test_what_is_refused_for_now_is_asked_again_later() -> None:
    found = subscription()
    found.ask(1)
    found.refused(Error(id=1, code="unavailable", message="", retry_after=2.0), 10)
    assert found.due(10) == 12
    assert found.due(13) == 13


async def test_what_is_refused_for_good_comes_after_what_waits() -> None:
    found = subscription()
    found.ask(1)
    found.subscribed(reply(1, entry(1)))
    found.ended("forbidden")
    assert await waiting(found, 1) == [entry(1)]
    with pytest.raises(RefusedError):
        await waiting(found, 1)
    found.fail(ClosedError("later"))
    with pytest.raises(RefusedError):
        await waiting(found, 1)


@pytest.mark.parametrize(
    "wrong",
    [reply(1, entry(3)), reply(1, entry(2), entry(4)), reply(1, more=True)],
    ids=["begins too late", "has a gap", "more of nothing"],
)
async def test_an_answer_that_contradicts_itself_is_the_servers_fault(wrong: Subscribed) -> None:
    found = subscription(position_of(entry(1)))
    found.ask(1)
    with pytest.raises(RemoteProtocolError):
        found.subscribed(wrong)


async def test_pushes_of_other_kinds_come_only_where_they_are_wanted_and_there_is_room() -> None:
    push = ReadPush(channel=ROOM, sender=WHO, offset=1)
    for wanted in (False, True):
        found = subscription(pushes=wanted)
        found.ask(1)
        found.subscribed(reply(1))
        for _ in range(9):
            found.noted(push)
        found.close()
        assert [event async for event in found] == [push] * (4 if wanted else 0)


async def test_a_slow_reader_loses_nothing() -> None:
    found = subscription()
    found.ask(1)
    found.subscribed(reply(1))
    for offset in range(1, 9):
        found.pushed(entry(offset))
    assert found.paused
    assert await waiting(found, 1) == [entry(1)]
    assert found.due(0) is None, "more than half is still to be read"
    assert await waiting(found, 1) == [entry(2)]
    assert found.due(0) == 0
    assert found.ask(2).after == position_of(entry(4))
    found.subscribed(reply(2, *(entry(offset) for offset in range(5, 9))))
    assert await waiting(found, 6) == [entry(offset) for offset in range(3, 9)]


class Model:
    """A server's side of one channel, with a page of two entries."""

    def __init__(self, follower: Subscription) -> None:
        self.follower = follower
        self.log: list[Entry] = []
        self.delivered = 0
        self.following = False
        self.asked: deque[tuple[int, Position | None]] = deque()
        self.last = 0

    def append(self) -> None:
        self.log.append(entry(len(self.log) + 1))
        if self.following:
            self.follower.pushed(self.log[-1])

    def ask(self) -> None:
        if self.follower.due(0) is not None:
            self.last += 1
            self.asked.append((self.last, self.follower.ask(self.last).after))

    def answer(self) -> None:
        if self.asked:
            request, after = self.asked.popleft()
            rest, recovered = self.log[-2:], False
            if after is not None:
                found = None if after == START else position_of(self.log[after.offset - 1])
                recovered = after in (START, found)
                rest = self.log[after.offset :]
            self.following = len(rest) <= 2
            self.follower.subscribed(
                reply(request, *rest[:2], recovered=recovered, more=not self.following)
            )

    def disconnect(self) -> None:
        self.asked.clear()
        self.following = False
        self.follower.disconnected()


@settings(max_examples=100, deadline=None)
@given(
    steps=st.lists(
        st.sampled_from(["append", "append", "ask", "answer", "read", "disconnect"]), max_size=60
    )
)
def test_whatever_happens_every_entry_comes_once_and_in_order(steps: list[str]) -> None:
    async def scenario() -> None:
        follower = subscription(START)
        model = Model(follower)
        read: list[Event] = []

        async def read_one() -> None:
            if follower.pending:
                read.append(await anext(follower))

        for step in steps:
            if step == "read":
                await read_one()
            else:
                getattr(model, step)()
        for _ in range(200):
            model.ask()
            model.answer()
            await read_one()
        assert read == model.log

    asyncio.run(scenario())

"""A link says the right things in the right order, and forgets what it must."""

from __future__ import annotations

import asyncio

import pytest

from straks_client import ClosedError, RefusedError, Subscription
from straks_client.link import MAX_MARKS, MAX_SIGNALS, Link
from straks_protocol import (
    Ask,
    ClientMessage,
    Error,
    Hello,
    Item,
    Limits,
    Ping,
    Pong,
    Position,
    Principal,
    Publish,
    Published,
    Read,
    Signal,
    Subscribe,
    Subscribed,
    Welcome,
)

ROOM = "app:room"


@pytest.fixture
def link() -> Link:
    return Link(random=lambda: 0.0, outbox_capacity=10, wake=lambda: None)


def greet(link: Link) -> None:
    """Connect, and be welcomed."""
    link.connected(None)
    (hello,) = link.due(0)
    assert isinstance(hello, Hello)
    limits = Limits(
        frame=1, text=1, depth=8, subscriptions=1, page=1, publish_rate=1, publish_burst=1
    )
    who = Principal(kind="app", id="x")
    link.received(Welcome(id=hello.id, session="s", principal=who, heartbeat=25, limits=limits), 0)


def follow(link: Link, after: Position | None) -> Subscription:
    subscription = Subscription(
        ROOM, after=after, limit=None, pushes=False, wake=lambda: None, leave=link.leave
    )
    link.follow(subscription)
    return subscription


def kinds(messages: list[ClientMessage]) -> list[type]:
    return [type(message) for message in messages]


async def test_nothing_goes_before_the_welcome(link: Link) -> None:
    link.publish(Item(key="k", channel=ROOM, data={}))
    link.connected("token")
    assert link.due(0) == [Hello(id=1, token="token")]
    assert link.due(0) == []


async def test_subscriptions_go_first_and_publishes_wait_for_how_they_resume(link: Link) -> None:
    link.publish(Item(key="k", channel=ROOM, data={}))
    link.publish(Item(key="l", channel="app:other", data={}))
    follow(link, Position(offset=3, id="e3"))
    link.mark(ROOM, 3)
    greet(link)
    first = link.due(0)
    assert kinds(first) == [Subscribe, Read, Publish]
    assert isinstance(first[2], Publish)
    assert first[2].channel == "app:other"
    assert isinstance(first[0], Subscribe)
    link.received(
        Subscribed(
            id=first[0].id,
            channel=ROOM,
            recovered=True,
            entries=[],
            position=Position(offset=3, id="e3"),
            more=False,
        ),
        0,
    )
    (publish,) = link.due(0)
    assert isinstance(publish, Publish)
    assert publish.channel == ROOM


async def test_a_refused_subscription_does_not_hold_publishes_up(link: Link) -> None:
    future = link.publish(Item(key="k", channel=ROOM, data={}))
    follow(link, Position(offset=3, id="e3"))
    greet(link)
    (subscribe,) = link.due(0)
    assert isinstance(subscribe, Subscribe)
    link.received(Error(id=subscribe.id, code="not_found", message=""), 0)
    publish = link.due(0)[-1]
    assert isinstance(publish, Publish)
    link.received(
        Published(id=publish.id, channel=ROOM, offset=1, entry_id="e", duplicate=False), 0
    )
    assert (await future).offset == 1


async def test_signals_live_as_long_as_their_connection(link: Link) -> None:
    link.signal(Signal(channel=ROOM, kind="typing"))
    greet(link)
    assert link.due(0) == []
    for _ in range(2 * MAX_SIGNALS):
        link.signal(Signal(channel=ROOM, kind="typing"))
    assert len(link.due(0)) == MAX_SIGNALS
    link.signal(Signal(channel=ROOM, kind="typing"))
    link.disconnected()
    greet(link)
    assert link.due(0) == []


async def test_the_newest_marks_are_kept(link: Link) -> None:
    greet(link)
    for number in range(MAX_MARKS + 10):
        link.mark(f"app:{number}", 1)
    assert len(link.due(0)) == MAX_MARKS
    link.mark("app:20", 1)
    assert link.due(0) == [], "that was said"


async def test_a_question_that_nobody_waits_for_is_not_asked(link: Link) -> None:
    link.request(lambda request_id: Ask(id=request_id, text="a")).cancel()
    greet(link)
    assert link.due(0) == []


async def test_a_ping_is_answered(link: Link) -> None:
    greet(link)
    link.received(Ping(), 0)
    assert link.due(0) == [Pong()]


async def test_an_error_for_no_request_is_logged(
    link: Link, caplog: pytest.LogCaptureFixture
) -> None:
    greet(link)
    link.received(Error(code="forbidden", message="no such signal for you"), 0)
    assert "no such signal for you" in caplog.text


async def test_the_end_reaches_everybody(link: Link) -> None:
    subscription = follow(link, None)
    futures = [
        link.publish(Item(key="k", channel=ROOM, data={})),
        link.request(lambda request_id: Ask(id=request_id, text="a")),
    ]
    link.end(ClosedError("the end"))
    for waiting in (*futures, anext(subscription)):
        with pytest.raises(ClosedError):
            await asyncio.wait_for(waiting, 1)
    for late in (
        lambda: link.publish(Item(key="l", channel=ROOM, data={})),
        lambda: link.request(lambda request_id: Ask(id=request_id, text="a")),
        lambda: follow(link, None),
    ):
        with pytest.raises(ClosedError):
            late()


async def test_what_is_lost_again_and_refused_is_logged(
    link: Link, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody waits any more for what is published a second time into a log that lost it."""
    future = link.publish(Item(key="k", channel=ROOM, data={}))
    greet(link)
    (publish,) = link.due(0)
    assert isinstance(publish, Publish)
    link.received(
        Published(id=publish.id, channel=ROOM, offset=1, entry_id="e", duplicate=False), 0
    )
    await future
    link.outbox.lost_tail(ROOM, set(), 0)
    (again,) = link.due(0)
    assert isinstance(again, Publish)
    assert again.key == "k"
    link.received(Error(id=again.id, code="wrong_state", message="closed"), 0)
    assert "closed" in caplog.text
    assert RefusedError.__name__ not in caplog.text

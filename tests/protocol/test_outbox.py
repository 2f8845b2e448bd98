"""Whatever happens to connection and server: each publish is stored once, in order."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from straks_protocol import (
    REPUBLISH_SECONDS,
    Error,
    ErrorCode,
    Item,
    LocalProtocolError,
    Open,
    Outbox,
    OutboxFullError,
    Publish,
)

A, B = "app:a", "app:b"


def item(key: str, channel: str | None = A) -> Item:
    return Item(key=key, channel=channel, data={})


def later(request: Publish | Open, code: str = "rate_limited", after: float | None = 1.0) -> Error:
    return Error(id=request.id, code=code, message="", retry_after=after)


class Ids:
    def __init__(self) -> None:
        self.last = 0

    def __call__(self) -> int:
        self.last += 1
        return self.last


@pytest.fixture
def outbox() -> Outbox:
    return Outbox(lambda: 1.0)


@pytest.fixture
def ids() -> Ids:
    return Ids()


def keys(requests: list[Publish | Open]) -> list[str]:
    return [request.key for request in requests]


def test_items_go_out_in_order_without_waiting_for_each_other(outbox: Outbox, ids: Ids) -> None:
    for key in "xyz":
        outbox.add(item(key))
    sent = outbox.due(0, ids)
    assert keys(sent) == ["x", "y", "z"]
    assert outbox.due(0, ids) == []
    assert outbox.next_due(0) is None


def test_an_item_without_channel_is_an_open(outbox: Outbox, ids: Ids) -> None:
    outbox.add(Item(key="x", data={"text": "a"}))
    assert outbox.due(0, ids) == [Open(id=1, key="x", data={"text": "a"})]


def test_a_settled_item_is_gone(outbox: Outbox, ids: Ids) -> None:
    outbox.add(item("x"))
    (request,) = outbox.due(0, ids)
    assert outbox.acknowledged(request.id, 0) == item("x")
    assert (len(outbox), outbox.items()) == (0, [])
    assert outbox.acknowledged(request.id, 0) is None, "a second answer is none of ours"


def test_what_is_refused_for_good_does_not_hold_others_up(outbox: Outbox, ids: Ids) -> None:
    for key in "xy":
        outbox.add(item(key))
    first, _ = outbox.due(0, ids)
    assert outbox.refused(first.id, later(first, ErrorCode.FORBIDDEN), 0) == item("x")
    assert outbox.items() == [item("y")]


def test_what_is_refused_for_now_goes_again_alone_and_others_after_it(
    outbox: Outbox, ids: Ids
) -> None:
    for key in "xyz":
        outbox.add(item(key))
    x, y, z = outbox.due(0, ids)
    assert outbox.refused(y.id, later(y, after=2.0), 0) is None
    assert outbox.due(5, ids) == [], "x and z are not answered yet"
    outbox.refused(z.id, later(z, ErrorCode.RETRY_LATER), 0)
    outbox.acknowledged(x.id, 0)
    assert outbox.next_due(0) == 2.0
    assert outbox.due(1.9, ids) == []
    (again,) = outbox.due(2, ids)
    assert again.key == "y"
    outbox.acknowledged(again.id, 2)
    assert keys(outbox.due(2, ids)) == ["z"]


def test_other_channels_do_not_wait(outbox: Outbox, ids: Ids) -> None:
    outbox.add(item("x"))
    outbox.add(item("y", B))
    x, _ = outbox.due(0, ids)
    outbox.refused(x.id, later(x), 0)
    outbox.add(item("z", B))
    assert keys(outbox.due(0, ids)) == ["z"]


def test_without_retry_after_the_delay_grows(outbox: Outbox, ids: Ids) -> None:
    outbox.add(item("x"))
    now = 0.0
    delays = []
    for _ in range(4):
        (request,) = outbox.due(now, ids)
        outbox.refused(request.id, later(request, ErrorCode.UNAVAILABLE, None), now)
        due = outbox.next_due(now)
        assert due is not None
        delays.append(due - now)
        now = due
    assert delays == [0.5, 1, 2, 4]


def test_a_new_connection_sends_all_again_in_order_with_the_same_keys(
    outbox: Outbox, ids: Ids
) -> None:
    for key in "xyz":
        outbox.add(item(key))
    x, y, _ = outbox.due(0, ids)
    outbox.acknowledged(y.id, 0)
    outbox.refused(x.id, later(x), 0)
    outbox.disconnected()
    assert keys(outbox.due(0, ids)) == ["x", "z"]


def test_at_most_a_window_of_one_channel_is_unanswered(outbox: Outbox, ids: Ids) -> None:
    for number in range(100):
        outbox.add(item(str(number)))
    sent = outbox.due(0, ids)
    assert len(sent) == 32
    outbox.acknowledged(sent[0].id, 0)
    assert keys(outbox.due(0, ids)) == ["32"]


def test_a_full_outbox_refuses_and_a_key_goes_once(ids: Ids) -> None:
    outbox = Outbox(lambda: 1.0, capacity=2)
    outbox.add(item("x"))
    with pytest.raises(LocalProtocolError, match="key x"):
        outbox.add(item("x"))
    outbox.add(item("y"))
    with pytest.raises(OutboxFullError):
        outbox.add(item("z"))
    assert keys(outbox.due(0, ids)) == ["x", "y"]


def test_what_a_resumed_log_shows_is_settled_unless_the_server_waits_for_it(
    outbox: Outbox, ids: Ids
) -> None:
    for key in "xyz":
        outbox.add(item(key))
    assert outbox.seen(A, {"y"}) == [item("y")]
    (x, _) = outbox.due(0, ids)
    assert outbox.seen(A, {"x"}) == [], "an answer is under way"
    outbox.refused(x.id, later(x), 0)
    assert outbox.seen(A, {"x"}) == [], "the server waits for it to come again"
    assert outbox.seen(B, {"x"}) == []


def settle(outbox: Outbox, ids: Ids, now: float, *names: str) -> None:
    for name in names:
        outbox.add(item(name))
    for request in outbox.due(now, ids):
        outbox.acknowledged(request.id, now)


def test_what_a_log_lost_goes_first_in_its_old_order(outbox: Outbox, ids: Ids) -> None:
    settle(outbox, ids, 0, "u", "v", "w")
    outbox.disconnected()
    outbox.add(item("x"))
    outbox.hold(A)
    assert outbox.due(1, ids) == []
    assert outbox.next_due(1) is None
    assert outbox.lost_tail(A, {"u"}, 1) == [item("v"), item("w")]
    outbox.release(A)
    assert keys(outbox.due(1, ids)) == ["v", "w", "x"]
    assert outbox.lost_tail(A, {"u"}, 1) == [], "they are on their way"


def test_only_the_last_ten_minutes_are_published_again(outbox: Outbox, ids: Ids) -> None:
    settle(outbox, ids, 0, "u")
    settle(outbox, ids, 100, "v")
    assert outbox.lost_tail(A, set(), REPUBLISH_SECONDS + 50) == [item("v")]


def test_a_connection_that_ends_ends_every_hold(outbox: Outbox, ids: Ids) -> None:
    outbox.add(item("x"))
    outbox.hold(A)
    outbox.disconnected()
    assert keys(outbox.due(0, ids)) == ["x"]


@dataclass
class ModelServer:
    """What PROTOCOL.md §3 says about publish: durable logs, and an order per connection."""

    logs: dict[str, list[str]] = field(default_factory=lambda: {A: [], B: []})
    refused: dict[str, str] = field(default_factory=dict)
    never: set[str] = field(default_factory=set)
    """What was refused for good stays refused, also when that answer was lost."""

    def take(self, request: Publish, verdict: str) -> Error | None:
        waits_for = self.refused.get(request.channel, request.key)
        if waits_for != request.key:
            return later(request, ErrorCode.RETRY_LATER)
        if verdict == "temporary":
            self.refused[request.channel] = request.key
            return later(request, ErrorCode.RATE_LIMITED)
        self.refused.pop(request.channel, None)
        new = request.key not in self.logs[request.channel] and request.key not in self.never
        if verdict == "unknown" and new:
            self.logs[request.channel].append(request.key)
            self.refused[request.channel] = request.key
            return later(request, ErrorCode.OUTCOME_UNKNOWN)
        if request.key not in self.logs[request.channel]:
            if verdict == "final" or request.key in self.never:
                self.never.add(request.key)
                return later(request, ErrorCode.LOG_FULL)
            self.logs[request.channel].append(request.key)
        return None


class OutboxMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.outbox = Outbox(lambda: 0.5)
        self.server = ModelServer()
        self.ids = Ids()
        self.now = 0.0
        self.added: dict[str, list[str]] = {A: [], B: []}
        self.rejected: set[str] = set()
        self.settled: set[str] = set()
        self.wire: deque[Publish] = deque()
        self.replies: list[tuple[Publish, Error | None]] = []

    @rule(channel=st.sampled_from([A, B]))
    def add(self, channel: str) -> None:
        key = f"{channel}-{len(self.added[channel])}"
        self.outbox.add(item(key, channel))
        self.added[channel].append(key)

    @rule(passed=st.sampled_from([0.0, 0.5, 5.0]))
    def send(self, passed: float) -> None:
        self.now += passed
        for request in self.outbox.due(self.now, self.ids):
            assert isinstance(request, Publish)
            self.wire.append(request)

    @precondition(lambda self: self.wire)
    @rule(verdict=st.sampled_from(["store", "store", "temporary", "unknown", "final"]))
    def serve(self, verdict: str) -> None:
        request = self.wire.popleft()
        self.replies.append((request, self.server.take(request, verdict)))

    @precondition(lambda self: self.replies)
    @rule(pick=st.integers(0, 100))
    def reply(self, pick: int) -> None:
        request, error = self.replies.pop(pick % len(self.replies))
        if error is None:
            assert self.outbox.acknowledged(request.id, self.now) is not None
            self.settled.add(request.key)
        elif self.outbox.refused(request.id, error, self.now) is not None:
            self.rejected.add(request.key)

    @rule()
    def disconnect(self) -> None:
        self.wire.clear()
        self.replies.clear()
        self.server.refused.clear()
        self.outbox.disconnected()

    @invariant()
    def stored_once_and_in_order(self) -> None:
        for channel, log in self.server.logs.items():
            assert log == [key for key in self.added[channel] if key in set(log)]

    @invariant()
    def acknowledged_means_stored(self) -> None:
        assert self.settled <= {key for log in self.server.logs.values() for key in log}

    def teardown(self) -> None:
        """With a server that says yes, everything is settled in the end."""
        for _ in range(1_000):
            if not len(self.outbox):
                break
            self.send(5.0)
            while self.wire:
                self.serve("store")
            while self.replies:
                self.reply(0)
        assert len(self.outbox) == 0
        self.stored_once_and_in_order()
        for channel, log in self.server.logs.items():
            assert log == [key for key in self.added[channel] if key in log]
            assert set(self.added[channel]) - set(log) <= self.rejected


TestOutboxMachine = OutboxMachine.TestCase
TestOutboxMachine.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)

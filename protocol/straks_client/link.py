"""What a client says next, and what becomes of what it hears, from connection to connection."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from straks_protocol import (
    ClientMessage,
    ClientSession,
    Closing,
    EntryPush,
    Error,
    Hello,
    Item,
    Open,
    Opened,
    Outbox,
    Ping,
    Pong,
    PresencePush,
    Publish,
    Published,
    Read,
    ReadPush,
    ServerMessage,
    SessionState,
    Signal,
    SignalPush,
    Subscribe,
    Subscribed,
    Unsubscribe,
    Unsubscribed,
    Welcome,
)

from .errors import ClientError, RefusedError
from .subscription import Subscription

__all__ = ["Link", "Request"]

MAX_SIGNALS: Final = 100
"""Signals that wait to be sent; beyond it the oldest are forgotten ("drop oldest")."""
MAX_MARKS: Final = 1_000
"""Channels whose read watermark is kept; beyond it the oldest are forgotten ("forget oldest")."""

_log: Final = logging.getLogger("straks_client")


@dataclass(slots=True)
class Request:
    """A question whose answer changes nothing: asked again on a new connection."""

    make: Callable[[int], ClientMessage]
    answer: asyncio.Future[Any] = field(repr=False)


class Link:
    """One client's side of all its connections, without their sockets.

    ``wake`` is called when there is something new to say. Everything here runs on one event loop.
    """

    def __init__(
        self, *, random: Callable[[], float], outbox_capacity: int, wake: Callable[[], None]
    ) -> None:
        self.session = ClientSession()
        self.welcome: Welcome | None = None
        self.renewed: str | None = None
        """The newest token that the server gave; most welcomes bring none."""
        self.welcomed = asyncio.Event()
        self.refusal: Error | None = None
        """What the server answered to the last ``hello``, when that was no welcome."""
        self.reconnect_after: float | None = None
        self.outbox = Outbox(random, capacity=outbox_capacity)
        self.error: ClientError | None = None
        """Why there will be no further connection."""
        self._wake = wake
        self._token: str | None = None
        self._publishes: dict[str, asyncio.Future[Any]] = {}
        self._subscriptions: dict[str, Subscription] = {}
        self._requests: deque[Request] = deque()
        self._asked: dict[int, Request] = {}
        self._signals: deque[Signal] = deque(maxlen=MAX_SIGNALS)
        self._left: list[str] = []
        self._marks: dict[str, int] = {}
        self._marks_due: dict[str, None] = {}
        self._pong = False

    # --- what the client wants ------------------------------------------------------------

    def publish(self, item: Item) -> asyncio.Future[Any]:
        """Put an item into the outbox; the result comes when it is settled.

        Raises:
            LocalProtocolError: the outbox is full, or the key in use.
            ClientError: the client has ended.
        """
        self._still_there()
        self.outbox.add(item)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._publishes[item.key] = future
        self._wake()
        return future

    def request(self, make: Callable[[int], ClientMessage]) -> asyncio.Future[Any]:
        """Ask something.

        Raises:
            ClientError: the client has ended.
        """
        self._still_there()
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._requests.append(Request(make, future))
        self._wake()
        return future

    def follow(self, subscription: Subscription) -> None:
        """Keep a subscription alive.

        Raises:
            ValueError: the channel is followed already.
            ClientError: the client has ended.
        """
        self._still_there()
        if subscription.channel in self._subscriptions:
            raise ValueError(f"{subscription.channel} is followed already")
        self._subscriptions[subscription.channel] = subscription
        self._wake()

    def leave(self, subscription: Subscription) -> None:
        """Follow a channel no longer."""
        if self._subscriptions.pop(subscription.channel, None) is not None:
            self.outbox.release(subscription.channel)
            if self.session.state is SessionState.OPEN:
                self._left.append(subscription.channel)
                self._wake()

    def signal(self, signal: Signal) -> None:
        """Say what is true for seconds; without a connection nobody hears it."""
        if self.session.state is SessionState.OPEN:
            self._signals.append(signal)
            self._wake()

    def mark(self, channel: str, offset: int) -> None:
        """Say what was seen; said again on each new connection."""
        if offset > self._marks.get(channel, 0):
            self._marks.pop(channel, None)
            self._marks[channel] = offset
            self._marks_due[channel] = None
            if len(self._marks) > MAX_MARKS:
                oldest = next(iter(self._marks))
                del self._marks[oldest]
                self._marks_due.pop(oldest, None)
            self._wake()

    # --- what the connection does ---------------------------------------------------------

    def connected(self, token: str | None) -> None:
        """Begin on a new connection."""
        self.session = ClientSession()
        self.reconnect_after = None
        self.refusal = None
        self._token = token
        self._pong = False

    def disconnected(self) -> None:
        """Take everything back that was not answered."""
        self.session.closed()
        self.welcomed.clear()
        self.outbox.disconnected()
        self._requests.extendleft(reversed(self._asked.values()))
        self._asked.clear()
        self._signals.clear()
        self._left.clear()
        self._marks_due = dict.fromkeys(self._marks)
        for subscription in self._subscriptions.values():
            subscription.disconnected()

    def end(self, error: ClientError) -> None:
        """Give everybody who waits this error: there will be no further connection."""
        self.error = error
        self.disconnected()
        for future in (*self._publishes.values(), *(request.answer for request in self._requests)):
            if not future.done():
                future.set_exception(error)
                future.exception()  # its waiter may have been cancelled
        self._publishes.clear()
        self._requests.clear()
        for subscription in list(self._subscriptions.values()):
            subscription.fail(error)

    def due(self, now: float) -> list[ClientMessage]:
        """Return what to send now, in this order, and count it as sent."""
        messages: list[ClientMessage] = []
        if self.session.state is SessionState.NEW and self.refusal is None:
            messages.append(Hello(id=self.session.next_id(), token=self._token))
        elif self.session.state is SessionState.OPEN:
            self._say_what_waits(messages, now)
        if self._pong:
            self._pong = False
            messages.append(Pong())
        for message in messages:
            self.session.send(message)
        return messages

    def next_due(self, now: float) -> float | None:
        """Return when :meth:`due` will have something that waits for its time only."""
        if self.session.state is not SessionState.OPEN:
            return None
        times = [self.outbox.next_due(now), *(s.due(now) for s in self._subscriptions.values())]
        return min((time for time in times if time is not None), default=None)

    def received(self, message: ServerMessage, now: float) -> None:
        """Take what the server said.

        Raises:
            RemoteProtocolError: the server broke the protocol.
        """
        request = self.session.receive(message)
        match message:
            case EntryPush():
                if subscription := self._subscriptions.get(message.channel):
                    subscription.pushed(message.entry)
            case Published() | Opened():
                if item := self.outbox.acknowledged(message.id, now):
                    self._settle(item.key, message)
                self._wake()
            case Error():
                self._refused(request, message, now)
                self._wake()
            case Subscribed():
                self._subscribed(message, now)
            case Ping():
                self._pong = True
                self._wake()
            case Welcome():
                self._welcome(message)
            case Closing():
                self.reconnect_after = message.reconnect_after
            case Unsubscribed():
                self._unsubscribed(message)
            case SignalPush() | ReadPush() | PresencePush() if request is None:
                if subscription := self._subscriptions.get(message.channel):
                    subscription.noted(message)
            case _:
                self._answered(message)

    def _say_what_waits(self, messages: list[ClientMessage], now: float) -> None:
        session = self.session
        messages += (Unsubscribe(id=session.next_id(), channel=name) for name in self._left)
        self._left.clear()
        for subscription in self._subscriptions.values():
            due = subscription.due(now)
            if due is not None and due <= now:
                messages.append(subscription.ask(session.next_id()))
        for channel in self._marks_due:
            messages.append(Read(channel=channel, offset=self._marks[channel]))
        self._marks_due.clear()
        while self._requests:
            request = self._requests.popleft()
            if not request.answer.done():
                request_id = session.next_id()
                self._asked[request_id] = request
                messages.append(request.make(request_id))
        messages += self.outbox.due(now, session.next_id)
        messages += self._signals
        self._signals.clear()

    def _welcome(self, message: Welcome) -> None:
        self.welcome = message
        self.renewed = message.token or self.renewed
        for subscription in self._subscriptions.values():
            if subscription.position is not None and not subscription.paused:
                self.outbox.hold(subscription.channel)
        self.welcomed.set()
        self._wake()

    def _subscribed(self, message: Subscribed, now: float) -> None:
        subscription = self._subscriptions.get(message.channel)
        if subscription is None:
            return
        reset = subscription.subscribed(message)
        own = {entry.key: entry for entry in message.entries if entry.key is not None}
        for item in self.outbox.seen(message.channel, own.keys()):
            entry = own[item.key]
            self._settle(
                item.key,
                Published(
                    id=message.id,
                    channel=message.channel,
                    offset=entry.offset,
                    entry_id=entry.id,
                    duplicate=True,
                ),
            )
        if reset:
            self.outbox.lost_tail(message.channel, own.keys(), now)
        if not message.more or subscription.paused:
            self.outbox.release(message.channel)
        self._wake()

    def _unsubscribed(self, message: Unsubscribed) -> None:
        subscription = self._subscriptions.get(message.channel)
        if message.id is None and subscription is not None:
            subscription.ended(message.code or "forbidden")

    def _refused(self, request: ClientMessage | None, error: Error, now: float) -> None:
        if error.id is None or request is None:
            _log.warning("the server says %s: %s", error.code, error.message)
        elif isinstance(request, Hello):
            self.refusal = error
        elif isinstance(request, (Publish, Open)):
            if item := self.outbox.refused(error.id, error, now):
                self._settle(item.key, RefusedError(error))
        elif isinstance(request, Subscribe):
            self.outbox.release(request.channel)
            if subscription := self._subscriptions.get(request.channel):
                subscription.refused(error, now)
        elif asked := self._asked.pop(error.id, None):
            _resolve(asked.answer, RefusedError(error))

    def _answered(self, message: ServerMessage) -> None:
        request_id: int | None = getattr(message, "id", None)
        if request_id is not None and (asked := self._asked.pop(request_id, None)):
            _resolve(asked.answer, message)

    def _settle(self, key: str, result: object) -> None:
        if future := self._publishes.pop(key, None):
            _resolve(future, result)
        elif isinstance(result, RefusedError):
            _log.warning("%s could not be published again: %s", key, result)

    def _still_there(self) -> None:
        if self.error is not None:
            raise self.error


def _resolve(future: asyncio.Future[Any], result: object) -> None:
    """Give a result or an error to whoever waits; nobody does after a cancellation."""
    if future.done():
        return
    if isinstance(result, Exception):
        future.set_exception(result)
    else:
        future.set_result(result)

"""What one connection says and is told: frames to the service and the hub."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from straks.accounts.principals import Principal
from straks.conversation.errors import RefusedError
from straks.edge import greeting, requests
from straks.edge.config import AGENT_FACTOR
from straks.edge.context import EdgeContext
from straks.edge.limits import Rate, take
from straks.edge.ports import Socket
from straks.edge.publishing import Publishing, parsed, rate_limited
from straks.edge.subscription import Subscription
from straks.hub.frames import principal_object, websocket_frame
from straks.hub.mailbox import Lane
from straks_protocol import (
    TEMPORARY,
    Ask,
    ClientMessage,
    CloseCode,
    Codec,
    ErrorCode,
    Hello,
    History,
    Open,
    Pong,
    Presence,
    Publish,
    Read,
    RemoteProtocolError,
    Signal,
    Subscribe,
    Unsubscribe,
)
from straks_protocol.kinds import validate_signal

__all__ = ["Session"]

logger = logging.getLogger(__name__)

RETRY: Final = 0.5
"""Seconds until a refused request is worth another try, where nothing better is known."""
OUR_FAULT: Final = "Something went wrong on our side; it is in the server's log."
_FRAME_ERRORS: Final = frozenset(
    {
        ErrorCode.BAD_FRAME,
        ErrorCode.UNKNOWN_TYPE,
        ErrorCode.BAD_FIELD,
        ErrorCode.TOO_LARGE,
        ErrorCode.TOO_DEEP,
    }
)


class Session:
    """One connection's half of the protocol. Knows frames, not bytes on a wire."""

    __slots__ = (
        "_bad_frames",
        "_buckets",
        "_publishing",
        "_requests",
        "_socket",
        "_who",
        "address",
        "codec",
        "context",
        "ended",
        "origin",
        "subscriptions",
    )

    def __init__(
        self,
        context: EdgeContext,
        socket: Socket,
        codec: Codec,
        *,
        origin: str | None,
        address: str | None,
    ) -> None:
        """``address``: what per-address limits count, None when they do not apply."""
        self.context = context
        self.codec = codec
        self.origin = origin
        self.address = address
        self.ended = False
        self.subscriptions: dict[str, Subscription] = {}
        self._socket = socket
        self._who: Principal | None = None
        self._bad_frames = 0
        self._requests = 0
        self._publishing: Publishing | None = None
        self._buckets: dict[str, float] | None = None

    @property
    def principal(self) -> Principal:
        """Who this is; only once it is welcomed."""
        assert self._who is not None
        return self._who

    @property
    def welcomed(self) -> bool:
        """Whether ``hello`` succeeded."""
        return self._who is not None

    # --- in -------------------------------------------------------------------------------

    def receive(self, payload: bytes, binary: bool) -> None:
        """Take one message of the peer."""
        try:
            if binary is not self.codec.binary:
                raise RemoteProtocolError(
                    ErrorCode.BAD_FRAME,
                    f"{self.codec.name} has {'binary' if self.codec.binary else 'text'} frames",
                )
            message = self.codec.decode_client(payload)
        except RemoteProtocolError as error:
            self._bad_frame(error)
            return
        self._bad_frames = 0
        try:
            if self._who is None:
                self._greet(message)
            else:
                _HANDLERS[type(message)](self, message)
        except RefusedError as error:
            self.refuse(getattr(message, "id", None), error)
        except RemoteProtocolError as error:
            self.error(None, error.code, error.message)
        except Exception:
            logger.exception("a %s frame failed", type(message).__name__)
            self.error(getattr(message, "id", None), ErrorCode.INTERNAL, OUR_FAULT, RETRY)

    def _greet(self, message: ClientMessage) -> None:
        if type(message) is Hello:
            greeting.hello(self, message)
        elif type(message) is not Pong:
            self.error(
                getattr(message, "id", None),
                ErrorCode.HELLO_REQUIRED,
                "The first frame must be hello.",
            )

    def _bad_frame(self, error: RemoteProtocolError) -> None:
        self.error(error.request_id, error.code, error.message)
        if error.code in _FRAME_ERRORS:
            self._bad_frames += 1
            if self._bad_frames >= self.context.config.errors:
                self.close(CloseCode.TOO_MANY_ERRORS, "too many bad frames in a row")

    # --- out ------------------------------------------------------------------------------

    def send(self, frame: bytes, lane: Lane = Lane.REPLY, channel: str = "") -> None:
        """Write an encoded frame."""
        self._socket.send(frame, lane, channel)

    def reply(self, wire: dict[str, Any]) -> None:
        """Encode and write a reply; nothing happens once the connection ended."""
        if not self.ended:
            codec = self.codec
            self._socket.send(websocket_frame(codec.encode_raw(wire), codec.binary))

    def encode(self, wire: dict[str, Any]) -> bytes:
        """Build a frame from its wire form."""
        return websocket_frame(self.codec.encode_raw(wire), self.codec.binary)

    def error(
        self,
        request_id: int | None,
        code: ErrorCode,
        message: str,
        retry_after: float | None = None,
    ) -> None:
        """Answer with an ``error``."""
        self.refuse(request_id, RefusedError(code, message, retry_after=retry_after))

    def refuse(self, request_id: int | None, error: RefusedError) -> None:
        """Answer with the ``error`` that a refusal stands for."""
        wire: dict[str, Any] = {"type": "error", "code": error.code, "message": error.message}
        if request_id is not None:
            wire["id"] = request_id
        if error.retry_after is not None or error.code in TEMPORARY:
            wire["retry_after"] = round(error.retry_after or RETRY, 3)
        if error.by is not None:
            by = error.by
            wire["by"] = principal_object(f"{by.kind}:{by.id}", by.name)
        if error.state_offset is not None:
            wire["state_offset"] = error.state_offset
        self.reply(wire)

    def close(self, code: int, reason: str = "") -> None:
        """Write what waits, then close."""
        self._socket.close(code, reason)

    def end(self) -> None:
        """Leave the hub; the connection is gone or going."""
        if self.ended:
            return
        self.ended = True
        for subscription in self.subscriptions.values():
            self.context.hub.unsubscribe(subscription)
        self.subscriptions.clear()
        if self._who is not None:
            self.context.hub.detach(self)

    def ping(self) -> None:
        """Ask for a sign of life."""
        self.reply({"type": "ping"})

    def say_closing(self, reconnect_after: float) -> None:
        """Tell that the server will close, and when to come back."""
        self.reply(
            {
                "type": "closing",
                "code": CloseCode.GOING_AWAY,
                "reconnect_after": round(reconnect_after, 3),
            }
        )

    def expired(self) -> bool:
        """Whether the principal must authenticate anew."""
        until = self.principal.expires_at
        return until is not None and self.context.clock.now_ms() >= until * 1000

    # --- hello ----------------------------------------------------------------------------

    def hello_timed_out(self) -> None:
        """Close since no ``hello`` came."""
        self.error(None, ErrorCode.HELLO_REQUIRED, "No hello came in time.")
        self.close(CloseCode.HELLO_TIMEOUT, "no hello came in time")

    def become(self, principal: Principal) -> None:
        """Act for ``principal`` from now on."""
        self._who = principal
        self._socket.welcomed()
        self.context.hub.attach(self)

    def hold(self) -> None:
        """Read nothing more until :meth:`release`."""
        self._socket.hold()

    def release(self) -> None:
        """Read on."""
        self._socket.release()

    def factor(self) -> float:
        """How much more than a visitor this principal may send."""
        return 1 if self.principal.kind == "visitor" else AGENT_FACTOR

    def _second_hello(self, message: Hello) -> None:
        self.error(message.id, ErrorCode.HELLO_TWICE, "This connection has said hello before.")

    def _pong(self, message: Pong) -> None:
        """Any bytes count as a sign of life; there is nothing more to a pong."""

    # --- writing --------------------------------------------------------------------------

    def _open(self, message: Open) -> None:
        self._writing().open(message)

    def _publish(self, message: Publish) -> None:
        (self._publishing or self._writing()).publish(message)

    def _writing(self) -> Publishing:
        if self._publishing is None:
            self._publishing = Publishing(self)
        return self._publishing

    def limit(self, name: str, rate: Rate) -> None:
        """Count one of ``name``; raise RefusedError when there were too many."""
        if self._buckets is None:
            self._buckets = {}
        who = self._who
        if who is None or who.kind != "visitor":
            rate = rate.times(AGENT_FACTOR)
        wait = take(self._buckets, name, rate, self.context.wheel.now)
        if wait:
            raise rate_limited(wait)

    # --- reading --------------------------------------------------------------------------

    def _subscribe(self, message: Subscribe) -> None:
        self.limit("read", self.context.config.read_rate)
        name = message.channel
        known = self.subscriptions.get(name)
        if known is None:
            self.check_room()
        self.run(message.id, partial(requests.subscribe, self, message, parsed(name)))

    def check_room(self) -> None:
        """Raise RefusedError when there are as many subscriptions as there may be."""
        most = round(self.context.config.subscriptions * self.factor())
        if len(self.subscriptions) >= most:
            raise RefusedError(
                ErrorCode.TOO_MANY_SUBSCRIPTIONS, f"At most {most} channels; unsubscribe some."
            )

    def _unsubscribe(self, message: Unsubscribe) -> None:
        self.drop(message.channel)
        self.reply({"type": "unsubscribed", "channel": message.channel, "id": message.id})

    def _history(self, message: History) -> None:
        self.limit("read", self.context.config.read_rate)
        self.run(message.id, partial(requests.history, self, message, parsed(message.channel)))

    def _presence(self, message: Presence) -> None:
        self.limit("read", self.context.config.read_rate)
        self.run(message.id, partial(requests.presence, self, message, parsed(message.channel)))

    def _ask(self, message: Ask) -> None:
        self.limit("ask", self.context.config.ask_rate)
        requests.ask(self, message)

    def _read(self, message: Read) -> None:
        self.limit("read", self.context.config.read_rate)
        requests.with_conversation(
            self, parsed(message.channel), partial(requests.read, self, message)
        )

    def _signal(self, message: Signal) -> None:
        self.limit("signal", self.context.config.signal_rate)
        channel = parsed(message.channel)
        data = validate_signal(channel.kind, message.kind, message.data)
        requests.with_conversation(self, channel, partial(requests.signal, self, message, data))

    def run(self, request_id: int | None, make: requests.Work) -> None:
        """Run a request that must wait for something; at most so many at once."""
        if self._requests >= self.context.config.requests:
            raise RefusedError(ErrorCode.TOO_MANY_REQUESTS, "Too many unanswered requests.")
        self._start(request_id, make)

    def _start(self, request_id: int | None, make: requests.Work) -> None:
        self._requests += 1
        self.context.spawn(self._finish(request_id, make))

    async def _finish(self, request_id: int | None, make: requests.Work) -> None:
        try:
            await make()
        except RefusedError as error:
            self.refuse(request_id, error)
        except Exception:
            logger.exception("a request failed")
            self.error(request_id, ErrorCode.INTERNAL, OUR_FAULT, RETRY)
        finally:
            self._requests -= 1

    def gap(self, subscription: Subscription) -> None:
        """Fill what is missing between two live entries."""
        self._start(None, partial(requests.repair, self, subscription))

    def begin_anew(self, subscription: Subscription) -> None:
        """Make the client subscribe again; it finds out what it has that the log has not."""
        if self.subscriptions.get(subscription.channel) is subscription:
            self.drop(subscription.channel)
            self.send(self.resync(subscription.channel))

    def drop(self, channel: str) -> None:
        """End a subscription, if there is one."""
        subscription = self.subscriptions.pop(channel, None)
        if subscription is not None:
            subscription.ended = True
            self.context.hub.unsubscribe(subscription)

    def resync(self, channel: str) -> bytes:
        """Build the push that makes the client subscribe again."""
        return self.encode({"type": "unsubscribed", "channel": channel, "code": "resync"})


_HANDLERS: Final[Mapping[type, Callable[[Session, Any], None]]] = {
    Hello: Session._second_hello,
    Open: Session._open,
    Subscribe: Session._subscribe,
    Unsubscribe: Session._unsubscribe,
    Publish: Session._publish,
    Signal: Session._signal,
    Read: Session._read,
    History: Session._history,
    Presence: Session._presence,
    Ask: Session._ask,
    Pong: Session._pong,
}

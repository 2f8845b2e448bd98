"""The upgraded transport of one connection: an asyncio protocol without tasks or timers."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Final, cast

from straks.edge.context import EdgeContext
from straks.edge.receiver import BINARY, Receiver
from straks.edge.session import Session
from straks.edge.wheel import NOWHERE
from straks.hub.mailbox import Lane, Mailbox
from straks_protocol import CloseCode, Codec

__all__ = ["WebSocket"]

logger = logging.getLogger(__name__)

_JOINED: Final = 64 * 1024
"""Bytes of one tick that are joined at most before they are written."""


class WebSocket(asyncio.Protocol):
    """Joins a transport, a receiver and a session.

    The first frame of a tick is written at once, what follows in the same tick joins. While the
    transport's buffer is full, frames wait in a bounded mailbox.
    """

    __slots__ = (
        "_connections",
        "_context",
        "_counted",
        "_flusher",
        "_heard",
        "_joined",
        "_joined_size",
        "_lost",
        "_mailbox",
        "_open",
        "_receiver",
        "_sent",
        "_since",
        "_transport",
        "_wheel",
        "_wrote",
        "session",
        "slot",
    )

    def __init__(
        self,
        context: EdgeContext,
        transport: asyncio.Transport,
        codec: Codec,
        connections: set[Any],
        *,
        origin: str | None,
        address: str | None,
        counted: str | None,
    ) -> None:
        """
        Args:
            connections: the set in which uvicorn has its connections.
            address: what limits per address count; None where they do not apply.
            counted: the address to take off the connection counts at the end.
        """
        self._wheel = context.wheel
        self._flusher = context.flusher
        now = self._wheel.now
        self.slot = NOWHERE
        self.session = Session(context, self, codec, origin=origin, address=address)
        self._counted = counted
        self._connections = connections
        self._context = context
        self._transport = transport
        self._receiver = Receiver(self, context.config.frame_bytes)
        self._joined: list[bytes] | None = None
        self._joined_size = 0
        self._mailbox: Mailbox | None = None
        self._wrote = 0
        """The tick in which something was written last."""
        self._open = True
        self._lost = False
        self._since = self._heard = self._sent = now
        connections.add(self)
        context.enter(self)
        self._wheel.add(self, context.config.hello_seconds)

    # --- from the transport -----------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        self._heard = self._wheel.now
        self._receiver.feed(data)

    def eof_received(self) -> None:
        """Let the transport close: nothing more can come."""

    def connection_lost(self, exc: Exception | None) -> None:
        if self._lost:
            return
        self._lost = True
        self._open = False
        self._joined = self._mailbox = None
        context = self._context
        context.wheel.discard(self)
        context.leave(self)
        self._connections.discard(self)
        context.connections -= 1
        if self._counted is not None:
            context.addresses.leave(self._counted)
        self.session.end()

    def pause_writing(self) -> None:
        if self._mailbox is None:
            self._mailbox = Mailbox(self._context.config.mailbox_bytes)

    def resume_writing(self) -> None:
        if not self._lost:
            self._write_waiting()

    def shutdown(self) -> None:
        """Close, as uvicorn asks for at its own shutdown."""
        self.close(CloseCode.GOING_AWAY)

    # --- from the receiver ------------------------------------------------------------------

    def message(self, opcode: int, payload: bytes) -> None:
        self.session.receive(payload, opcode == BINARY)

    def control(self, frames: bytes) -> None:
        self.send(frames)

    def finished(self, frames: bytes, code: int) -> None:
        self._open = False
        self.session.end()
        self._write_waiting(frames)
        context = self._context
        self._wheel.add(self, context.config.close_seconds)
        failed = code in (
            CloseCode.PROTOCOL_ERROR,
            CloseCode.INVALID_UTF8,
            CloseCode.TOO_BIG,
        )
        # A peer that is still sending would be reset before it reads why: first half-close.
        if failed and self._transport.can_write_eof():
            self._transport.write_eof()
        else:
            self._transport.close()

    # --- from the session -------------------------------------------------------------------

    def send(self, frame: bytes, lane: Lane = Lane.REPLY, channel: str = "") -> None:
        """Write a frame: at once, joined to this tick's others, or when the peer has read."""
        if not self._open:
            return
        self._sent = self._wheel.now
        if self._mailbox is not None:
            self._wait(frame, lane, channel)
        elif self._wrote != (tick := self._flusher.tick()):
            self._wrote = tick
            self._transport.write(frame)
        else:
            if self._joined is None:
                self._joined = []
                self._flusher.add(self)
            self._joined.append(frame)
            self._joined_size += len(frame)
            if self._joined_size > _JOINED:
                self._write_joined()

    def flush(self) -> None:
        """End the tick: write what joined in it."""
        if self._joined is not None and not self._lost:
            self._write_joined()

    def close(self, code: int, reason: str = "") -> None:
        """Write what waits, then begin the closing handshake."""
        if not self._open:
            return
        self._open = False
        self.session.end()
        held = self._receiver.held
        self._write_waiting(self._receiver.close(code, reason))
        self._wheel.add(self, self._context.config.close_seconds)
        if held:
            self._transport.resume_reading()

    def welcomed(self) -> None:
        """Begin the heartbeats."""
        self._wheel.add(self, self._context.config.heartbeat)

    def hold(self) -> None:
        """Read nothing more until :meth:`release`."""
        self._receiver.hold()
        self._transport.pause_reading()

    def release(self) -> None:
        """Read on."""
        if not self._lost and self._receiver.held:
            self._transport.resume_reading()
            self._receiver.release()

    # --- from drain and the timer -------------------------------------------------------------

    def say_closing(self, reconnect_after: float) -> None:
        """Announce that the server goes away, then close."""
        self.session.say_closing(reconnect_after)
        self.close(CloseCode.GOING_AWAY, "the server goes away")

    def abort(self) -> None:
        """Drop the connection at once."""
        self._transport.abort()

    def on_timer(self, now: float) -> float | None:
        """Do what the time asks for; returns seconds until it must be looked at again."""
        if not self._open:
            self._transport.abort()
            return None
        config, session = self._context.config, self.session
        if not session.welcomed:
            left = self._since + config.hello_seconds - now
            if left > 0:
                return left
            session.hello_timed_out()
            return None
        left = self._heard + 2 * config.heartbeat - now
        if left <= 0:
            self.close(CloseCode.HEARTBEAT_TIMEOUT, "nothing heard")
            return None
        if session.expired():
            self.close(CloseCode.TOKEN_EXPIRED, "the session is over")
            return None
        if self._sent + config.heartbeat <= now:
            session.ping()
        return min(left, max(self._sent + config.heartbeat - now, config.wheel_tick))

    # --- writing ------------------------------------------------------------------------------

    def _write_joined(self) -> None:
        frames, self._joined = self._joined, None
        self._joined_size = 0
        if frames:
            self._transport.write(frames[0] if len(frames) == 1 else b"".join(frames))

    def _write_waiting(self, last: bytes = b"") -> None:
        """Write what joined, what waits in the mailbox and ``last``, in this order."""
        joined, self._joined = self._joined, None
        mailbox, self._mailbox = self._mailbox, None
        self._joined_size = 0
        pieces = [*(joined or ()), mailbox.take() if mailbox is not None else b"", last]
        data = b"".join(pieces)
        if data:
            self._transport.write(data)

    def _wait(self, frame: bytes, lane: Lane, channel: str) -> None:
        mailbox = cast(Mailbox, self._mailbox)
        if mailbox.put(frame, lane, channel):
            return
        for lost in mailbox.shed(self.session.resync):
            self.session.drop(lost)
        if mailbox.full:
            self._mailbox = Mailbox(self._context.config.mailbox_bytes)
            self.close(CloseCode.SLOW_CONSUMER, "read faster")

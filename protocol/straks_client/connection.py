"""Connects, keeps the connection alive, connects again."""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from straks_protocol import (
    TEMPORARY,
    Backoff,
    Beat,
    ClientMessage,
    CloseCode,
    ErrorCode,
    Pong,
    ProtocolError,
    RemoteProtocolError,
    SessionState,
    beat,
    may_reconnect,
    next_beat,
)

from .errors import ClientError, ClosedError, DisconnectedError
from .link import Link
from .options import Options
from .transport import Closed, Transport, TransportClosedError

__all__ = ["Connection"]

HELLO_HEARTBEAT: Final = 5.0
"""Seconds that stand for ``welcome.heartbeat`` before the welcome."""

_log: Final = logging.getLogger("straks_client")


class Connection:
    """Runs one client: at most one socket at a time, one task that reads it, one that writes it."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._backoff = Backoff(options.random)
        self._wake = asyncio.Event()
        self._stop = asyncio.Event()
        self._transport: Transport | None = None
        self._sent = self._heard = 0.0
        self._now = asyncio.get_running_loop().time
        self.link = Link(
            random=options.random,
            outbox_capacity=options.outbox_capacity,
            wake=self._wake.set,
        )
        self.last_problem = "nothing was tried"

    @property
    def token(self) -> str | None:
        """The token to connect with next time: the newest that the server gave."""
        given = self._options.token
        return self.link.renewed or (given if isinstance(given, str) else None)

    def wake(self) -> None:
        """Say that there is something new to send."""
        self._wake.set()

    async def run(self) -> None:
        """Stay connected until :meth:`stop`, or until the server says not to come back."""
        error: ClientError = ClosedError("the client was closed")
        try:
            while not self._stop.is_set():
                closed = await self._once()
                self.link.disconnected()
                self.last_problem = f"{closed.code} {closed.reason}"
                if not self._stop.is_set():
                    if not self._may_return(closed):
                        error = DisconnectedError(closed.code, self._reason(closed))
                        break
                    await self._pause(self._backoff.next(self._asked_delay()))
        finally:
            self.link.end(error)

    async def stop(self, running: asyncio.Task[None]) -> None:
        """Close the connection, and end the task that does :meth:`run`."""
        self._stop.set()
        if self._transport is not None:
            await self._transport.close()
        else:
            running.cancel()  # an attempt to connect need not be waited for
        await asyncio.wait({running})
        if not running.cancelled():
            running.result()

    async def _once(self) -> Closed:
        """Live through one connection; tell how it ended."""
        options = self._options
        try:
            token = self.token
            if callable(options.token):
                token = await options.token()
            self._transport = await Transport.open(
                options.url, options.codec, origin=options.origin, within=options.open_timeout
            )
        except TransportClosedError as error:
            return error.closed
        self.link.connected(token)
        self._sent = self._heard = self._now()
        self._wake.set()
        try:
            if self._stop.is_set():
                return Closed(CloseCode.NORMAL, "the client was closed")
            async with asyncio.TaskGroup() as tasks:
                writer = tasks.create_task(self._write(self._transport))
                try:
                    return await self._read(self._transport)
                finally:
                    writer.cancel()
        finally:
            transport, self._transport = self._transport, None
            await transport.close()

    async def _read(self, transport: Transport) -> Closed:
        codec = self._options.codec
        try:
            while True:
                frame = await transport.receive()
                self._heard = self._now()
                try:
                    self.link.received(codec.decode_server(frame), self._heard)
                except RemoteProtocolError as error:
                    if error.code is not ErrorCode.UNKNOWN_TYPE or "unknown" not in str(error):
                        raise
                    _log.debug("a frame of a later version was ignored: %s", error)
                if self.link.refusal is not None and self.link.refusal.code in TEMPORARY:
                    return Closed(CloseCode.GOING_AWAY, self.link.refusal.message)
                if self.link.session.state is SessionState.OPEN:
                    self._backoff.reset()
        except TransportClosedError as error:
            return error.closed
        except ProtocolError as error:
            await transport.close(CloseCode.PROTOCOL_ERROR)
            return Closed(CloseCode.PROTOCOL_ERROR, f"the server broke the protocol: {error}")

    async def _write(self, transport: Transport) -> None:
        """Send what is due, in order; this task alone writes to the socket."""
        try:
            while True:
                self._wake.clear()
                for message in self.link.due(self._now()):
                    await self._send(transport, message)
                match beat(
                    self._now(), sent=self._sent, heard=self._heard, heartbeat=self._heartbeat
                ):
                    case Beat.DEAD:
                        await transport.close(CloseCode.HEARTBEAT_TIMEOUT)
                        return
                    case Beat.SEND if self.link.session.state is not SessionState.NEW:
                        await self._send(transport, Pong())
                await self._wait_until(self._next())
        except TransportClosedError:
            return  # the reading task sees it too, and says why

    async def _send(self, transport: Transport, message: ClientMessage) -> None:
        await transport.send(self._options.codec.encode(message))
        self._sent = self._now()

    @property
    def _heartbeat(self) -> float:
        welcome = self.link.session.welcome
        return HELLO_HEARTBEAT if welcome is None else welcome.heartbeat

    def _next(self) -> float:
        due = self.link.next_due(self._now())
        pulse = next_beat(sent=self._sent, heard=self._heard, heartbeat=self._heartbeat)
        return pulse if due is None else min(due, pulse)

    async def _wait_until(self, when: float) -> None:
        try:
            async with asyncio.timeout_at(when):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            return

    def _may_return(self, closed: Closed) -> bool:
        if closed.code == CloseCode.TOKEN_EXPIRED:
            return callable(self._options.token)
        return may_reconnect(closed.code)

    def _asked_delay(self) -> float | None:
        refusal = self.link.refusal
        if self.link.reconnect_after is None and refusal is not None:
            return refusal.retry_after
        return self.link.reconnect_after

    def _reason(self, closed: Closed) -> str:
        refusal = self.link.refusal
        return closed.reason if refusal is None else f"{refusal.code}: {refusal.message}"

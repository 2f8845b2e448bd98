"""One connection to a Redis server, in its own protocol.

redis-py packs, waits and retries in Python for every command; the log sends one command for many
entries and must know what was sent twice. Measured (reading/stack.md): 37,000 instead of 16,000
acknowledged messages a second of processor time.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias, cast

import hiredis

from straks.log.redis.address import Access, Address

__all__ = ["Command", "Pushed", "ReplyError", "Wire", "WireError", "open_wire"]

Command: TypeAlias = Any
"""A tuple of strings, bytes and integers; hiredis says that it is one of a single element."""
Pushed: TypeAlias = Callable[[Any], None]

_pack: Final = hiredis.pack_command
_CLOSED: Final = "the connection to Redis is closed"


class WireError(ConnectionError):
    """The connection is gone; what was asked may have been done."""


class ReplyError(Exception):
    """Redis refuses a command: the message is its own, and begins with a code."""

    @property
    def code(self) -> str:
        """The first word."""
        return str(self).partition(" ")[0]


class Wire(asyncio.Protocol):
    """Commands go out at once, replies come back in order. Use :func:`open_wire`."""

    def __init__(self, address: Address) -> None:
        self.address: Final = address
        self.closed = False
        self._loop = asyncio.get_running_loop()
        self._reader = hiredis.Reader(replyError=ReplyError)
        self._waiting: deque[asyncio.Future[Any] | None] = deque()
        self._transport: asyncio.Transport | None = None
        self._pushed: Pushed | None = None
        self._drained: Callable[[], None] = lambda: None
        self._lost: Callable[[], None] = lambda: None

    def listen(self, pushed: Pushed, drained: Callable[[], None], lost: Callable[[], None]) -> None:
        """Give every reply to ``pushed`` from now on: the connection only subscribes.

        ``drained`` is called after the last of several that came at once, ``lost`` at the end.
        """
        self._pushed, self._drained, self._lost = pushed, drained, lost

    def send(self, *commands: Command) -> None:
        """Send commands whose replies nobody waits for. Nothing happens on a closed connection."""
        if self._transport is None or self.closed:
            return
        if self._pushed is None:
            self._waiting.extend([None] * len(commands))
        self._transport.write(b"".join([_pack(command) for command in commands]))

    def ask(self, command: Command) -> asyncio.Future[Any]:
        """Send a command; the reply may be a :class:`ReplyError`, which is not raised.

        The future raises:
            WireError: the connection is lost before the reply is here.
        """
        reply: asyncio.Future[Any] = self._loop.create_future()
        if self._transport is None or self.closed:
            reply.set_exception(WireError(_CLOSED))
            return reply
        self._waiting.append(reply)
        self._transport.write(_pack(command))
        return reply

    async def ask_all(self, commands: Sequence[Command]) -> list[Any]:
        """Send commands in one go and wait for all replies, some of which may be errors.

        Raises:
            WireError: the connection is lost before all are here.
        """
        if not commands:
            return []
        if self._transport is None or self.closed:
            raise WireError(_CLOSED)
        replies: list[asyncio.Future[Any]] = [self._loop.create_future() for _ in commands]
        self._waiting.extend(replies)
        self._transport.write(b"".join([_pack(command) for command in commands]))
        try:
            await replies[-1]
        finally:
            for reply in replies:
                if not reply.done():
                    reply.cancel()
                elif not reply.cancelled():
                    reply.exception()  # asyncio complains of those that nobody looked at
        return [reply.result() for reply in replies]

    def close(self) -> None:
        """Close the connection at once; what is asked fails."""
        if self._transport is not None:
            self._transport.abort()
        self._end()

    # --- from asyncio ---------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        reader, waiting, pushed = self._reader, self._waiting, self._pushed
        try:
            reader.feed(data)
            while not self.closed and (reply := reader.gets()) is not False:
                if pushed is not None:
                    pushed(reply)  # Who finds something wrong closes: nothing more is heard then.
                    continue
                asked = waiting.popleft()
                if asked is not None and not asked.done():
                    asked.set_result(reply)
        except (hiredis.ProtocolError, IndexError):
            self.close()  # This is no Redis.
            return
        if pushed is not None and not self.closed:
            self._drained()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end()

    def _end(self) -> None:
        if self.closed:
            return
        self.closed = True
        waiting, self._waiting = self._waiting, deque()
        for asked in waiting:
            if asked is not None and not asked.done():
                asked.set_exception(WireError("the connection to Redis broke"))
        self._lost()


async def open_wire(address: Address, access: Access, *, deadline: float) -> Wire:
    """Connect and be let in, within ``deadline`` seconds.

    Raises:
        OSError: it cannot be reached, or not in time (``TimeoutError`` is one).
        ReplyError: it does not let us in.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(deadline):
        try:
            if address.port == 0:
                _, wire = await loop.create_unix_connection(lambda: Wire(address), address.host)
            else:
                _, wire = await loop.create_connection(
                    lambda: Wire(address), address.host, address.port, ssl=access.tls
                )
        except UnicodeError as error:
            raise OSError(f"{address.host} cannot be the name of a host") from error
        try:
            for reply in await wire.ask_all(_introduction(access)):
                if isinstance(reply, ReplyError):
                    raise reply
        except BaseException:
            wire.close()
            raise
    return wire


def _introduction(access: Access) -> list[Command]:
    commands: list[Command] = []
    if access.password is not None:
        user = () if access.username is None else (access.username,)
        commands.append(("AUTH", *user, access.password))
    if access.database:
        commands.append(("SELECT", access.database))
    return commands

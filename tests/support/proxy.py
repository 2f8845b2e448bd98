"""A TCP proxy that breaks: it cuts, holds or swallows what passes."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine
from enum import Flag, auto
from types import TracebackType
from typing import Any, Final, Self, TypeAlias, TypeVar

from bench.ports import free_port

__all__ = ["Direction", "Predicate", "Proxy", "ThreadProxy"]

_READ: Final = 1 << 16
_BACKLOG: Final = 1024
_REMEMBERED: Final = 1 << 18
"""Bytes that a client said, by which its connection is known; the oldest are forgotten."""

Predicate: TypeAlias = Callable[[bytes], bool]
"""Tells by what a client has said so far whether its connection is meant."""
T = TypeVar("T")


class Direction(Flag):
    """Which way bytes go."""

    UP = auto()
    """From the client to the server."""
    DOWN = auto()
    """From the server to the client."""
    BOTH = UP | DOWN


class _Connection:
    """A client's connection and the one to the server that belongs to it."""

    def __init__(self, held: Direction, swallowed: Direction) -> None:
        self.said = bytearray()
        self.torn = False
        """Whether bytes were swallowed: what follows them would make no sense."""
        self._ends: list[asyncio.StreamWriter] = []
        self._aborted = False
        self._open = {Direction.UP: asyncio.Event(), Direction.DOWN: asyncio.Event()}
        self._swallowed = swallowed
        self.hold(held)

    def reached(self, end: asyncio.StreamWriter) -> None:
        """Note one of the two ends; it ends with the other."""
        self._ends.append(end)
        if self._aborted:
            end.transport.abort()

    def hold(self, held: Direction) -> None:
        """Let pass only what is not held."""
        for direction, gate in self._open.items():
            if direction in held:
                gate.clear()
            else:
                gate.set()

    def swallow(self, direction: Direction) -> None:
        """Lose what comes this way."""
        self._swallowed = direction

    def abort(self) -> None:
        """End both ends at once, without what was not sent yet."""
        self._aborted = True
        self.hold(Direction(0))
        for end in self._ends:
            end.transport.abort()

    async def pass_on(
        self, direction: Direction, source: asyncio.StreamReader, sink: asyncio.StreamWriter
    ) -> None:
        """Carry bytes one way until the source ends."""
        gate = self._open[direction]
        try:
            while data := await source.read(_READ):
                if direction is Direction.UP:
                    self.said += data
                    del self.said[:-_REMEMBERED]
                await gate.wait()
                if direction in self._swallowed:
                    self.torn = True
                    continue
                sink.write(data)
                await sink.drain()
            await gate.wait()
            if direction not in self._swallowed and not sink.is_closing():
                sink.write_eof()
        except OSError:  # reset, or ended between our looking and our half-closing it
            self.abort()  # as it would be without a proxy between them


class Proxy:
    """Listens on a port of its own for a server's clients; as a context it is open.

    In one event loop: all methods are called from there. :class:`ThreadProxy` has its own.
    """

    def __init__(self, upstream: int) -> None:
        """Stand in front of the server on the port ``upstream``."""
        self.port = free_port()
        self.accepted = 0
        """How many connections clients have made so far."""
        self._upstream = upstream
        self._held = self._swallowed = Direction(0)
        self._connections: dict[_Connection, asyncio.Task[None]] = {}
        self._listening: socket.socket | None = None

    @property
    def connections(self) -> int:
        """How many there are now."""
        return len(self._connections)

    async def cut(self) -> None:
        """End all connections and refuse new ones, until :meth:`heal`."""
        if self._listening is not None:
            asyncio.get_running_loop().remove_reader(self._listening)
            self._listening.close()
            self._listening = None
        await self._end(list(self._connections))

    def hold(self, direction: Direction) -> None:
        """Keep what comes this way, on new connections too, until :meth:`heal` lets it pass.

        Nothing else shows: connections stay, and a sender is held up when the buffers are full.
        As on a network that loses every packet for a while, after which TCP sends them again.
        """
        self._held = direction
        for connection in self._connections:
            connection.hold(direction)

    def swallow(self, direction: Direction) -> None:
        """Lose what comes this way, on new connections too; connections stay.

        As where the other machine is gone. Those that lost something do not live on after
        :meth:`heal`.
        """
        self._swallowed = direction
        for connection in self._connections:
            connection.swallow(direction)

    def deafen(self, predicate: Predicate) -> int:
        """Lose what the server says on the connections that are now and meant; gives how many."""
        meant = self._meant(predicate)
        for connection in meant:
            connection.swallow(Direction.DOWN)
        return len(meant)

    async def drop_connections(self, predicate: Predicate) -> int:
        """End the connections that are meant; gives how many. New ones are welcome."""
        meant = self._meant(predicate)
        await self._end(meant)
        return len(meant)

    async def heal(self) -> None:
        """Let everything pass again."""
        self._held = self._swallowed = Direction(0)
        await self._end([connection for connection in self._connections if connection.torn])
        for connection in self._connections:
            connection.swallow(Direction(0))
            connection.hold(Direction(0))
        if self._listening is None:
            self._listen()

    def _listen(self) -> None:
        # Not an asyncio.Server: one that is closed between accepting a connection and making its
        # transport (CPython 3.11, Server._attach) loses the socket, and cutting is what we are for.
        self._listening = socket.create_server(("127.0.0.1", self.port), backlog=_BACKLOG)
        self._listening.setblocking(False)
        asyncio.get_running_loop().add_reader(self._listening, self._accept, self._listening)

    def _meant(self, predicate: Predicate) -> list[_Connection]:
        return [each for each in self._connections if predicate(bytes(each.said))]

    async def _end(self, connections: list[_Connection]) -> None:
        tasks = [self._connections[connection] for connection in connections]
        for connection in connections:
            connection.abort()
        if tasks:
            await asyncio.wait(tasks)

    def _accept(self, listening: socket.socket) -> None:
        try:
            client, _ = listening.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return  # it has gone again
        self.accepted += 1
        connection = _Connection(self._held, self._swallowed)
        task = asyncio.create_task(self._serve(connection, client))
        self._connections[connection] = task

    async def _serve(self, connection: _Connection, client: socket.socket) -> None:
        try:
            reader, writer = await asyncio.open_connection(sock=client)
            connection.reached(writer)
            up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._upstream)
            connection.reached(up_writer)
            async with asyncio.TaskGroup() as ways:
                ways.create_task(connection.pass_on(Direction.UP, reader, up_writer))
                ways.create_task(connection.pass_on(Direction.DOWN, up_reader, writer))
        except OSError:
            return  # nobody is there: the client finds its connection ended
        finally:
            connection.abort()
            del self._connections[connection]

    async def __aenter__(self) -> Self:
        self._listen()
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await self.cut()


class ThreadProxy:
    """A proxy in a thread of its own, for tests that block their event loop or have none."""

    def __init__(self, upstream: int) -> None:
        """As :class:`Proxy`, whose methods these are."""
        self._proxy = Proxy(upstream)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy")

    @property
    def port(self) -> int:
        return self._proxy.port

    @property
    def connections(self) -> int:
        return self._proxy.connections

    @property
    def accepted(self) -> int:
        return self._proxy.accepted

    def cut(self) -> None:
        self._do(self._proxy.cut())

    def hold(self, direction: Direction) -> None:
        self._do(_called(self._proxy.hold, direction))

    def swallow(self, direction: Direction) -> None:
        self._do(_called(self._proxy.swallow, direction))

    def deafen(self, predicate: Predicate) -> int:
        return self._do(_called(self._proxy.deafen, predicate))

    def drop_connections(self, predicate: Predicate) -> int:
        return self._do(self._proxy.drop_connections(predicate))

    def heal(self) -> None:
        self._do(self._proxy.heal())

    def __enter__(self) -> Self:
        self._thread.start()
        self._do(self._proxy.__aenter__())
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._do(self._proxy.cut())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(timeout=30)


async def _called(function: Callable[..., T], *arguments: object) -> T:
    return function(*arguments)

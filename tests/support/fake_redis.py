"""A server that answers as a broken or distant Redis would: with the bytes that a test gives it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final, Self, TypeAlias

import hiredis

from straks.log.redis.address import Address

__all__ = ["HANG_UP", "FakeRedis", "Reply", "array", "bulk", "error", "info"]

_TIME: Final = 60.0
"""Seconds within which something is heard."""

HANG_UP: Final = b"\0hang up"
"""A reply, or the end of one, behind which the connection ends."""

Reply: TypeAlias = "bytes | None | Callable[[list[bytes]], bytes | None]"
"""Bytes to say, None for silence, or what makes either of a command."""


def bulk(value: bytes | str | None) -> bytes:
    """Write a string, or the absence of one."""
    if value is None:
        return b"$-1\r\n"
    data = value.encode() if isinstance(value, str) else value
    return b"$%d\r\n%s\r\n" % (len(data), data)


def array(*items: Any) -> bytes:
    """Write an array of strings, numbers, arrays (as sequences) and what is absent."""
    parts = [b"*%d\r\n" % len(items)]
    for item in items:
        if isinstance(item, int):
            parts.append(b":%d\r\n" % item)
        elif isinstance(item, list | tuple):
            parts.append(array(*item))
        else:
            parts.append(bulk(item))
    return b"".join(parts)


def error(message: str) -> bytes:
    """Write a refusal."""
    return b"-%s\r\n" % message.encode()


def info(role: str = "master", **facts: Any) -> bytes:
    """Write what a server says of itself; ``facts`` such as ``run_id``."""
    lines = {"role": role, "run_id": "r1", "master_replid": "i1", "cluster_enabled": 0, **facts}
    return bulk("# Server\r\n" + "".join(f"{name}:{fact}\r\n" for name, fact in lines.items()))


class FakeRedis:
    """Answers each command with the reply of its first word; as a context it listens.

    ``replies`` may be changed at any time; what is not in it is answered with ``OK``.
    """

    def __init__(self, **replies: Reply) -> None:
        self.replies: dict[str, Reply] = {"INFO": info(), **replies}
        self.heard: list[list[bytes]] = []
        """All commands, in order."""
        self.accepted = 0
        """How many connections were made so far."""
        self._writers: dict[asyncio.StreamWriter, set[bytes]] = {}
        """The connections, each with the first words that it has said."""
        self._tasks: set[asyncio.Task[None]] = set()
        self._news = asyncio.Condition()
        self._server: asyncio.Server | None = None

    @property
    def address(self) -> Address:
        assert self._server is not None
        return Address(*self._server.sockets[0].getsockname()[:2])

    @property
    def url(self) -> str:
        return f"redis://{self.address}/0"

    @property
    def connections(self) -> int:
        """How many there are now."""
        return len(self._writers)

    def words(self, verb: str) -> list[list[bytes]]:
        """Give the commands with this first word, without it."""
        return [command[1:] for command in self.heard if command[0] == verb.encode()]

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until something is so, which may come true with a command or a connection.

        Raises:
            TimeoutError: it does not.
        """
        async with asyncio.timeout(_TIME), self._news:
            await self._news.wait_for(holds)

    async def heard_of(self, verb: str, times: int = 1) -> list[list[bytes]]:
        """Wait until commands with this first word have come; give them as :meth:`words`."""
        await self.until(lambda: len(self.words(verb)) >= times)
        return self.words(verb)

    def say(self, data: bytes, *, to: str | None = None) -> None:
        """Say something unasked, on all connections or those that said ``to`` as a first word."""
        for writer, verbs in self._writers.items():
            if to is None or to.encode() in verbs:
                writer.write(data)

    def cut(self, *, to: str | None = None) -> None:
        """End the same connections, at once."""
        for writer, verbs in self._writers.items():
            if to is None or to.encode() in verbs:
                writer.transport.abort()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        self.cut()
        if self._tasks:
            await asyncio.wait(self._tasks)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        verbs = self._writers[writer] = set()
        await self._tell()
        commands = hiredis.Reader()
        try:
            while data := await reader.read(1 << 16):
                commands.feed(data)
                while (command := commands.gets()) is not False:
                    self.heard.append(command)
                    verbs.add(command[0])
                    if not self._answer(writer, command):
                        return
                await self._tell()
        except ConnectionError:
            return
        finally:
            writer.close()
            del self._writers[writer]
            await self._tell()

    def _answer(self, writer: asyncio.StreamWriter, command: list[bytes]) -> bool:
        reply = self.replies.get(command[0].decode(), b"+OK\r\n")
        if callable(reply):
            reply = reply(command)
        said, ending, _ = (reply or b"").partition(HANG_UP)
        writer.write(said)
        return not ending

    async def _tell(self) -> None:
        async with self._news:
            self._news.notify_all()

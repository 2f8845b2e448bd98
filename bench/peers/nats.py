"""NATS with JetStream, over its WebSocket."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable
from typing import Any, Final

import orjson

from bench import wire
from bench.peers.plain import PlainServer
from bench.peers.system import Client, mark_of, marked

__all__ = ["STREAM", "NatsClient", "NatsServer"]

STREAM = "CHAT"
_AT_ONCE: Final = 100
"""Messages that are read from the stream at once."""
_SEQUENCE: Final = re.compile(rb"Nats-Sequence: (\d+)")
_PENDING: Final = re.compile(rb"Nats-Num-Pending: (\d+)")


class NatsClient(Client):
    """Speaks the text protocol of NATS; publishes are acknowledged by JetStream."""

    def __init__(self) -> None:
        super().__init__()
        self.last = 0
        """Sequence number in the stream of what came last."""
        self._socket: wire.Socket
        self._inbox = f"_INBOX.{secrets.token_hex(8)}"
        self._rest = b""
        self._subscriptions = 0
        self._channels: dict[int, str] = {}
        self._next = 0
        self._waiting: dict[int, Callable[[dict[str, Any]], None]] = {}
        self._pongs: list[asyncio.Future[None]] = []
        self._batches: dict[int, _Batch] = {}

    @classmethod
    async def connect(cls, port: int) -> NatsClient:
        """Connect, and subscribe to the answers."""
        client = cls()
        client._socket = await wire.connect(
            port, client._arrived, path="/", subprotocol="", binary=True
        )
        options = orjson.dumps(
            {"verbose": False, "pedantic": False, "headers": True, "lang": "bench", "version": "1"}
        )
        client._socket.send(b"CONNECT " + options + b"\r\n")
        client._listen(f"{client._inbox}.*", "")
        await client._flush()
        return client

    async def subscribe(self, channel: str) -> None:
        """Get what is published on a subject from now on."""
        self._listen(f"live.{channel}", channel)
        await self._flush()

    def publish(self, channel: str, mark: int, settle: Callable[[], None]) -> None:
        """Publish a message into the stream."""

        def settled(reply: dict[str, Any]) -> None:
            if "seq" not in reply:
                raise AssertionError(f"a publish was refused: {reply}")
            settle()

        self._request(channel, marked(mark).encode(), settled)

    async def resume(self, before: Client, channel: str) -> list[int]:
        """Read from the stream what came after the sequence number that was seen last.

        What is published in that moment comes twice, with the same sequence number.
        """
        assert isinstance(before, NatsClient)
        await self.subscribe(channel)
        marks: list[int] = []
        after = before.last
        while True:
            batch = await self._read(channel, after)
            marks += batch.marks
            if not batch.more:
                return marks
            after = batch.last

    def close(self) -> None:
        """Cut the connection."""
        self._socket.close()

    def _listen(self, subject: str, channel: str) -> None:
        self._subscriptions += 1
        self._channels[self._subscriptions] = channel
        self._socket.send(b"SUB %s %d\r\n" % (subject.encode(), self._subscriptions))

    def _request(
        self, subject: str, payload: bytes, settle: Callable[[dict[str, Any]], None]
    ) -> None:
        self._next += 1
        self._waiting[self._next] = settle
        reply = f"{self._inbox}.{self._next}".encode()
        head = b"PUB %s %s %d\r\n" % (subject.encode(), reply, len(payload))
        self._socket.send(head + payload + b"\r\n")

    async def _ask(self, subject: str, payload: bytes) -> dict[str, Any]:
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._request(subject, payload, answer.set_result)
        return await asyncio.wait_for(answer, 60)

    async def _read(self, channel: str, after: int) -> _Batch:
        """Get a batch from the stream, without a consumer: those are for programs that stay."""
        self._next += 1
        self._batches[self._next] = batch = _Batch(asyncio.get_running_loop().create_future())
        wanted = orjson.dumps({"seq": after + 1, "next_by_subj": channel, "batch": _AT_ONCE})
        subject = f"$JS.API.DIRECT.GET.{STREAM}"
        head = f"PUB {subject} {self._inbox}.{self._next} {len(wanted)}\r\n".encode()
        self._socket.send(head + wanted + b"\r\n")
        await asyncio.wait_for(batch.done, 60)
        return batch

    async def _flush(self) -> None:
        pong: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._pongs.append(pong)
        self._socket.send(b"PING\r\n")
        await asyncio.wait_for(pong, 60)

    def _arrived(self, payload: bytes) -> None:
        data = self._rest + payload if self._rest else payload
        at = 0
        while (end := data.find(b"\r\n", at)) >= 0:
            line = data[at:end]
            if line.startswith((b"MSG ", b"HMSG ")):
                parts = line.split(b" ")
                size = int(parts[-1])
                if len(data) < end + 4 + size:
                    break
                body = end + 2 + (int(parts[-2]) if parts[0] == b"HMSG" else 0)
                self._message(parts, data[end + 2 : body], data[body : end + 2 + size])
                at = end + 4 + size
                continue
            at = end + 2
            if line == b"PING":
                self._socket.send(b"PONG\r\n")
            elif line == b"PONG":
                self._pongs.pop(0).set_result(None)
            elif line.startswith(b"-ERR"):
                raise AssertionError(line.decode())
        self._rest = data[at:]

    def _message(self, parts: list[bytes], head: bytes, payload: bytes) -> None:
        found = _SEQUENCE.search(head)
        sequence = int(found[1]) if found else 0
        self.last = max(self.last, sequence)
        channel = self._channels[int(parts[2])]
        if channel:
            self.on_entry(channel, mark_of(payload.decode()))
            return
        number = int(parts[1].rpartition(b".")[2])
        batch = self._batches.get(number)
        if batch is None:
            self._waiting.pop(number)(orjson.loads(payload))
        elif batch.ended_by(head):
            del self._batches[number]
        else:
            batch.marks.append(mark_of(payload.decode()))
            batch.last = sequence


class _Batch:
    """What was read from the stream at once."""

    def __init__(self, done: asyncio.Future[None]) -> None:
        self.done = done
        self.marks: list[int] = []
        self.last = 0
        """Sequence number of the last of them."""
        self.more = False
        """Whether there was more than was asked for."""

    def ended_by(self, head: bytes) -> bool:
        """Tell whether a message is no message, but the end: the server has sent all it would."""
        status = head.partition(b"\r\n")[0].split(b" ")
        if len(status) == 1:
            return False
        if status[1] == b"204":
            pending = _PENDING.search(head)
            assert pending is not None
            self.more = int(pending[1]) > 0
            self.done.set_result(None)
        elif status[1] == b"404":
            self.done.set_result(None)
        else:
            self.done.set_exception(AssertionError(f"not resumed: {head!r}"))
        return True


class NatsServer(PlainServer):
    """A channel is a subject."""

    async def connect(self, *, agent: bool = False) -> Client:
        """Connect."""
        return await NatsClient.connect(self.port)

    async def prepare(self) -> None:
        """Make the stream that keeps what is published."""
        client = await NatsClient.connect(self.port)
        config = {
            "name": STREAM,
            "subjects": ["chat.*"],
            "storage": "file",
            "retention": "limits",
            # Who comes back reads the stream itself; a consumer for each would end at
            # 1,000, and is meant for programs that stay.
            "allow_direct": True,
            # What is stored is told with its sequence number to those who listen.
            "republish": {"src": "chat.*", "dest": "live.chat.{{wildcard(1)}}"},
        }
        body = orjson.dumps(config)
        made = await client._ask(f"$JS.API.STREAM.CREATE.{STREAM}", body)
        if "error" in made:
            raise AssertionError(f"no stream: {made}")
        client.close()

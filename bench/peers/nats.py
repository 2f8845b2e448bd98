"""NATS with JetStream, over its WebSocket."""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import Callable
from typing import Any

import orjson

from bench import wire
from bench.peers.plain import PlainServer
from bench.peers.system import Client, mark_of, marked

__all__ = ["STREAM", "NatsClient", "NatsServer"]

STREAM = "CHAT"
_SEQUENCE = re.compile(rb"Nats-Sequence: (\d+)")


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
        self._resumed: list[int] = []

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
        """Make a consumer of the stream that begins after what came last."""
        assert isinstance(before, NatsClient)
        await self.subscribe(channel)
        self._listen(f"{self._inbox}-more", channel)
        config = {
            "deliver_policy": "by_start_sequence",
            "opt_start_seq": before.last + 1,
            "filter_subject": channel,
            "deliver_subject": f"{self._inbox}-more",
            "ack_policy": "none",
        }
        body = orjson.dumps({"stream_name": STREAM, "config": config})
        made = await self._ask(f"$JS.API.CONSUMER.CREATE.{STREAM}", body)
        if "error" in made:
            raise AssertionError(f"not resumed: {made}")
        expected = made["num_pending"] + made["delivered"]["consumer_seq"]
        async with asyncio.timeout(60):
            while len(self._resumed) < expected:
                await self._flush()
        return self._resumed

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
                body = end + 2
                if parts[0] == b"HMSG":
                    body += int(parts[-2])
                    if found := _SEQUENCE.search(data, end, body):
                        self.last = max(self.last, int(found[1]))
                self._message(parts, data[body : end + 2 + size])
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

    def _message(self, parts: list[bytes], payload: bytes) -> None:
        channel = self._channels[int(parts[2])]
        if not channel:
            number = int(parts[1].rpartition(b".")[2])
            self._waiting.pop(number)(orjson.loads(payload))
            return
        mark = mark_of(payload.decode())
        if parts[1] == channel.encode() and len(parts) == 5 and parts[3].startswith(b"$JS.ACK"):
            self._resumed.append(mark)
        self.on_entry(channel, mark)


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
            # What is stored is told with its sequence number to those who listen.
            "republish": {"src": "chat.*", "dest": "live.chat.{{wildcard(1)}}"},
        }
        body = orjson.dumps(config)
        made = await client._ask(f"$JS.API.STREAM.CREATE.{STREAM}", body)
        if "error" in made:
            raise AssertionError(f"no stream: {made}")
        client.close()

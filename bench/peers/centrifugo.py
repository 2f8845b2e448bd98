"""Centrifugo with its Redis engine, history and recovery."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import orjson

from bench import wire
from bench.peers.plain import PlainServer
from bench.peers.system import Client, mark_of, marked

__all__ = ["CONFIG", "CentrifugoClient", "CentrifugoServer"]

CONFIG: dict[str, Any] = {
    "client": {
        "allow_anonymous_connect_without_token": True,
        "allowed_origins": ["*"],
        "channel_limit": 100_000,
        "ping_interval": "25s",
    },
    "channel": {
        "without_namespace": {
            "history_size": 10_000,
            "history_ttl": "24h",
            "force_recovery": True,
            "allow_subscribe_for_client": True,
            "allow_subscribe_for_anonymous": True,
            "allow_publish_for_client": True,
            "allow_publish_for_anonymous": True,
        }
    },
    "health": {"enabled": True},
    "log": {"level": "error"},
    "usage_stats": {"disabled": True},
    "websocket": {"handler_prefix": "/connection/websocket"},
}


class CentrifugoClient(Client):
    """Speaks the JSON protocol, of which a frame may hold several lines."""

    def __init__(self) -> None:
        super().__init__()
        self.positions: dict[str, dict[str, Any]] = {}
        self._socket: wire.Socket
        self._next = 0
        self._waiting: dict[int, Callable[[dict[str, Any]], None]] = {}

    @classmethod
    async def connect(cls, port: int) -> CentrifugoClient:
        """Connect without a token."""
        client = cls()
        client._socket = await wire.connect(
            port, client._arrived, path="/connection/websocket", subprotocol=""
        )
        await client._ask("connect", {})
        return client

    async def subscribe(self, channel: str) -> None:
        """Get what is published on a channel from now on."""
        reply = await self._ask("subscribe", {"channel": channel})
        self._note(channel, reply)

    def publish(self, channel: str, mark: int, settle: Callable[[], None]) -> None:
        """Publish a message into the channel's history."""
        self._call(
            "publish", {"channel": channel, "data": {"text": marked(mark)}}, lambda _: settle()
        )

    async def resume(self, before: Client, channel: str) -> list[int]:
        """Subscribe after the position of the earlier connection."""
        assert isinstance(before, CentrifugoClient)
        position = before.positions[channel]
        reply = await self._ask("subscribe", {"channel": channel, "recover": True, **position})
        if not reply.get("recovered"):
            raise AssertionError(f"not recovered: {reply}")
        self._note(channel, reply)
        return [mark_of(each["data"]["text"]) for each in reply.get("publications", ())]

    def close(self) -> None:
        """Cut the connection."""
        self._socket.close()

    def _note(self, channel: str, reply: dict[str, Any]) -> None:
        self.positions[channel] = {"offset": reply.get("offset", 0), "epoch": reply["epoch"]}

    async def _ask(self, command: str, fields: dict[str, Any]) -> dict[str, Any]:
        answer: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()
        self._call(command, fields, answer.set_result)
        reply = await asyncio.wait_for(answer, 60)
        found: dict[str, Any] = reply[command]
        return found

    def _call(
        self, command: str, fields: dict[str, Any], settle: Callable[[dict[str, Any]], None]
    ) -> None:
        self._next += 1
        self._waiting[self._next] = settle
        self._socket.send(orjson.dumps({"id": self._next, command: fields}))

    def _arrived(self, payload: bytes) -> None:
        for line in payload.split(b"\n"):
            if not line:
                continue
            reply = orjson.loads(line)
            if not reply:
                self._socket.send(b"{}")  # A ping.
            elif "error" in reply:
                raise AssertionError(f"refused: {reply}")
            elif "id" in reply:
                self._waiting.pop(reply["id"])(reply)
            elif "pub" in reply["push"]:
                push = reply["push"]
                self.positions[push["channel"]]["offset"] = push["pub"]["offset"]
                self.on_entry(push["channel"], mark_of(push["pub"]["data"]["text"]))


class CentrifugoServer(PlainServer):
    """A channel is a name, with a history in Redis."""

    async def connect(self, *, agent: bool = False) -> Client:
        """Connect."""
        return await CentrifugoClient.connect(self.port)

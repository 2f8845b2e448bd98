"""Straks itself."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bench.peer import Peer, new_key
from bench.peers.system import Client, Server, System, Terms, mark_of, marked
from bench.server import Running, straks

__all__ = ["StraksSystem"]

_TOKEN_LIFE = 30.0
"""Seconds for which a token of the agent is used again: half of those that it is good for."""


class StraksClient(Client):
    """A visitor or an agent."""

    def __init__(self, peer: Peer) -> None:
        super().__init__()
        self.peer = peer
        self.positions: dict[str, dict[str, Any]] = {}
        peer.on_entry = self._pushed

    async def subscribe(self, channel: str) -> None:
        """Subscribe from the channel's end."""
        reply = await self.peer.subscribe(channel)
        self.positions[channel] = reply["position"]

    def publish(self, channel: str, mark: int, settle: Callable[[], None]) -> None:
        """Publish a message of the conversation."""
        frame = {
            "type": "publish", "channel": channel, "key": new_key(), "kind": "message",
            "data": {"text": marked(mark)},
        }  # fmt: skip

        def settled(reply: dict[str, Any]) -> None:
            if reply["type"] != "published":
                raise AssertionError(f"a publish was refused: {reply}")
            settle()

        self.peer.call(frame, settled)

    async def resume(self, before: Client, channel: str) -> list[int]:
        """Subscribe after the position of the earlier connection."""
        assert isinstance(before, StraksClient)
        frame = {"type": "subscribe", "channel": channel, "after": before.positions[channel]}
        reply = await self.peer.request(frame)
        if not reply["recovered"]:
            raise AssertionError(f"not recovered: {reply}")
        self.positions[channel] = reply["position"]
        messages = [entry for entry in reply["entries"] if entry["kind"] == "message"]
        return [mark_of(entry["data"]["text"]) for entry in messages]

    def close(self) -> None:
        """Cut the connection."""
        self.peer.close()

    def _pushed(self, channel: str, entry: dict[str, Any]) -> None:
        self.positions[channel] = {"offset": entry["offset"], "id": entry["id"]}
        if entry["kind"] == "message":
            self.on_entry(channel, mark_of(entry["data"]["text"]))


class StraksServer(Server):
    """A server with one agent account."""

    def __init__(self, running: Running) -> None:
        super().__init__(running.port, [running.process.pid], running.storage)
        self._running = running
        self._token = ""
        self._token_until = 0.0

    async def connect(self, *, agent: bool = False) -> StraksClient:
        """Say ``hello``."""
        token = None
        if agent:
            if time.monotonic() > self._token_until:
                self._token = await self._running.agent_token()
                self._token_until = time.monotonic() + _TOKEN_LIFE
            token = self._token
        return StraksClient(await Peer.connect(self.port, token))

    async def again(self, before: Client) -> StraksClient:
        """Come back as the same visitor."""
        assert isinstance(before, StraksClient)
        return StraksClient(await Peer.connect(self.port, before.peer.token))

    async def channel(self, visitor: Client, agent: Client | None) -> str:
        """Open a conversation that the agent accepts."""
        assert isinstance(visitor, StraksClient)
        opened = await visitor.peer.open(marked(0))
        channel = str(opened["channel"])
        if agent is not None:
            assert isinstance(agent, StraksClient)
            await agent.peer.publish(channel, "accept", expect=opened["offset"])
            await agent.subscribe(channel)
        return channel


class StraksSystem(System):
    """Straks with its log in SQLite or in Redis."""

    def __init__(self, backend: str) -> None:
        self.name = f"Straks ({'SQLite' if backend == 'sqlite' else 'Redis'})"
        self._backend = backend
        self.terms = Terms(
            durable="on the disk before it is acknowledged "
            + ("(synchronous FULL)" if backend == "sqlite" else "(Redis, appendfsync always)"),
            ordered="by channel, without gaps",
            resumable="yes, after any message, and told when a log has forked",
        )

    @asynccontextmanager
    async def start(self, folder: Path) -> AsyncIterator[StraksServer]:
        """Start it."""
        settings = {"max_connections_per_address": 1_000_000, "max_connections": 1_000_000}
        async with straks(self._backend, **settings) as running:
            yield StraksServer(running)

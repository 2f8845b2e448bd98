"""Real chats again: each visitor turn through a visitor's connection, an agent answering."""

from __future__ import annotations

import asyncio
import json
import time
from argparse import Namespace
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.progress import Progress

from bench.files import BadFileError
from bench.latency import Latencies
from bench.peer import Peer, new_key
from bench.server import ORIGIN, Nodes, Running, straks, straks_nodes
from bench.steady import Steady
from bench.tally import Tally

__all__ = ["load", "run"]

PATIENCE = 30.0
REPLY = "Thank you. I have noted that; one moment please."


@dataclass
class Chats:
    """What a file holds: the texts of each conversation, and how many turns had none."""

    conversations: list[list[str]] = field(default_factory=list)
    skipped: int = 0


def load(path: Path, limit: int | None) -> Chats:
    """Read chats, one JSON object a line; only visitors' turns count.

    Raises:
        BadFileError: a line is not a chat.
    """
    chats = Chats()
    with path.open("rb") as lines:
        for number, line in enumerate(lines, 1):
            if limit is not None and len(chats.conversations) >= limit:
                break
            try:
                turns = json.loads(line)["turns"]
                texts = [
                    turn.get("text") for turn in turns if turn.get("from", "visitor") == "visitor"
                ]
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                raise BadFileError(f"{path}:{number}: not a chat: {error!r}") from error
            said = [text for text in texts if isinstance(text, str) and text.strip()]
            chats.skipped += len(texts) - len(said)
            if said:
                chats.conversations.append(said)
    return chats


async def run(options: Namespace) -> list[dict[str, Any]]:
    """Replay a file with ``--visitors`` conversations at a time."""
    chats = load(Path(options.file), options.limit)
    tally = Tally()
    tally.skipped = chats.skipped
    if options.nodes > 1:
        return await _over_nodes(options, chats, tally)
    async with straks(options.backend) as server:
        waiting = iter(chats.conversations)
        cpu, began = server.cpu_seconds(), time.perf_counter()
        desks: list[Desk] = []
        with Progress(transient=True) as progress:
            task = progress.add_task("replaying", total=len(chats.conversations))

            async def work(number: int) -> None:
                desk = await Desk.at(server, number, tally)
                desks.append(desk)
                for texts in waiting:
                    await desk.converse(texts)
                    progress.advance(task)

            async with asyncio.TaskGroup() as group:
                for number in range(min(options.visitors, len(chats.conversations))):
                    group.create_task(work(number))
        elapsed, used = time.perf_counter() - began, server.cpu_seconds() - cpu
        await _compare(server, tally)
    waits = Latencies.of(wait for desk in desks for wait in desk.waits)
    return [
        {
            "scenario": "replay",
            "backend": options.backend,
            "conversations": len(chats.conversations),
            **tally.counts(),
            "seconds": round(elapsed, 2),
            "rate": round(tally.sent / elapsed),
            **waits.row(),
            "server_cpu_s": round(used, 3),
        }
    ]


async def _over_nodes(options: Namespace, chats: Chats, tally: Tally) -> list[dict[str, Any]]:
    """Visitors on one node and agents on another, of which one dies every few seconds."""
    async with straks_nodes(options.nodes) as nodes:
        waiting = iter(chats.conversations)
        began = time.perf_counter()
        desks: list[SteadyDesk] = []
        with Progress(transient=True) as progress:
            task = progress.add_task("replaying", total=len(chats.conversations))

            async def work(number: int) -> None:
                desk = SteadyDesk(nodes, number, tally)
                desks.append(desk)
                for texts in waiting:
                    await desk.converse(texts)
                    progress.advance(task)
                desk.close()

            killer = asyncio.create_task(_keep_killing(nodes, options.kill_every))
            async with asyncio.TaskGroup() as group:
                for number in range(min(options.visitors, len(chats.conversations))):
                    group.create_task(work(number))
            elapsed = time.perf_counter() - began
            killer.cancel()
            await asyncio.gather(killer, return_exceptions=True)
        for number in range(options.nodes):
            nodes.kill(number)
            await nodes.start(number)
        token = await nodes.agent_token()
        for port in nodes.ports:
            await _compare_at(port, token, tally, ORIGIN)
    return [
        {
            "scenario": "replay",
            "backend": options.backend,
            "nodes": options.nodes,
            "kills": nodes.kills - 2 * options.nodes,
            "conversations": len(chats.conversations),
            **tally.counts(),
            "unrecovered": sum(desk.unrecovered for desk in desks),
            "seconds": round(elapsed, 2),
            "rate": round(tally.sent / elapsed),
            **Latencies.of(wait for desk in desks for wait in desk.waits).row(),
        }
    ]


async def _keep_killing(nodes: Nodes, every: float) -> None:
    number = 0
    while True:
        await asyncio.sleep(every)
        nodes.kill(number % len(nodes.ports))
        await nodes.start(number % len(nodes.ports))
        number += 1


async def _compare(server: Running, tally: Tally) -> None:
    await _compare_at(server.port, await server.agent_token(), tally)


async def _compare_at(port: int, token: str, tally: Tally, origin: str | None = None) -> None:
    fresh = await Peer.connect(port, token, origin)
    for channel in list(tally.acked):
        tally.compare(channel, await fresh.history(channel))
    fresh.close()


class Desk:
    """An agent who takes one conversation after the other."""

    def __init__(self, server: Running, agent: Peer, number: int, tally: Tally) -> None:
        self.server, self.agent, self.number, self.tally = server, agent, number, tally
        self.waits: list[float] = []
        self._arrived: dict[tuple[str, str], asyncio.Event] = {}
        agent.on_entry = lambda channel, entry: self._count("agent", channel, entry)

    @classmethod
    async def at(cls, server: Running, number: int, tally: Tally) -> Desk:
        """Sign an agent in."""
        return cls(
            server, await Peer.connect(server.port, await server.agent_token()), number, tally
        )

    def _count(self, side: str, channel: str, entry: dict[str, Any]) -> None:
        self.tally.stream(f"{side} {self.number}", channel).arrived(entry["offset"], entry["id"])
        self._event(side, entry["id"]).set()

    def _event(self, side: str, entry_id: str) -> asyncio.Event:
        return self._arrived.setdefault((side, entry_id), asyncio.Event())

    async def converse(self, texts: list[str]) -> None:
        """Play one conversation to its end."""
        visitor = await Peer.connect(self.server.port)
        visitor.on_entry = lambda channel, entry: self._count("visitor", channel, entry)
        key = new_key()
        self.tally.sent += 1
        opened = await visitor.request({"type": "open", "key": key, "data": {"text": texts[0]}})
        channel = opened["channel"]
        self.tally.ack(channel, key, opened["offset"], opened["entry_id"])
        await visitor.subscribe(channel)
        await self.agent.subscribe(channel)
        taken = await self.agent.publish(channel, "accept", expect=opened["offset"])
        await self._delivered("visitor", taken["entry_id"])
        await self._say(self.agent, "visitor", channel, REPLY)
        for text in texts[1:]:
            await self._say(visitor, "agent", channel, text)
            await self._say(self.agent, "visitor", channel, REPLY)
        await self.agent.request({"type": "unsubscribe", "channel": channel})
        visitor.close()
        self._arrived.clear()

    async def _say(self, speaker: Peer, listener: str, channel: str, text: str) -> None:
        key, began = new_key(), time.perf_counter()
        self.tally.sent += 1
        reply = await speaker.request(
            {"type": "publish", "channel": channel, "key": key, "kind": "message",
             "data": {"text": text}}
        )  # fmt: skip
        self.waits.append(time.perf_counter() - began)
        self.tally.ack(channel, key, reply["offset"], reply["entry_id"])
        await self._delivered(listener, reply["entry_id"])

    async def _delivered(self, side: str, entry_id: str) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                await self._event(side, entry_id).wait()
        except TimeoutError:
            # Counted as lost by the comparison at the end, never passed over.
            return


class SteadyDesk:
    """An agent and the visitors that come one after the other, wherever a node is there."""

    def __init__(self, nodes: Nodes, number: int, tally: Tally) -> None:
        self.waits: list[float] = []
        self.unrecovered = 0
        self._nodes = nodes
        self._number = number
        self._tally = tally
        self._agent = Steady(nodes.ports[::-1], origin=ORIGIN, token=nodes.agent_token)
        self._agent.on_entry = lambda channel, entry: self._count("agent", channel, entry)
        self._arrived: dict[tuple[str, str], asyncio.Event] = {}

    async def converse(self, texts: list[str]) -> None:
        """Play one conversation to its end."""
        visitor = Steady(self._nodes.ports, origin=ORIGIN)
        visitor.on_entry = lambda channel, entry: self._count("visitor", channel, entry)
        key = new_key()
        self._tally.sent += 1
        opened = await visitor.request({"type": "open", "key": key, "data": {"text": texts[0]}})
        channel = opened["channel"]
        self._tally.ack(channel, key, opened["offset"], opened["entry_id"])
        await visitor.subscribe(channel)
        await self._agent.subscribe(channel)
        await self._accept(channel)
        await self._say(self._agent, "visitor", channel, REPLY)
        for text in texts[1:]:
            await self._say(visitor, "agent", channel, text)
            await self._say(self._agent, "visitor", channel, REPLY)
        await self._agent.unsubscribe(channel)
        visitor.close()
        self.unrecovered += visitor.unrecovered
        self._arrived.clear()

    def close(self) -> None:
        """Leave."""
        self.unrecovered += self._agent.unrecovered
        self._agent.close()

    async def _accept(self, channel: str) -> None:
        frame = {"type": "publish", "channel": channel, "key": new_key(), "kind": "accept"}
        await self._agent.request({**frame, "data": {}, "expect": 1})

    async def _say(self, speaker: Steady, listener: str, channel: str, text: str) -> None:
        key, began = new_key(), time.perf_counter()
        self._tally.sent += 1
        reply = await speaker.request(
            {"type": "publish", "channel": channel, "key": key, "kind": "message",
             "data": {"text": text}}
        )  # fmt: skip
        self.waits.append(time.perf_counter() - began)
        self._tally.ack(channel, key, reply["offset"], reply["entry_id"])
        try:
            async with asyncio.timeout(PATIENCE):
                # Who speaks is shown it too, and must not leave before.
                for side in (listener, "visitor" if listener == "agent" else "agent"):
                    await self._event(side, reply["entry_id"]).wait()
        except TimeoutError:
            # Counted as lost by the comparison at the end, never passed over.
            return

    def _count(self, side: str, channel: str, entry: dict[str, Any]) -> None:
        stream = self._tally.stream(f"{side} {self._number}", channel)
        stream.arrived(entry["offset"], entry["id"])
        self._event(side, entry["id"]).set()

    def _event(self, side: str, entry_id: str) -> asyncio.Event:
        return self._arrived.setdefault((side, entry_id), asyncio.Event())

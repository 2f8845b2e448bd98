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

from bench.peer import Peer, new_key
from bench.report import percentiles
from bench.server import Running, straks
from bench.tally import Tally

__all__ = ["BadFileError", "load", "run"]

PATIENCE = 30.0
REPLY = "Thank you. I have noted that; one moment please."


class BadFileError(Exception):
    """The file is not one of chats; the message names file and line."""


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
    waits = [wait for desk in desks for wait in desk.waits]
    return [
        {
            "scenario": "replay",
            "backend": options.backend,
            "conversations": len(chats.conversations),
            **tally.counts(),
            "seconds": round(elapsed, 2),
            "rate": round(tally.sent / elapsed),
            **percentiles(waits),
            "server_cpu_s": round(used, 3),
        }
    ]


async def _compare(server: Running, tally: Tally) -> None:
    fresh = await Peer.connect(server.port, await server.agent_token())
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

"""A visitor's question: durable, and the canned answer back at the socket."""

from __future__ import annotations

import asyncio
import time
from argparse import Namespace
from pathlib import Path
from typing import Any

from bench.figures import percentiles
from bench.pace import paced
from bench.peer import Peer, new_key
from bench.server import Running, straks
from bench.tally import Tally

__all__ = ["run"]

VISITORS = 50
RATE = 200.0
WARM_UP = 1.0
ANSWERS = Path(__file__).resolve().parents[2] / "server" / "straks" / "demo" / "answers"
QUESTIONS = (
    "How long does delivery take?",
    "what does shipping cost",
    "Can I return a lamp that I bought last week?",
    "where is my order",
    "which ways can i pay?",
    "do you have gift cards",
)


async def run(options: Namespace) -> list[dict[str, Any]]:
    """Questions at an even rate; the wait is from the schedule's time to the answer's arrival."""
    rate = options.rate or RATE
    async with straks(options.backend, answers=ANSWERS) as server:
        tally = Tally()
        askers = await asyncio.gather(*(Asker.begin(server, n, tally) for n in range(VISITORS)))
        await _paced(askers, rate, WARM_UP)
        for asker in askers:
            asker.waits.clear()
        cpu, began = server.cpu_seconds(), time.perf_counter()
        asked = await _paced(askers, rate, options.seconds)
        elapsed = time.perf_counter() - began
        used = server.cpu_seconds() - cpu
        deadline = time.perf_counter() + 30
        while any(asker.pending for asker in askers) and time.perf_counter() < deadline:
            await asyncio.sleep(0.02)
        fresh = await Peer.connect(server.port, await server.agent_token())
        for asker in askers:
            tally.compare(asker.channel, await fresh.history(asker.channel))
        counts = tally.counts()
        counts["lost"] += sum(len(asker.pending) for asker in askers)
        counts["duplicated"] += sum(asker.doubled for asker in askers)
        return [
            {
                "scenario": "ask",
                "backend": options.backend,
                **counts,
                "unknown": sum(asker.unknown for asker in askers),
                "seconds": round(elapsed, 2),
                "rate": round(asked / elapsed),
                **percentiles([wait for asker in askers for wait in asker.waits]),
                "server_cpu_s": round(used, 3),
            }
        ]


async def _paced(askers: list[Asker], rate: float, seconds: float) -> int:
    return await paced(
        rate,
        lambda elapsed: elapsed < seconds,
        lambda number, due: askers[number % len(askers)].ask(
            QUESTIONS[number % len(QUESTIONS)], due
        ),
    )


class Asker:
    """One visitor who asks the same self-service again and again."""

    def __init__(self, visitor: Peer, channel: str, name: str, tally: Tally) -> None:
        self.visitor, self.channel, self.name, self.tally = visitor, channel, name, tally
        self.waits: list[float] = []
        self.pending: dict[int, float] = {}
        """Offset of a question that waits for its answer, by the time it was due."""
        self.unknown = self.doubled = 0
        self._answered: dict[int, float] = {}

    @classmethod
    async def begin(cls, server: Running, number: int, tally: Tally) -> Asker:
        """Open a conversation, subscribe, and let the first answer come."""
        visitor = await Peer.connect(server.port)
        opened = await visitor.open(QUESTIONS[number % len(QUESTIONS)])
        asker = cls(visitor, opened["channel"], f"visitor {number}", tally)
        visitor.on_entry = asker.arrived
        await visitor.subscribe(asker.channel)
        return asker

    def ask(self, text: str, due: float) -> None:
        """Send a question."""
        key = new_key()
        self.tally.sent += 1
        frame = {
            "type": "publish", "channel": self.channel, "key": key, "kind": "message",
            "data": {"text": text},
        }  # fmt: skip
        self.visitor.call(frame, lambda reply: self._settled(key, due, reply))

    def _settled(self, key: str, due: float, reply: dict[str, Any]) -> None:
        if reply["type"] != "published":
            raise AssertionError(f"a question was refused: {reply}")
        offset = reply["offset"]
        self.tally.ack(self.channel, key, offset, reply["entry_id"])
        arrived = self._answered.get(offset)
        if arrived is None:
            self.pending[offset] = due
        else:
            self.waits.append(arrived - due)

    def arrived(self, channel: str, entry: dict[str, Any]) -> None:
        """Count an entry; an answer ends the wait of its question."""
        self.tally.stream(self.name, channel).arrived(entry["offset"], entry["id"])
        if entry["kind"] != "answer":
            return
        question, now = entry["data"]["question"], time.perf_counter()
        self.unknown += entry["data"]["answer"] is None
        self.doubled += question in self._answered
        self._answered[question] = now
        due = self.pending.pop(question, None)
        if due is not None:
            self.waits.append(now - due)

"""A visitor's question: durable, and the canned answer back at the socket."""

from __future__ import annotations

import asyncio
import time
from argparse import Namespace
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.answers.many import write_many
from bench.latency import Latencies
from bench.load import Portion, drive, portions
from bench.pace import Span, keep
from bench.peer import Peer, new_key
from bench.server import Running, straks
from bench.tally import Tally

__all__ = ["run"]

VISITORS = 50
RATE = 500.0
WARM_UP = 1.0
ANSWERS = Path(__file__).resolve().parents[2] / "server" / "straks" / "demo" / "answers"
QUESTIONS: Sequence[str] = (
    "How long does delivery take?",
    "what does shipping cost",
    "Can I return a lamp that I bought last week?",
    "where is my order",
    "which ways can i pay?",
    "do you have gift cards",
)


async def run(options: Namespace) -> list[dict[str, Any]]:
    """Questions at an even rate; the wait is from the schedule's time to the answer's arrival."""
    rate, processes = options.rate or RATE, min(options.processes, VISITORS)
    async with AsyncExitStack() as stack:
        answers, questions = ANSWERS, QUESTIONS
        if options.bank is not None:
            answers = Path(stack.enter_context(TemporaryDirectory(prefix="straks-bench-")))
            questions = await asyncio.to_thread(write_many, options.bank, answers)
            questions = questions[: options.questions]
        server = await stack.enter_async_context(straks(options.backend, answers=answers))
        works = [
            Questions(server, visitors, rate / processes, number / processes, questions)
            for number, visitors in enumerate(portions(VISITORS, processes))
        ]
        row, portion = await drive(works, server, WARM_UP, options.seconds)
    return [
        {
            "scenario": "ask",
            "backend": options.backend,
            "questions": len(questions),
            **portion.counts,
            **row,
            **portion.figures(),
        }
    ]


@dataclass(slots=True)
class Questions:
    """Visitors who ask; a work of the load."""

    server: Running
    visitors: int
    rate: float
    phase: float
    """See :func:`bench.pace.keep`."""
    questions: Sequence[str] = QUESTIONS
    """What is asked, one after the other."""
    _askers: list[Asker] = field(default_factory=list)
    _tally: Tally = field(default_factory=Tally)

    async def begin(self) -> None:
        """Connect all, and let each ask once."""
        self._askers = await asyncio.gather(
            *(
                Asker.begin(self.server, n, self._tally, self.questions)
                for n in range(self.visitors)
            )
        )

    async def run(self, span: Span) -> Portion:
        """Ask, and hold what was acknowledged and answered against what is stored."""
        askers, book, questions = self._askers, Book(span), self.questions
        for asker in askers:
            asker.book = book
        kept = await keep(
            span,
            self.rate,
            lambda number, due: askers[number % len(askers)].ask(
                questions[number % len(questions)], due
            ),
            phase=self.phase,
        )
        deadline = time.perf_counter() + 30
        while any(asker.pending for asker in askers) and time.perf_counter() < deadline:
            await asyncio.sleep(0.02)
        fresh = await Peer.connect(self.server.port, await self.server.agent_token())
        for asker in askers:
            self._tally.compare(asker.channel, await fresh.history(asker.channel))
        counts = Counter(self._tally.counts())
        counts["lost"] += sum(len(asker.pending) for asker in askers)
        counts["duplicated"] += sum(asker.doubled for asker in askers)
        counts["unknown"] = sum(asker.unknown for asker in askers)
        return Portion(book.done, {"": book.waits}, kept, counts)


class Book:
    """What is written down of all askers."""

    def __init__(self, span: Span) -> None:
        self.span = span
        self.done = 0
        """Answers that arrived in the measured time."""
        self.waits = Latencies()

    def answered(self, due: float, now: float) -> None:
        """Note an answer."""
        self.done += self.span.holds(now)
        if self.span.holds(due):
            self.waits.note(now - due)


class Asker:
    """One visitor who asks the same self-service again and again."""

    def __init__(self, visitor: Peer, channel: str, name: str, tally: Tally) -> None:
        self.visitor, self.channel, self.name, self.tally = visitor, channel, name, tally
        self.book: Book | None = None
        """None: nothing is measured yet."""
        self.pending: dict[int | str, float] = {}
        """Key, then offset, of a question that waits for its answer, by the time it was due."""
        self.unknown = self.doubled = 0
        self._answered: dict[int, float] = {}

    @classmethod
    async def begin(
        cls, server: Running, number: int, tally: Tally, questions: Sequence[str] = QUESTIONS
    ) -> Asker:
        """Open a conversation, subscribe, and let the first answer come."""
        visitor = await Peer.connect(server.port)
        opened = await visitor.open(questions[number % len(questions)])
        asker = cls(visitor, opened["channel"], f"visitor {number}", tally)
        visitor.on_entry = asker.arrived
        await visitor.subscribe(asker.channel)
        return asker

    def ask(self, text: str, due: float) -> None:
        """Send a question."""
        key = new_key()
        self.tally.sent += 1
        self.pending[key] = due
        frame = {
            "type": "publish", "channel": self.channel, "key": key, "kind": "message",
            "data": {"text": text},
        }  # fmt: skip
        self.visitor.call(frame, lambda reply: self._settled(key, due, reply))

    def _settled(self, key: str, due: float, reply: dict[str, Any]) -> None:
        if reply["type"] != "published":
            raise AssertionError(f"a question was refused: {reply}")
        offset = reply["offset"]
        del self.pending[key]
        self.tally.ack(self.channel, key, offset, reply["entry_id"])
        arrived = self._answered.get(offset)
        if arrived is None:
            self.pending[offset] = due
        elif self.book is not None:
            self.book.answered(due, arrived)

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
        if due is not None and self.book is not None:
            self.book.answered(due, now)

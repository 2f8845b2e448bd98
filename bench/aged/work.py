"""The work that must cost the same however much is stored."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Final

import httpx

from bench.aged.house import Known
from bench.latency import Latencies
from bench.pace import Kept, Span, keep
from bench.peer import Frame, Peer, new_key
from bench.scenarios.turn import TEXT, Book, Turn
from bench.server import ORIGIN, Running
from bench.tally import Tally

__all__ = ["FEWEST", "KINDS", "Aged", "measure"]

KINDS: Final = ("message", "old message", "open", "come back", "look up", "reopen", "inbox")
"""What is timed, each from the moment that it was due:

- ``message``: somebody's in a new conversation, until it is acknowledged: durable;
- ``old message``: the same in a conversation that was stored;
- ``open``: a new conversation;
- ``come back``: connect with an old token, and be shown one's old conversation;
- ``look up``: an agent subscribes to that, too, and is shown it;
- ``reopen``: the first that is written in it;
- ``inbox``: a page of a list of conversations, over HTTP.
"""

FEWEST: Final = 100
"""Stored conversations that the work needs: more than are in use at a time."""

_LIVE: Final = 25
"""Conversations of each kind, new and old, in which there is talk."""
_AGENTS: Final = 2
_WARM_UP: Final = 0.5
_PATIENCE: Final = 30.0
_LATE: Final = 0.001
"""Seconds: when one of ten things was begun later than this, it is the load that was measured."""
_LISTS: Final = ("open", "waiting", "closed", "mine")
_STATES: Final = frozenset({"ask_human", "accept", "transfer", "close", "reopen"})
"""Kinds that change a conversation's state, where the states allow them."""


@dataclass
class Aged:
    """A server with so much stored."""

    count: int
    """Conversations."""
    running: Running
    known: deque[Known]
    """Visitors who are away and may come back, the next one first."""


async def measure(aged: Aged, rate: float, seconds: float) -> dict[str, Any]:
    """Do ``rate`` things a second for some time: give waits by kind, and the tally's counts.

    Of a hundred things, one comes back, four are opened and one is a page of the inbox; the others
    are messages, of which half are in old conversations.
    """
    round_ = _Round(aged)
    try:
        await round_.begin()
        await round_.load(rate, _WARM_UP)
        round_.forget()
        cpu = aged.running.cpu_seconds()
        kept = await round_.load(rate, seconds)
        used = aged.running.cpu_seconds() - cpu
        counts = await round_.end()
    finally:
        await round_.close()
    late = kept.lateness.percentile(90)
    return {
        **counts,
        "behind": late > _LATE or kept.missing > 0,
        "late_p90_ms": round(late * 1000, 3),
        "server_cpu_ms": round(used / max(kept.sent, 1) * 1000, 4),
        "waits_ms": {kind: _summary(waits) for kind, waits in round_.waits.items()},
    }


def _summary(waits: Latencies) -> dict[str, float]:
    row = waits.row()
    return {"count": waits.count, "p50": row["p50_ms"], "p99": row["p99_ms"]}


@dataclass
class _Returned:
    """Somebody who came back, and where their conversation stands."""

    known: Known
    visitor: Peer
    channel: str
    state: int
    """Offset of the last entry that changed the state."""
    held: bool
    """It was with the agent."""

    async def change(self, by: Peer, kind: str) -> Frame:
        """Change the state of the conversation."""
        reply = await by.publish(self.channel, kind, expect=self.state)
        self.state = reply["offset"]
        return reply


@dataclass
class _Round:
    """Everybody of one round."""

    aged: Aged
    tally: Tally = field(default_factory=Tally)
    waits: dict[str, Latencies] = field(
        default_factory=lambda: {kind: Latencies() for kind in KINDS}
    )
    """How late each thing was begun; the waits count from when it was due all the same."""

    def __post_init__(self) -> None:
        self._agents: list[Peer] = []
        self._openers: list[Peer] = []
        self._turns: dict[str, Turn] = {}
        self._new: list[Turn] = []
        self._old: list[Turn] = []
        self._returned: list[_Returned] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._http: httpx.AsyncClient = self.aged.running.http()

    async def begin(self) -> None:
        """Let some be in the middle of a conversation."""
        running = self.aged.running
        for _ in range(_AGENTS):
            agent = await Peer.connect(running.port, await running.agent_token())
            agent.on_entry = self._arrived
            self._agents.append(agent)
        self._openers = [await Peer.connect(running.port) for _ in range(_LIVE)]
        for number in range(_LIVE):
            agent = self._agents[number % _AGENTS]
            turn = await Turn.begin(running, agent, self.tally)
            self._turns[turn.channel] = turn
            self._new.append(turn)
            self._old.append(await self._resume(agent))

    async def _resume(self, agent: Peer) -> Turn:
        back = await self._come_back(time.perf_counter())
        self._returned.append(back)
        turn = Turn(back.visitor, back.channel, self.tally)
        self._turns[back.channel] = turn
        await back.change(back.visitor, "reopen")
        if not back.held:
            await back.change(agent, "accept")
        await agent.subscribe(back.channel)
        return turn

    def _arrived(self, channel: str, entry: Frame) -> None:
        turn = self._turns.get(channel)
        if turn is not None:
            turn.delivered(entry)

    async def load(self, rate: float, seconds: float) -> Kept:
        """Work at an even rate; give how that was kept."""
        span = Span(time.perf_counter(), 0.0, seconds)
        for kind, turns in (("message", self._new), ("old message", self._old)):
            book = Book(span, closed=False)
            self.waits[kind] = book.acks
            for turn in turns:
                turn.book = book
        kept = await keep(span, rate, self._act)
        while self._tasks:
            await asyncio.wait(self._tasks)
            for task in [task for task in self._tasks if task.done()]:
                self._tasks.discard(task)
                task.result()
        return kept

    def _act(self, number: int, due: float) -> None:
        match number % 100:
            case 7:
                self._start(self._return(due, self._agents[number // 100 % _AGENTS]))
            case 10 | 35 | 60 | 85:
                self._start(self._open(due, self._openers[number // 25 % _LIVE]))
            case 22:
                self._start(self._list(due, _LISTS[number // 100 % len(_LISTS)]))
            case _:
                turns = self._old if number % 2 else self._new
                turns[number // 2 % _LIVE].say(due)

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._tasks.add(asyncio.get_running_loop().create_task(work))

    async def _open(self, due: float, visitor: Peer) -> None:
        key = new_key()
        self.tally.sent += 1
        opened = await visitor.request({"type": "open", "key": key, "data": {"text": TEXT}})
        self.waits["open"].note(time.perf_counter() - due)
        self.tally.ack(opened["channel"], key, opened["offset"], opened["entry_id"])

    async def _return(self, due: float, agent: Peer) -> None:
        """Come back, be looked up by an agent, say something, and leave."""
        back = await self._come_back(due)
        began = time.perf_counter()
        await agent.subscribe(back.channel)
        self.waits["look up"].note(time.perf_counter() - began)
        began = time.perf_counter()
        self.tally.sent += 2
        reply = await back.change(back.visitor, "reopen")
        self.waits["reopen"].note(time.perf_counter() - began)
        self.tally.ack(back.channel, "reopen", reply["offset"], reply["entry_id"])
        reply = await back.change(back.visitor, "close")
        self.tally.ack(back.channel, "close", reply["offset"], reply["entry_id"])
        await agent.request({"type": "unsubscribe", "channel": back.channel})
        back.visitor.close()
        self.aged.known.append(back.known)

    async def _come_back(self, due: float) -> _Returned:
        known = self.aged.known.popleft()
        visitor = await Peer.connect(self.aged.running.port, known.token, ORIGIN)
        page = await visitor.subscribe(known.channel)
        self.waits["come back"].note(time.perf_counter() - due)
        changes = [entry["offset"] for entry in page["entries"] if entry["kind"] in _STATES]
        held = any(entry["kind"] == "accept" for entry in page["entries"])
        return _Returned(known, visitor, known.channel, changes[-1], held)

    async def _list(self, due: float, state: str) -> None:
        query = {"state": state}
        reply = await self._http.get("/v1/inbox/default", params=query)
        reply.raise_for_status()
        self.waits["inbox"].note(time.perf_counter() - due)

    def forget(self) -> None:
        """Forget the waits so far."""
        for kind in self.waits:
            self.waits[kind] = Latencies()

    async def end(self) -> dict[str, int]:
        """Let everything arrive, and hold it against what is stored; leave all as it was."""
        deadline = time.perf_counter() + _PATIENCE
        while any(turn.waiting for turn in self._turns.values()):
            if time.perf_counter() > deadline:
                break  # It is counted as lost.
            await asyncio.sleep(0.01)
        unanswered = sum(len(turn.waiting) for turn in self._turns.values())
        channels = self._turns.keys() | self.tally.acked.keys()
        for agent in self._agents:
            # What comes before the reply was pushed before: all that was acknowledged.
            await agent.history(next(iter(channels)))
        for channel in channels:
            self.tally.compare(channel, await self._agents[0].history(channel))
        for back in self._returned:
            await back.change(back.visitor, "close")
            self.aged.known.append(back.known)
        counts = self.tally.counts()
        counts["lost"] += unanswered
        return counts

    async def close(self) -> None:
        """Cut all connections."""
        await self._http.aclose()
        peers = [*self._agents, *self._openers, *(turn.visitor for turn in self._turns.values())]
        for peer in peers:
            peer.close()

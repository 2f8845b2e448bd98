"""Visitors of a day."""

from __future__ import annotations

import asyncio
import time

from bench.day.books import Books
from bench.day.plan import Visit, Wish
from bench.day.side import Side
from bench.peer import Frame, Peer, new_key
from bench.steady import Steady

__all__ = ["visit"]

_STATES = frozenset({"ask_human", "accept", "close"})


async def visit(port: int, what: Visit, books: Books) -> None:
    """Be there for a visit, from its first moment to its last.

    Raises:
        RefusedError: the server refuses what it must not.
    """
    if what.wish is Wish.LOOK:
        await _look(port, what, books)
        return
    visitor = _Visitor(port, what, books)
    try:
        await visitor.run()
    finally:
        visitor.leave()


async def _look(port: int, what: Visit, books: Books) -> None:
    """Have the page open; one in three looks an answer up, and does not ask."""
    peer = await Peer.connect(port)
    if what.number % 3 == 0:
        began = time.perf_counter()
        await peer.request({"type": "ask", "text": "how long does delivery"})
        books.waited("look_up", began)
    await asyncio.sleep(what.stay)
    peer.close()


class _Visitor:
    def __init__(self, port: int, what: Visit, books: Books) -> None:
        self._what = what
        self._books = books
        self._steady = Steady([port], origin=f"http://127.0.0.1:{port}")
        self._side: Side
        self._back_at = 0.0
        self._steady.on_signal = books.seen_typing
        self._steady.on_resumed = self._resumed

    async def run(self) -> None:
        """Say what one came for."""
        await self._open()
        if self._what.wish is Wish.ASK:
            await self._ask()
        else:
            await self._talk()
        await self._side.see_all()
        await asyncio.sleep(self._what.stay)

    async def _open(self) -> None:
        await asyncio.sleep(self._what.pauses[0])
        key, began = new_key(), time.perf_counter()
        opened = await self._steady.request(
            {"type": "open", "key": key, "data": {"text": self._what.texts[0]}}
        )
        self._books.waited("open", began)
        self._books.tally.sent += 1
        channel = opened["channel"]
        name = f"visitor {self._what.number}"
        self._side = Side(self._books, self._steady, "visitor", name, channel)
        self._side.acked(key, opened)
        self._steady.on_entry = lambda _channel, entry: self._side.arrived(entry)
        await self._steady.subscribe(channel)

    async def _ask(self) -> None:
        """Ask one question after the other, and read each answer."""
        await self._answered(1)
        for text in self._texts():
            await asyncio.sleep(self._what.pauses[text])
            began = time.perf_counter()
            reply = await self._side.say(self._what.texts[text])
            is_there = not self._lose_network(text)
            if await self._answered(reply["offset"]) and is_there:
                self._books.waited("answer", began)

    async def _answered(self, question: int) -> bool:
        found = await self._side.see(
            lambda entry: entry["kind"] == "answer" and entry["data"]["question"] == question
        )
        if found is None:
            self._books.faults.append(f"{self._side.channel}: no answer to entry {question}")
            return False
        self._books.unknown += found["data"]["answer"] is None
        return True

    async def _talk(self) -> None:
        """Ask for a person, talk, and close the conversation."""
        side = self._side
        began = time.perf_counter()
        self._books.wants_person(side.channel.partition(":")[2], began)
        await side.publish("ask_human", {})
        self._books.waited("ask_person", began)
        accepted = await side.see(lambda entry: entry["kind"] == "accept")
        if accepted is None:
            self._books.gave_up += 1
        else:
            await self._hear(0)
            for text in self._texts():
                side.type()
                await asyncio.sleep(self._what.pauses[text])
                seen = len(side.entries)
                await side.say(self._what.texts[text])
                self._lose_network(text)
                await self._hear(seen)
        state = max(entry["offset"] for entry in side.entries if entry["kind"] in _STATES)
        await side.change("close", state)

    async def _hear(self, begin: int) -> None:
        """Wait for what the agent says."""
        if await self._side.see(_by_agent, begin) is None:
            self._books.faults.append(f"{self._side.channel}: the agent's reply did not come")

    def _texts(self) -> range:
        return range(1, len(self._what.texts))

    def _lose_network(self, text: int) -> bool:
        """Have no network for a while, if it is to be so after a text; tell whether it is."""
        outage = self._what.outages[text]
        if not outage:
            return False
        self._books.drops += 1
        self._back_at = time.perf_counter() + outage
        self._side.is_away = True
        self._steady.drop(outage)
        return True

    def _resumed(self, _channel: str) -> None:
        if self._side.is_away:
            self._side.is_away = False
            self._books.waited("come_back", self._back_at)

    def leave(self) -> None:
        """Close the page."""
        self._books.unrecovered += self._steady.unrecovered
        self._steady.close()


def _by_agent(entry: Frame) -> bool:
    return bool(entry["kind"] == "message" and entry["from"]["kind"] == "agent")

"""Agents of a day."""

from __future__ import annotations

import asyncio
import random
import time
from typing import Final

from bench.day.books import Books
from bench.day.side import Side
from bench.peer import Frame, RefusedError
from bench.server import Running
from bench.steady import Steady

__all__ = ["Board", "Desk"]

_REPLIES: Final = (
    "Hello, thank you for writing. I am looking at it right now; one moment please.",
    "I see. I have noted that, and our warehouse will look at it today.",
    "That is no problem at all. You get an e-mail in a moment.",
    "I am sorry about that! A new one is on its way to you, and you may keep the old one.",
)
_INBOX: Final = "inbox:default"
_OVER: Final = frozenset({"wrong_state", "conflict", "already_taken", "forbidden"})
"""Codes of refusals that say that the conversation has gone on meanwhile."""


class Board:
    """Who waits, as the inbox shows it."""

    def __init__(self, server: Running, books: Books) -> None:
        self.waiting: asyncio.Queue[tuple[str, int] | None] = asyncio.Queue()
        """Conversations and the offsets of their states, each once; None: nobody comes any more."""
        self._books = books
        self._shown: set[str] = set()
        self._steady = _connection(server)
        self._steady.on_entry = self._arrived

    async def begin(self) -> None:
        """Follow the inbox."""
        await self._steady.subscribe(_INBOX)

    def _arrived(self, channel: str, entry: Frame) -> None:
        self._books.tally.stream("board", channel).arrived(entry["offset"], entry["id"])
        summary = entry["data"]
        if summary["state"] == "waiting" and summary["id"] not in self._shown:
            self._shown.add(summary["id"])
            self._books.shown_waiting(summary["id"])
            self.waiting.put_nowait((summary["id"], summary["state_offset"]))

    def close(self) -> None:
        """Leave."""
        self._books.unrecovered += self._steady.unrecovered
        self._steady.close()


class Desk:
    """An agent who talks with several at a time."""

    def __init__(self, server: Running, board: Board, books: Books, number: int, seed: int) -> None:
        self._board = board
        self._books = books
        self._name = f"agent {number}"
        self._rng = random.Random(f"{seed} {number}")
        self._sides: dict[str, Side] = {}
        self._steady = _connection(server)
        self._steady.on_entry = lambda channel, entry: self._sides[channel].arrived(entry)
        self._steady.on_signal = books.seen_typing

    async def work(self) -> None:
        """Take one conversation after the other, until nobody comes any more.

        Raises:
            RefusedError: the server refuses what it must not.
        """
        while (waiting := await self._board.waiting.get()) is not None:
            conversation, state = waiting
            channel = f"conversation:{conversation}"
            side = Side(self._books, self._steady, "agent", self._name, channel)
            self._sides[channel] = side
            if await self._accepted(side, state):
                await self._steady.subscribe(channel)
                await self._talk(side)
                await side.see_all()
                await self._steady.unsubscribe(channel)
            del self._sides[channel]

    async def _accepted(self, side: Side, state: int) -> bool:
        began = time.perf_counter()
        try:
            await side.publish("accept", {}, state)
        except RefusedError as error:
            if error.frame["code"] not in _OVER:
                raise
            return False  # The visitor has left.
        self._books.waited("accept", began)
        return True

    async def _talk(self, side: Side) -> None:
        """Reply to each message until the visitor closes the conversation."""
        seen = 0
        while True:
            entry = await side.see(_concerns_agent, seen)
            if entry is None:
                self._books.faults.append(f"{side.channel}: the visitor's message did not come")
                return
            if entry["kind"] == "close":
                return
            seen = side.entries.index(entry) + 1
            frame = {"type": "read", "channel": side.channel, "offset": entry["offset"]}
            self._steady.tell(frame)
            await asyncio.sleep(self._rng.uniform(0.1, 0.5))
            side.type()
            await asyncio.sleep(self._rng.uniform(0.2, 1.0))
            try:
                await side.say(self._rng.choice(_REPLIES))
            except RefusedError as error:
                if error.frame["code"] not in _OVER:
                    raise  # Else its visitor has closed it meanwhile, which comes next.

    def close(self) -> None:
        """Leave."""
        self._books.unrecovered += self._steady.unrecovered
        self._steady.close()


def _connection(server: Running) -> Steady:
    origin = f"http://127.0.0.1:{server.port}"
    return Steady([server.port], origin=origin, token=server.agent_token)


def _concerns_agent(entry: Frame) -> bool:
    by_visitor = entry["kind"] == "message" and entry["from"]["kind"] == "visitor"
    return bool(by_visitor or entry["kind"] == "close")

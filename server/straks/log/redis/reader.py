"""Commands that may be sent twice: what is read, and what is said to who listens."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, Final

from straks.log.log import LogUnavailableError
from straks.log.redis.master import Master
from straks.log.redis.wire import Command, ReplyError, Wire, WireError

__all__ = ["Reader"]

_AT_ONCE: Final = 32
"""Questions at a time; further ones wait, before their time begins to run."""
_UNSAID: Final = 1000


class Reader:
    """One connection that many share; what breaks or has moved is asked once more."""

    def __init__(self, master: Master, *, deadline: float) -> None:
        """A question may take ``deadline`` seconds."""
        self._master = master
        self._deadline = deadline
        self._wire: Wire | None = None
        self._connecting = asyncio.Lock()
        self._unsaid: deque[Command] = deque(maxlen=_UNSAID)
        self._room = asyncio.Semaphore(_AT_ONCE)

    async def ask(self, *commands: Command) -> list[Any]:
        """Send commands and give their replies.

        Raises:
            LogUnavailableError: they have none.
        """
        asked_on: list[Wire] = []
        async with self._room:
            try:
                async with asyncio.timeout(self._deadline):
                    return await self._ask(commands, asked_on)
            except TimeoutError as error:
                for wire in asked_on[:1]:
                    wire.close()  # A later one has not had that time to answer.
                raise LogUnavailableError("Redis did not answer in time") from error

    def say(self, command: Command) -> None:
        """Send a command whose reply nobody needs, now or with the next question.

        Overflow policy "drop the oldest": what is said is true for seconds.
        """
        wire = self._wire
        if wire is None or not self._master.serves(wire):
            self._unsaid.append(command)
        else:
            wire.send(command)

    def close(self) -> None:
        """Close the connection; the next question makes another."""
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    async def _ask(self, commands: tuple[Command, ...], asked_on: list[Wire]) -> list[Any]:
        for tries_left in (1, 0):
            wire = await self._connected()
            asked_on.append(wire)
            try:
                replies = await wire.ask_all(commands)
            except WireError as error:
                if tries_left:
                    continue
                raise LogUnavailableError(str(error)) from error
            refusal = next((reply for reply in replies if isinstance(reply, ReplyError)), None)
            if refusal is None:
                return replies
            if self._master.refused(refusal) and tries_left:
                self.close()
                continue
            raise LogUnavailableError(f"Redis refuses: {refusal}") from refusal
        raise AssertionError("the last try returns or raises")

    async def _connected(self) -> Wire:
        async with self._connecting:
            if self._wire is not None and not self._master.serves(self._wire):
                self.close()
            if self._wire is None:
                self._wire = await self._master.connect()
                self._wire.send(*self._unsaid)
                self._unsaid.clear()
            return self._wire

"""Calls of the function library, each sent once."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from importlib import resources
from typing import Any, Final

from straks.log.log import LogUnavailableError, OutcomeUnknownError
from straks.log.redis.master import Master
from straks.log.redis.wire import Command, ReplyError, Wire, WireError
from straks.log.redis.within import within

__all__ = ["LIBRARY", "LIBRARY_NAME", "Link"]

_SOURCE: Final = (resources.files("straks.log.redis") / "library.lua").read_text("utf-8")
LIBRARY_NAME: Final = f"straks_{hashlib.sha256(_SOURCE.encode()).hexdigest()[:12]}"
"""Named by what it says: nodes of two versions each call their own."""
LIBRARY: Final = _SOURCE.replace("@LIBRARY@", LIBRARY_NAME)

_LATE: Final = "Redis did not answer in time"
_TRIES: Final = 3
"""Of one call that was surely not executed: the library is loaded, the master is elsewhere."""


class Link:
    """One connection for one caller at a time; what may have been executed is not sent again."""

    def __init__(self, master: Master, *, deadline: float) -> None:
        """A call may take ``deadline`` seconds."""
        self._master = master
        self._deadline = deadline
        self._wire: Wire | None = None
        self._sent = False
        self._asked: asyncio.Future[Any] | None = None
        self._late_at = 0.0
        """When what is asked is late, in the loop's time."""
        self._watch: asyncio.TimerHandle | None = None

    async def call(
        self,
        function: str,
        keys: Sequence[str],
        args: Sequence[Any],
        *,
        holds: Callable[[], bool] = lambda: True,
    ) -> Any:
        """Call a function of the library, which is loaded when Redis does not have it.

        ``holds``: asked when there is a connection; the call is sent only while that is so.

        Raises:
            LogUnavailableError: it was not executed.
            OutcomeUnknownError: it may have been executed.
        """
        command = ("FCALL", f"{LIBRARY_NAME}_{function}", len(keys), *keys, *args)
        wire = self._wire
        if wire is None or not self._master.serves(wire) or not holds():
            return await self._patiently(command, holds, None, self._deadline)
        reply = await self._at_once(wire, command)
        if isinstance(reply, ReplyError):
            left = self._late_at - asyncio.get_running_loop().time()
            return await self._patiently(command, holds, reply, left)
        return reply

    async def _at_once(self, wire: Wire, command: Command) -> Any:
        """Send a command where all is well: nearly every one."""
        assert self._asked is None, "one caller at a time"
        self._asked = asked = wire.ask(command)
        sent = not wire.closed
        loop = asyncio.get_running_loop()
        self._late_at = loop.time() + self._deadline
        if self._watch is None:
            self._watch = loop.call_at(self._late_at, self._look)
        try:
            return await asked
        except (WireError, TimeoutError) as error:
            self.close()
            if sent:
                raise OutcomeUnknownError(str(error)) from error
            raise LogUnavailableError(str(error)) from error
        except asyncio.CancelledError:
            self.close()  # The reply of this call must not be taken for that of the next.
            raise
        finally:
            self._asked = None

    def _look(self) -> None:
        """Give up what is asked when it is late. One timer for many calls, not one for each."""
        self._watch = None
        asked = self._asked
        if asked is None or asked.done():
            return
        loop = asyncio.get_running_loop()
        if loop.time() < self._late_at:
            self._watch = loop.call_at(self._late_at, self._look)
        else:
            asked.set_exception(TimeoutError(_LATE))

    async def _patiently(
        self,
        command: Command,
        holds: Callable[[], bool],
        refusal: ReplyError | None,
        seconds: float,
    ) -> Any:
        """Connect first, or do something about a refusal, in so many seconds."""
        self._sent = False
        try:
            return await within(seconds, self._call(command, holds, refusal))
        except TimeoutError as error:
            self.close()
            if self._sent:
                raise OutcomeUnknownError(_LATE) from error
            raise LogUnavailableError(_LATE) from error
        except asyncio.CancelledError:
            self.close()  # The reply of this call must not be taken for that of the next.
            raise

    async def connect(self) -> None:
        """Connect now, unless there is a connection.

        Raises:
            LogUnavailableError: there is none to be had.
        """
        await self._connected()

    def close(self) -> None:
        """Close the connection; the next call makes another."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    async def _call(
        self, command: Command, holds: Callable[[], bool], refusal: ReplyError | None
    ) -> Any:
        for tries_left in reversed(range(_TRIES)):
            wire = await self._connected()
            if not holds():
                raise LogUnavailableError("Redis has lost something, or was replaced")
            reply = refusal or await self._execute(wire, command)
            refusal = None
            if not isinstance(reply, ReplyError):
                return reply
            if "Function not found" in str(reply):
                unloaded = await self._load(wire)
                if unloaded is None and tries_left:
                    continue
                reply = unloaded or reply
            elif self._master.refused(reply) and tries_left:
                self.close()
                continue
            self.close()  # A replica that was a master, for example: the next call looks again.
            raise LogUnavailableError(f"Redis refuses: {reply}") from reply
        raise AssertionError("the last try returns or raises")

    async def _connected(self) -> Wire:
        if self._wire is not None and not self._master.serves(self._wire):
            self.close()
        if self._wire is None:
            self._wire = await self._master.connect()
        return self._wire

    async def _load(self, wire: Wire) -> ReplyError | None:
        reply = await self._execute(wire, ("FUNCTION", "LOAD", LIBRARY))
        if isinstance(reply, ReplyError) and "already exists" not in str(reply):
            return reply
        return None

    async def _execute(self, wire: Wire, command: Command) -> Any:
        try:
            asked = wire.ask(command)
            self._sent = not wire.closed
            reply = await asked
        except WireError as error:
            self.close()
            if self._sent:
                raise OutcomeUnknownError(str(error)) from error
            raise LogUnavailableError(str(error)) from error
        self._sent = False
        return reply

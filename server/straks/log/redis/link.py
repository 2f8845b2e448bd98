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

__all__ = ["LIBRARY", "LIBRARY_NAME", "Link"]

_SOURCE: Final = (resources.files("straks.log.redis") / "library.lua").read_text("utf-8")
LIBRARY_NAME: Final = f"straks_{hashlib.sha256(_SOURCE.encode()).hexdigest()[:12]}"
"""Named by what it says: nodes of two versions each call their own."""
LIBRARY: Final = _SOURCE.replace("@LIBRARY@", LIBRARY_NAME)

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
        self._sent = False
        try:
            async with asyncio.timeout(self._deadline):
                return await self._call(command, holds)
        except TimeoutError as error:
            self.close()
            if self._sent:
                raise OutcomeUnknownError("Redis did not answer in time") from error
            raise LogUnavailableError("Redis did not answer in time") from error
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
        if self._wire is not None:
            self._wire.close()
            self._wire = None

    async def _call(self, command: Command, holds: Callable[[], bool]) -> Any:
        for tries_left in reversed(range(_TRIES)):
            wire = await self._connected()
            if not holds():
                raise LogUnavailableError("Redis has lost something, or was replaced")
            reply = await self._execute(wire, command)
            if not isinstance(reply, ReplyError):
                return reply
            if "Function not found" in str(reply):
                refusal = await self._load(wire)
                if refusal is None and tries_left:
                    continue
                reply = refusal or reply
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

"""The connection that functions of the log's library are called on."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence
from importlib import resources
from typing import Any, Final

from hiredis import pack_command
from redis.asyncio import Connection, ConnectionPool
from redis.exceptions import BusyLoadingError, RedisError, ResponseError

from straks.log.log import LogBrokenError, LogError, LogUnavailableError, OutcomeUnknownError

__all__ = ["LIBRARY", "RedisLink"]

LIBRARY: Final = (resources.files("straks.log.redis") / "library.lua").read_text("utf-8")
_PREFIX: Final = "straks_v1_"


class RedisLink:
    """One connection for one caller at a time; it never sends anything twice by itself.

    redis-py's own retries would: a call that timed out may have been executed.
    """

    def __init__(self, pool: ConnectionPool, *, deadline: float) -> None:
        """Make connections as ``pool`` does. A call may take ``deadline`` seconds."""
        self._connection: Connection = pool.make_connection()  # type: ignore[no-untyped-call]  # redis-py has no types here
        self._deadline = deadline

    async def call(self, function: str, keys: Sequence[str], args: Sequence[Any]) -> Any:
        """Call a function of the library, which is loaded when Redis does not have it.

        Raises:
            LogUnavailableError: it was not executed.
            OutcomeUnknownError: it may have been executed.
            LogBrokenError: another server has taken over.
        """
        command = ("FCALL", _PREFIX + function, len(keys), *keys, *args)
        try:
            async with asyncio.timeout(self._deadline):
                return await self._call(command)
        except TimeoutError as error:
            await self._connection.disconnect(nowait=True)
            raise OutcomeUnknownError("Redis did not answer in time") from error

    async def close(self) -> None:
        """Close the connection."""
        await self._connection.disconnect()

    async def _call(self, command: tuple[Any, ...]) -> Any:
        await self._connect()
        try:
            return await self._execute(command)
        except ResponseError as error:
            if "Function not found" not in str(error):
                raise await self._refused(error) from error
        try:
            await self._execute(("FUNCTION", "LOAD", "REPLACE", LIBRARY))
            return await self._execute(command)
        except ResponseError as error:
            raise await self._refused(error) from error

    async def _connect(self) -> None:
        try:
            await self._connection.connect()  # type: ignore[no-untyped-call]  # redis-py has no types here
        except (RedisError, OSError) as error:
            raise LogUnavailableError(f"Redis cannot be reached: {error}") from error

    async def _execute(self, command: tuple[Any, ...]) -> Any:
        connection = self._connection
        try:
            # redis-py would pack in Python, which costs more than all else it does here.
            await connection.send_packed_command(pack_command(command), check_health=False)
            return await connection.read_response(timeout=math.inf)
        except ResponseError:
            raise
        except BusyLoadingError as error:
            await connection.disconnect(nowait=True)
            raise LogUnavailableError(f"Redis is starting: {error}") from error
        except (RedisError, OSError) as error:
            await connection.disconnect(nowait=True)
            raise OutcomeUnknownError(f"the connection to Redis broke: {error}") from error

    async def _refused(self, error: ResponseError) -> LogError:
        """Say what an answer means that says the function was not executed."""
        text = str(error)
        if text.startswith("LEASE "):
            return LogBrokenError(f"another server has taken over this Redis: {text[6:]}")
        # A replica that was a master, for example: the next call looks for the right one.
        await self._connection.disconnect(nowait=True)
        return LogUnavailableError(f"Redis refuses: {text}")

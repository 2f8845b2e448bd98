"""The proof that the log can be written and read."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import Any, Final, Protocol

from straks.accounts.principals import Principal
from straks.conversation.errors import RefusedError
from straks.log.log import Appended, Page
from straks_protocol.channels import Channel

__all__ = ["LogProbe"]

_CHANNEL: Final = Channel("app", "health")
_AUTHOR: Final = Principal(kind="app", id="health", scopes=frozenset({"app:health:publish"}))


class Checked(Protocol):
    """The part of the log that is probed beside the way that publishes go."""

    async def check(self) -> None: ...

    async def read(
        self, channel: str, *, after: int | None = None, before: int | None = None, limit: int
    ) -> Page: ...


class Publisher(Protocol):
    """The conversation service."""

    def publish(
        self,
        author: Principal,
        channel: Channel,
        key: str,
        kind: str,
        data: dict[str, Any],
        expect: int | None,
        done: Callable[[Appended | RefusedError], None],
    ) -> None: ...


class LogProbe:
    """Goes the way of every publish, at the price of one entry for each start of the server.

    The first probe appends an entry, those after it publish the same again, and the storage is
    asked to write something else: so it is really written, and nothing grows.
    """

    def __init__(self, log: Checked, publisher: Publisher) -> None:
        self._log = log
        self._publisher = publisher
        self._key = str(uuid.uuid4())

    async def check(self) -> None:
        """Write, then read back.

        Raises:
            RefusedError: the log cannot be written.
            LogError: the log cannot be read.
        """
        settled: asyncio.Future[Appended] = asyncio.get_running_loop().create_future()

        def done(result: Appended | RefusedError) -> None:
            if settled.done():
                return
            if isinstance(result, RefusedError):
                settled.set_exception(result)
            else:
                settled.set_result(result)

        self._publisher.publish(_AUTHOR, _CHANNEL, self._key, "probe", {}, None, done)
        entry = (await settled).entry
        await self._log.check()
        page = await self._log.read(str(_CHANNEL), after=entry.offset - 1, limit=1)
        if not page.entries or page.entries[0].id != entry.id:
            raise LookupError("the log does not give back what was written")

"""Conversations on a real log, without sockets."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from straks.accounts import permissions
from straks.accounts.principals import Principal
from straks.clock import SystemClock
from straks.conversation.errors import RefusedError
from straks.conversation.model import Conversation, fold
from straks.conversation.service import ConversationService
from straks.log.lanes import LaneCommit
from straks.log.log import Append, Appended, Entry
from straks_protocol.channels import parse
from tests.support.logs import FeedLog, LogPlace, SQLitePlace

__all__ = ["AGENT", "OTHER_AGENT", "VISITOR", "Conversing", "conversing", "new_key"]

VISITOR = Principal(kind="visitor", id="vera")
AGENT = Principal(kind="agent", id="anna", name="Anna")
OTHER_AGENT = Principal(kind="agent", id="bo", name="Bo")

Outcome = asyncio.Future[Appended]


def new_key() -> str:
    """Make a key as a client does."""
    return str(uuid.uuid4())


class Conversing:
    """A log, its group commit, and the service on top."""

    def __init__(self, log: FeedLog, commit: LaneCommit, service: ConversationService) -> None:
        self.log = log
        self.commit = commit
        self.service = service
        self.unheard: set[str] = set()
        """Ids of entries that the service is not told of, as if another node had written them."""

    def committed(self, entries: Sequence[Entry]) -> None:
        self.service.committed([entry for entry in entries if entry.id not in self.unheard])

    def send(
        self,
        author: Principal,
        channel: str,
        kind: str,
        data: dict[str, Any],
        *,
        expect: int | None = None,
        key: str | None = None,
    ) -> Outcome:
        """Publish; the future ends as the publish does."""
        future: Outcome = asyncio.get_running_loop().create_future()
        name = parse(channel)
        self.service.publish(author, name, key or new_key(), kind, data, expect, _into(future))
        return future

    def say(self, author: Principal, channel: str, text: str, **options: Any) -> Outcome:
        """Publish a message."""
        return self.send(author, channel, "message", {"text": text}, **options)

    def open(self, author: Principal, text: str, *, key: str | None = None) -> Outcome:
        """Open a conversation."""
        future: Outcome = asyncio.get_running_loop().create_future()
        self.service.open(author, key or new_key(), {"text": text}, _into(future))
        return future

    async def opened(self, author: Principal = VISITOR, text: str = "Hello") -> str:
        """Open a conversation that somebody here is subscribed to; give its channel."""
        channel = (await self.open(author, text)).entry.channel
        self.log.follow(channel)
        await self.log.synced(channel)
        return channel

    async def append_elsewhere(self, item: Append) -> Appended:
        """Append as another node does, past the service."""
        self.unheard.add(item.id)
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.commit.submit(item, future.set_result)
        result = await future
        assert isinstance(result, Appended), result
        return result

    async def entries(self, channel: str) -> Sequence[Entry]:
        """Read a whole channel from the log."""
        page = await self.log.read(channel, after=0, limit=10_000)
        assert not page.more
        return page.entries

    async def fresh(self, channel: str) -> Conversation:
        """Fold a conversation anew, from the log alone."""
        conversation = fold(await self.entries(channel))
        assert conversation is not None
        return conversation

    async def now(self, channel: str) -> Conversation:
        """Give the service's fold."""
        conversation = await self.service.conversation(parse(channel).id)
        assert conversation is not None
        return conversation


def _into(future: Outcome) -> Any:
    def done(result: Appended | RefusedError) -> None:
        if isinstance(result, RefusedError):
            future.set_exception(result)
        else:
            future.set_result(result)

    return done


@asynccontextmanager
async def conversing(place: LogPlace | Path, **options: Any) -> AsyncIterator[Conversing]:
    """Run a service on the log at a place, or in a directory; ``options`` are the service's."""
    log = await (SQLitePlace(place) if isinstance(place, Path) else place).open()
    commit = LaneCommit(log)
    service = ConversationService(
        log, commit, permissions, secret=b"secret", clock=SystemClock(), **options
    )
    here = Conversing(log, commit, service)
    log.listen(here.committed)
    try:
        async with asyncio.TaskGroup() as tasks:
            running = [tasks.create_task(commit.run()), tasks.create_task(service.run())]
            try:
                yield here
            finally:
                await commit.drain()
                for task in running:
                    task.cancel()
    finally:
        await log.close()

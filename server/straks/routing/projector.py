"""From the feed of the log to the summaries of the inboxes."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Final, Protocol

from straks.clock import Clock
from straks.conversation.consumer import passes
from straks.conversation.errors import RefusedError
from straks.conversation.model import Conversation
from straks.conversation.service import Author, Done
from straks.conversation.summary import summary
from straks.log.log import Appended, FeedItem
from straks.routing.policy import Urgency, inbox_of, interval, urgency
from straks.routing.reasons import Reasons
from straks_protocol.channels import Channel

__all__ = ["Conversations", "Projector", "Rows", "project"]

_AT_ONCE: Final = 16
"""Conversations that are told of together; between two such lots others get their turn."""
_MOST_GATHERED: Final = 20_000
"""Conversations with a new preview that are remembered; then they are told without waiting."""
_NAMESPACE: Final = uuid.UUID("6c1f9a3e-5f1c-5b0e-9d51-6b1f2b8d2f10")

_log = logging.getLogger(__name__)


class Conversations(Protocol):
    """Where folds come from and entries go; satisfied by the conversation service."""

    def peek(self, conversation_id: str, at_least: int = 0) -> Conversation | None: ...

    async def conversation(
        self, conversation_id: str, at_least: int = 0
    ) -> Conversation | None: ...

    def publish(
        self,
        author: Author,
        channel: Channel,
        key: str,
        kind: str,
        data: dict[str, Any],
        expect: int | None,
        done: Done,
    ) -> None: ...


class Rows(Protocol):
    """Where summaries are kept for listing."""

    async def save(self, rows: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        """Keep each summary under its inbox, unless a later one is there."""
        ...


class Projector:
    """Keeps the summaries of one partition and tells the inboxes of them.

    A change of state is told at once; new previews are gathered, one summary per conversation.
    A summary is kept before it is told: whoever reads the list after an entry sees no less.
    """

    def __init__(
        self,
        conversations: Conversations,
        rows: Rows,
        author: Author,
        inboxes: AbstractSet[str],
        clock: Clock,
        *,
        partitions: int = 1,
    ) -> None:
        """``partitions``: that there are in all."""
        self._partitions = partitions
        self._conversations = conversations
        self._rows = rows
        self._author = author
        self._reasons = Reasons(conversations, author)
        self._inboxes = inboxes
        self._clock = clock
        self._read = 0
        self._gathered: dict[str, int] = {}
        """Conversations to be told of, and the feed position of the first reason; in its order."""
        self._offsets: dict[str, int] = {}
        """The last entry of each of them that was read."""
        self._since = 0.0

    async def handle(self, items: Sequence[FeedItem]) -> int | None:
        """Take items in; tell up to which position nothing is left to do."""
        # Before an inbox shows an expert: who opens the conversation sees why.
        await self._reasons.tell(items)
        now: set[str] = set()
        gathered = self._gathered
        for item in items:
            soon = urgency(item.entry)
            if soon is Urgency.NEVER:
                continue
            conversation_id = item.entry.channel.partition(":")[2]
            if not gathered:
                self._since = self._clock.monotonic()
            gathered.setdefault(conversation_id, item.position)
            self._offsets[conversation_id] = item.entry.offset
            if soon is Urgency.AT_ONCE:
                now.add(conversation_id)
        if items:
            self._read = max(self._read, items[-1].position)
        if self._due():
            now.update(gathered)
        # In the order of the feed, so that the first that is left tells how far all are.
        await self._tell([each for each in gathered if each in now] if now else ())
        first = next(iter(gathered.values()), None)
        return self._read if first is None else first - 1

    def _due(self) -> bool:
        count = len(self._gathered)
        waited = self._clock.monotonic() - self._since
        return count > 0 and (waited >= interval(count, self._partitions) or count > _MOST_GATHERED)

    async def _tell(self, ids: Sequence[str]) -> None:
        for start in range(0, len(ids), _AT_ONCE):
            some = ids[start : start + _AT_ONCE]
            try:
                await self._keep_and_publish(some)
            except Exception as error:
                if passes(error):
                    raise
                # Of several, the others must not fail with the one.
                _log.exception("%d summaries failed, each is tried for itself", len(some))
                await self._tell_each(some)
            for conversation_id in some:
                del self._gathered[conversation_id], self._offsets[conversation_id]

    async def _tell_each(self, ids: Sequence[str]) -> None:
        for conversation_id in ids:
            try:
                await self._keep_and_publish((conversation_id,))
            except Exception as error:
                if passes(error):
                    raise
                _log.exception("the summary of conversation %s is skipped", conversation_id)

    async def _keep_and_publish(self, ids: Sequence[str]) -> None:
        offsets = {each: self._offsets[each] for each in ids}
        rows = await project(self._conversations, offsets, self._inboxes)
        await self._rows.save([(inbox, each) for inbox, each, _ in rows])
        await self._publish(rows)

    async def _publish(self, rows: Sequence[tuple[str, dict[str, Any], str]]) -> None:
        left = len(rows)
        if not left:
            return
        settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        refused: list[RefusedError] = []

        def done(result: Appended | RefusedError) -> None:
            nonlocal left
            left -= 1
            if isinstance(result, RefusedError):
                refused.append(result)
            if not left and not settled.done():
                settled.set_result(None)

        for inbox, each, cause in rows:
            # The state that is told names the entry: told twice, it is one entry.
            key = str(uuid.uuid5(_NAMESPACE, cause))
            channel = Channel("inbox", inbox)
            self._conversations.publish(
                self._author, channel, key, "conversation", each, None, done
            )
        await settled
        for error in refused:
            if passes(error):
                raise error
            _log.error("a summary was refused: %s", error)


async def project(
    conversations: Conversations, offsets: Mapping[str, int], inboxes: AbstractSet[str]
) -> list[tuple[str, dict[str, Any], str]]:
    """Give the inbox, the summary, and the id of the entry it goes up to, for each conversation.

    ``offsets``: what each must have come to, at least.
    """
    rows = []
    for conversation_id, offset in offsets.items():
        conversation = conversations.peek(conversation_id, offset)
        if conversation is None:
            conversation = await conversations.conversation(conversation_id, offset)
        if conversation is not None:
            inbox = inbox_of(conversation, inboxes)
            rows.append((inbox, summary(conversation), conversation.last_id))
    return rows

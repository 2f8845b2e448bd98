"""The inboxes: lists of conversations for agents."""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final, Protocol

import orjson

from straks.clock import Clock
from straks.conversation.consumer import BATCH, Consumer
from straks.conversation.errors import RefusedError
from straks.conversation.model import DEFAULT_TEAM
from straks.conversation.service import Author
from straks.log.log import Entry, Feed, Tail
from straks.routing.policy import Urgency, urgency
from straks.routing.projector import Conversations, Projector, project
from straks_protocol import ErrorCode, Position
from straks_protocol.channels import inbox as inbox_channel

__all__ = ["CONSUMER", "Inbox", "InboxPage", "InboxRecords", "Tails"]

CONSUMER: Final = "inbox"
"""The name of the cursors in the feed."""
_MOST_LISTED: Final = 200

_log = logging.getLogger(__name__)


class InboxRecords(Protocol):
    """The lists as the records keep them; satisfied by ``straks.records.inbox``."""

    async def save(self, rows: Sequence[tuple[str, Mapping[str, Any]]]) -> None: ...

    async def list(
        self, team: str, state: str, agent_id: str, after: tuple[bool, int, str] | None, limit: int
    ) -> Sequence[dict[str, Any]]: ...

    async def counts(self, team: str, agent_id: str) -> dict[str, int]: ...

    async def offsets(self, ids: Sequence[str]) -> dict[str, int]: ...

    async def empty(self) -> bool: ...


class Tails(Protocol):
    """The part of the log that tells where an inbox ends."""

    async def tail(self, channel: str) -> Tail: ...


@dataclass(frozen=True, slots=True)
class InboxPage:
    """A page of a list, best first."""

    conversations: Sequence[dict[str, Any]]
    """Summaries, as in PROTOCOL.md §6."""
    cursor: str | None
    """Where the next page begins; None at the end."""
    position: Position
    """Where the inbox's channel ended before the list was read: subscribe from there."""
    counts: Mapping[str, int]
    """Of each list: ``waiting``, ``mine``, ``open``, ``closed``."""


class Inbox:
    """Keeps the lists up to date from the feed, and reads them."""

    def __init__(
        self,
        conversations: Conversations,
        log: Tails,
        feed: Feed,
        records: InboxRecords,
        author: Author,
        clock: Clock,
        *,
        inboxes: AbstractSet[str] = frozenset({DEFAULT_TEAM}),
    ) -> None:
        """``author``: the server's own principal. ``inboxes``: those that there are."""
        self._conversations = conversations
        self._log = log
        self._feed = feed
        self._records = records
        self._inboxes = inboxes
        projectors = [
            Projector(conversations, records, author, inboxes, clock, partitions=feed.partitions)
            for _ in range(feed.partitions)
        ]
        self._consumer = Consumer(
            CONSUMER, feed, [projector.handle for projector in projectors], urgent=_urgent
        )

    def committed(self, entries: Sequence[Entry]) -> None:
        """Note new entries; a listener of the log."""
        self._consumer.committed(entries)

    async def run(self) -> None:
        """Follow the feed until cancelled; first make the lists again if they were lost."""
        await self._rebuild_if_lost()
        await self._consumer.run()

    async def list(
        self, team: str, state: str, agent_id: str, cursor: str | None = None, limit: int = 50
    ) -> InboxPage:
        """Read a page of a team's list: ``waiting``, ``mine``, ``open`` or ``closed``.

        Of those that wait experts come first, then who waits longest; in other lists, those that
        changed last.

        Raises:
            RefusedError: ``bad_field``, there is no such list or the cursor is none of ours.
            RecordsUnavailableError: the list cannot be read now.
            LogError: the position cannot be read now.
        """
        if state not in {"waiting", "mine", "open", "closed"}:
            raise RefusedError(ErrorCode.BAD_FIELD, "state: must be waiting, mine, open or closed.")
        limit = max(1, min(limit, _MOST_LISTED))
        after = None if cursor is None else _read_cursor(cursor)
        # First: what changes while the list is read comes again, and does no harm.
        position = (await self._log.tail(inbox_channel(team))).position
        found = await self._records.list(team, state, agent_id, after, limit + 1)
        page = found[:limit]
        more = len(found) > limit
        return InboxPage(
            conversations=page,
            cursor=_write_cursor(state, page[-1]) if more else None,
            position=position,
            counts=await self._records.counts(team, agent_id),
        )

    async def rebuild(self) -> None:
        """Make the lists again from what the log has, without telling the inboxes.

        What is kept already stays: another server may have begun to keep it.
        """
        page: list[str] = []
        async for channel in self._feed.conversations():
            page.append(channel.partition(":")[2])
            if len(page) == BATCH:
                await self._rebuild_from(page)
                page = []
        await self._rebuild_from(page)

    async def _rebuild_from(self, ids: Sequence[str]) -> None:
        kept = await self._records.offsets(ids)
        missing = {each: 0 for each in ids if each not in kept}
        rows = await project(self._conversations, missing, self._inboxes)
        await self._records.save([(inbox, each) for inbox, each, _ in rows])

    async def _rebuild_if_lost(self) -> None:
        if not await self._records.empty():
            return
        cursors = [
            await self._feed.cursor(CONSUMER, partition)
            for partition in range(self._feed.partitions)
        ]
        if any(cursors):
            _log.info("there are no lists of conversations; they are made from the log")
            await self.rebuild()


def _urgent(entry: Entry) -> bool:
    return urgency(entry) is Urgency.AT_ONCE


def _write_cursor(state: str, last: Mapping[str, Any]) -> str:
    at = last["waiting_since"] if state == "waiting" else last["updated_at"]
    place = [last.get("expert", False), at, last["id"]]
    return base64.urlsafe_b64encode(orjson.dumps(place)).decode().rstrip("=")


def _read_cursor(cursor: str) -> tuple[bool, int, str]:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        expert, at, conversation_id = orjson.loads(base64.urlsafe_b64decode(padded))
    except (ValueError, TypeError, binascii.Error):
        expert = at = conversation_id = None
    if (
        type(expert) is not bool
        or type(at) is not int
        or not 0 <= at < 2**63
        or type(conversation_id) is not str
        or "\x00" in conversation_id
    ):
        raise RefusedError(ErrorCode.BAD_FIELD, "cursor: is not one that a list gave.")
    return expert, at, conversation_id

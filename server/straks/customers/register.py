"""The register of what is known of visitors: kept over conversations, and brought into new ones."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

import orjson

from straks.clock import Clock
from straks.conversation.decide import Author
from straks.conversation.errors import RefusedError
from straks.conversation.lane import Done
from straks.conversation.model import Conversation
from straks.log.log import Appended, Entry, FeedItem
from straks.records.customers import Fact, Opened, Said
from straks_protocol import ErrorCode
from straks_protocol.channels import Channel

__all__ = ["AskedTwice", "Conversations", "CustomerRecords", "Register"]

_KEYS: Final = uuid.UUID("0d3c7c1e-5b0a-4f0e-9d55-2c8b8a1f6d02")
"""The namespace of the keys that derive from what is brought into a conversation."""
_NEW: Final = 86_400_000
"""Milliseconds within which a conversation is new: who reads an old feed again changes nothing."""
_SOON: Final = 3_600_000
"""Milliseconds within which the same from the page is not kept again."""
_MOST: Final = 20
"""Facts that one entry carries."""
_AT_ONCE: Final = 16
"""Conversations into which something is brought at once: they may have to be read from the log."""
_CONTACT: Final = frozenset({"email", "name"})
_NOTHING_TO_DO: Final = frozenset({ErrorCode.WRONG_STATE, ErrorCode.LOG_FULL, ErrorCode.NOT_FOUND})


class Conversations(Protocol):
    """What is needed of the conversation service."""

    async def conversation(self, conversation_id: str, at_least: int = 0) -> Conversation | None:
        """Give a conversation, read from the log if need be, at least up to an offset."""
        ...

    def publish(
        self,
        author: Author,
        channel: Channel,
        key: str,
        kind: str,
        data: dict[str, Any],
        expect: int | None,
        done: Done,
    ) -> None:
        """Append an entry, or tell ``done`` why not."""
        ...


class CustomerRecords(Protocol):
    """Where customers are kept; satisfied by ``straks.records.customers``."""

    async def save(self, said: Sequence[Said]) -> None:
        """Keep what was said, in order."""
        ...

    async def opened(self, conversations: Sequence[Opened]) -> None:
        """Keep who opened some conversations; what is kept already stays as it is."""
        ...

    async def opened_since(self, visitors: Collection[str], at: int) -> Sequence[Opened]:
        """Read which conversations some visitors opened at a time or after it."""
        ...

    async def facts(self, visitors: Collection[str]) -> Mapping[str, Mapping[str, Fact]]:
        """Read what is known of some visitors."""
        ...

    async def use(self, visitors: Collection[str], at: int) -> None:
        """Note that what is known of some visitors was of use."""
        ...


class AskedTwice(Protocol):
    """Where it is counted; satisfied by ``straks.records.asked_twice``."""

    async def count_asked_twice(self, field: str, at: int) -> None:
        """Count that a visitor was asked for a field that was known."""
        ...


@dataclass(frozen=True, slots=True)
class _Facts:
    """What an entry says of a visitor, or asks them."""

    entry: Entry
    visitor_id: str
    said: Mapping[str, str]
    asked: Collection[str] = ()
    """What they are asked for, and not given to confirm."""
    confirmed: Collection[str] = ()
    """What of it they were given to confirm."""


@dataclass(frozen=True, slots=True)
class _Return:
    """Somebody who is known opens a conversation."""

    opened: Opened
    known: Mapping[str, Fact]
    late: bool = False
    """What was known sooner may have been brought already."""


class Register:
    """Keeps facts, brings them into new conversations, and counts what was asked for twice.

    It also keeps who opened which conversation, however old, for whoever counts them.

    Facts belong to a visitor, that is to who holds their token: nobody gets another's because they
    name the same address. Of each the last word is kept, and not what was said before it: who says
    something again after they opened another conversation may say it there as well.
    """

    def __init__(
        self,
        records: CustomerRecords,
        asked_twice: AskedTwice,
        conversations: Conversations,
        author: Author,
        clock: Clock,
    ) -> None:
        """``author``: the server itself."""
        self._records = records
        self._asked_twice = asked_twice
        self._conversations = conversations
        self._author = author
        self._clock = clock

    async def handle(self, items: Sequence[FeedItem]) -> None:
        """Take in some items of the feed; a consumer's handler.

        Returns when all is durable. The same items again change nothing but the count of forms.

        Raises:
            RefusedError, RecordsUnavailableError: it cannot be done now.
        """
        entries = [i.entry for i in items if i.entry.channel.startswith("conversation:")]
        opened = [Opened(_visitor(e), _id(e), e.at) for e in entries if _opens(e)]
        await self._records.opened(opened)
        telling = [entry for entry in entries if _may_tell(entry)]
        facts = [each for entry in telling if (each := await self._facts(entry)) is not None]
        new = [each for each in opened if each.at > self._since()]
        visitors = {each.visitor_id for each in new} | {each.visitor_id for each in facts}
        if not visitors:
            return
        known = await self._records.facts(visitors)
        # What somebody says in one conversation is known in the one that they open next.
        now = {visitor: dict(known.get(visitor, {})) for visitor in visitors}
        said: list[Said] = []
        twice: list[tuple[str, int]] = []
        for each in facts:
            told, again = _take_in(each, now[each.visitor_id])
            said.append(Said(each.visitor_id, told, each.entry.at))
            twice += [(name, each.entry.at) for name in again]
        await self._records.save(said)
        for name, at in twice:
            await self._asked_twice.count_asked_twice(name, at)
        last = {_id(entry): entry.offset for entry in entries}
        await self._bring_all([_Return(each, now[each.visitor_id]) for each in new], last)
        missed = [each for each in await self._opened_after(said) if each not in opened]
        if missed:
            # Others may have kept more by now.
            known = await self._records.facts({each.visitor_id for each in missed})
            late = [_Return(each, known.get(each.visitor_id, {}), late=True) for each in missed]
            await self._bring_all(late, last)

    def _since(self) -> int:
        return self._clock.now_ms() - _NEW

    async def _opened_after(self, said: Sequence[Said]) -> Sequence[Opened]:
        """Find what was opened after something was said that is kept only now.

        Partitions of the feed are read beside each other: who read that a conversation was opened
        may not have found what was said before it. What was opened is kept before it is looked
        for what was said, and the other way round here, so one of the two finds the other.
        """
        told = [each for each in said if each.facts]
        if not told:
            return ()
        visitors = {each.visitor_id for each in told}
        since = max(min(each.at for each in told), self._since())
        return await self._records.opened_since(visitors, since)

    async def _bring_all(self, returns: Sequence[_Return], last: Mapping[str, int]) -> None:
        """``last``: the latest offset that was read, by conversation, if any was."""
        returning = [each for each in returns if each.known]
        for start in range(0, len(returning), _AT_ONCE):
            some = returning[start : start + _AT_ONCE]
            await asyncio.gather(
                *(self._bring(each, last.get(each.opened.conversation_id, 1)) for each in some)
            )
        if returning:
            visitors = {each.opened.visitor_id for each in returning}
            await self._records.use(visitors, max(each.opened.at for each in returning))

    async def _facts(self, entry: Entry) -> _Facts | None:
        if entry.kind == "answer":
            return await self._form(entry)
        if not entry.sender.startswith("visitor:"):
            return None
        said = _said(entry)
        if not said:
            return None
        return _Facts(entry, _visitor(entry), said, confirmed=await self._confirmed(entry))

    async def _form(self, entry: Entry) -> _Facts | None:
        """See whom a form asks for what; what it fills in beforehand it does not ask for."""
        form = orjson.loads(entry.data).get("form")
        asked = [field["name"] for field in form or () if "value" not in field]
        if not asked:
            return None
        conversation = await self._conversations.conversation(_id(entry), entry.offset)
        if conversation is None or not conversation.visitor_id:
            return None
        return _Facts(entry, conversation.visitor_id, {}, asked)

    async def _confirmed(self, entry: Entry) -> Collection[str]:
        """Give the fields of the form that an entry fills in that were filled in beforehand."""
        answer = orjson.loads(entry.data).get("answer") if entry.kind == "details" else None
        if answer is None:
            return ()
        conversation = await self._conversations.conversation(_id(entry), entry.offset)
        form = conversation.forms.get(answer) if conversation is not None else None
        return () if form is None else form.filled

    async def _bring(self, back: _Return, last: int) -> None:
        """Publish in a new conversation what was said before it, unless it is known there."""
        conversation_id, opened_at = back.opened.conversation_id, back.opened.at
        carried = _carried(back.known)
        # What was said in that very millisecond may have been said before.
        before = {name: fact for name, fact in carried.items() if fact.said_at <= opened_at}
        if not before:
            return
        conversation = await self._conversations.conversation(conversation_id, last)
        if conversation is None:
            return
        held = conversation.facts
        # Late, there may be what was said earlier still.
        over = conversation.earlier if back.late else frozenset()
        facts = {
            name: fact
            for name, fact in before.items()
            if name not in held or (name in over and held[name] != fact.value)
        }
        contact = {name: fact for name, fact in facts.items() if name in _CONTACT}
        details = {name: fact for name, fact in facts.items() if name not in _CONTACT}
        if contact:
            await self._publish(conversation_id, "contact", contact)
        if details:
            await self._publish(conversation_id, "details", details)

    async def _publish(self, conversation_id: str, kind: str, facts: Mapping[str, Fact]) -> None:
        settled: asyncio.Future[Appended | RefusedError] = (
            asyncio.get_running_loop().create_future()
        )

        def done(outcome: Appended | RefusedError) -> None:
            if not settled.done():
                settled.set_result(outcome)

        values = {name: fact.value for name, fact in facts.items()}
        data: dict[str, Any] = values if kind == "contact" else {"fields": values}
        channel = Channel("conversation", conversation_id)
        # Whoever else brings the same at this moment brings it under the same key.
        said = sorted((name, fact.said_at, fact.value) for name, fact in facts.items())
        key = str(uuid.uuid5(_KEYS, f"{conversation_id} {kind} {orjson.dumps(said).decode()}"))
        self._conversations.publish(self._author, channel, key, kind, data, None, done)
        outcome = await settled
        if isinstance(outcome, RefusedError) and outcome.code not in _NOTHING_TO_DO:
            raise outcome


def _carried(known: Mapping[str, Fact]) -> dict[str, Fact]:
    """Choose what is brought, whatever of it is there already: who to reach, and the last facts."""
    last = sorted(known.items(), key=lambda item: (item[1].said_at, item[0]))
    details = [(name, fact) for name, fact in last if name not in _CONTACT]
    return dict([item for item in last if item[0] in _CONTACT] + details[-_MOST:])


def _opens(entry: Entry) -> bool:
    """Tell whether a visitor opens a conversation with an entry."""
    return entry.offset == 1 and entry.sender.startswith("visitor:")


def _may_tell(entry: Entry) -> bool:
    """Tell whether an entry may carry facts or ask for some; most do not."""
    kind, data = entry.kind, entry.data
    if kind == "message":
        return b'"known"' in data
    return b'"form"' in data if kind == "answer" else kind in {"contact", "details"}


def _take_in(facts: _Facts, known: dict[str, Fact]) -> tuple[dict[str, str], list[str]]:
    """Bring up to date what is known.

    Returns what is to be kept of it, and what was asked for or given though it was known.
    """
    at = facts.entry.at
    before = {name: fact for name, fact in known.items() if fact.said_at < at}
    same = [n for n, value in facts.said.items() if n in before and before[n].value == value]
    told = dict(facts.said)
    if facts.entry.kind == "message":
        # A page says what it knows each time.
        for name in same:
            if at - before[name].said_at < _SOON:
                del told[name]
        same = []
    for name, value in told.items():
        if name not in known or known[name].said_at <= at:
            known[name] = Fact(value, at)
    again = [name for name in same if name not in facts.confirmed]
    return told, again + [name for name in facts.asked if name in before]


def _said(entry: Entry) -> dict[str, str]:
    """Give the facts that a visitor's entry carries."""
    if entry.redacted:
        return {}
    data: dict[str, Any] = orjson.loads(entry.data)
    if entry.kind == "contact":
        return data
    facts: dict[str, str] = data.get("known" if entry.kind == "message" else "fields", {})
    return facts


def _visitor(entry: Entry) -> str:
    return entry.sender.partition(":")[2]


def _id(entry: Entry) -> str:
    return entry.channel.partition(":")[2]

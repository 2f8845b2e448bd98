"""From the feed of the log to what visitors ask, and what becomes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final, Protocol

import orjson

from straks.answers.text import MAX_MATCHED, clean
from straks.conversation.consumer import Consumer
from straks.conversation.model import Conversation
from straks.log.log import Entry, Feed, FeedItem, Page
from straks.records.questions import Answered, Asked, Judged, QuestionChanges, ShownAgain

__all__ = ["CONSUMER", "AskedQuestions", "Records"]

CONSUMER: Final = "questions"
"""The name of the cursors in the feed."""

_LINGER: Final = 1.0
"""Seconds that entries are gathered: nobody waits for them here."""
_TURN: Final = 16
"""Entries that are looked at before others get their turn on the event loop."""
_LOOKED_BACK: Final = 20
"""Entries before a question among which the choices are that it may pick from."""
_PREFIX: Final = "conversation:"


class Records(Protocol):
    """Where questions are kept; satisfied by ``straks.records.questions``."""

    async def apply(self, changes: QuestionChanges) -> None:
        """Keep what is new, all or nothing; the same again changes nothing."""
        ...


class Log(Feed, Protocol):
    """The log that has the questions as well as their answers."""

    async def read(
        self, channel: str, *, after: int | None = None, before: int | None = None, limit: int
    ) -> Page:
        """Read a page just after an offset."""
        ...


class Conversations(Protocol):
    """The folds of conversations; satisfied by the conversation service."""

    def recall(self, conversation_id: str) -> Conversation | None:
        """Give what is in memory of a conversation."""
        ...


class AskedQuestions:
    """Keeps the questions of visitors, with their answers.

    - A question is a visitor's message that an ``answer`` replied to, known or not. What a person
      replied to alone, and what went to a person at once, is none.
    - Who picks one of the choices that were offered asks nothing new: their question got that
      answer, or, of several that they pick, the last.
    - The answer to a filled-in form is the same answer, shown again.
    - Whether an answer helped says its ``feedback``, the last of several.
    - Where a person is asked for or comes, that is for the last question before it. It costs
      people the time from that question to the last thing that an agent said or did there, at
      most :data:`~straks.records.questions.MOST_SECONDS`, and nothing after the conversation was
      closed. Where no agent said or did anything it costs nobody's time.
    - Of a redacted message no text is kept, only that there was a question.
    """

    def __init__(self, log: Log, records: Records, conversations: Conversations) -> None:
        """``conversations`` tell the language of what does not say it itself, if they know."""
        self._log = log
        self._conversations = conversations
        self._records = records
        self._consumer = Consumer(
            CONSUMER, log, self.handle, urgent=lambda _entry: False, linger=_LINGER
        )

    def committed(self, entries: Sequence[Entry]) -> None:
        """Note new entries; a listener of the log."""
        self._consumer.committed(entries)

    async def run(self) -> None:
        """Follow the feed until cancelled."""
        await self._consumer.run()

    async def handle(self, items: Sequence[FeedItem]) -> None:
        """Keep what some items say; a consumer's handler."""
        changes = QuestionChanges()
        entries = [item.entry for item in items if item.entry.channel.startswith(_PREFIX)]
        near = {(entry.channel, entry.offset): entry for entry in entries}
        for number, entry in enumerate(entries, start=1):
            if not number % _TURN:
                await asyncio.sleep(0)  # what visitors wait for comes first
            if entry.redacted:
                changes.redacted.append((_conversation(entry), entry.offset))
            elif entry.kind == "answer":
                await self._answered(entry, near, changes)
            else:
                _note(entry, changes)
        await self._records.apply(changes)

    async def _answered(
        self, entry: Entry, near: dict[tuple[str, int], Entry], changes: QuestionChanges
    ) -> None:
        answer: dict[str, Any] = orjson.loads(entry.data)
        question = await self._entry(near, entry.channel, answer["question"])
        if question is None:
            return  # it was lost, as in a failover
        if question.redacted:
            changes.redacted.append((_conversation(question), question.offset))
        if question.kind == "details":
            _shown_again(entry, question, changes)
        elif question.kind != "message" or not question.sender.startswith("visitor:"):
            return  # others ask nothing of the answers
        elif not await self._is_choice(entry, answer, question, changes):
            changes.asked.append(self._asked(entry, answer, question))

    def _asked(self, entry: Entry, answer: dict[str, Any], question: Entry) -> Asked:
        message = _said(question)
        conversation = _conversation(entry)
        lang = message.get("lang")
        if lang is None and (fold := self._conversations.recall(conversation)) is not None:
            lang = fold.lang
        return Asked(
            conversation=conversation,
            offset=question.offset,
            id=question.id,
            at=question.at,
            visitor=question.sender.partition(":")[2],
            text=message.get("text", "")[:MAX_MATCHED],
            lang=lang,
            answer=answer.get("answer"),
            answer_lang=answer.get("lang"),
            answered_at=entry.offset,
            score=round(answer["score"] * 1000),
        )

    async def _is_choice(
        self,
        entry: Entry,
        answer: dict[str, Any],
        question: Entry,
        changes: QuestionChanges,
    ) -> bool:
        """Tell whether what was asked is the title of an answer that was offered before."""
        if answer.get("answer") is None or answer["score"] < 1 or question.offset == 1:
            return False
        fold = self._conversations.recall(_conversation(entry))
        if fold is not None and fold.last_offset >= entry.offset and not fold.offered:
            return False  # as mostly; the log need not be read
        offer = await self._offer(question)
        said = clean(_said(question).get("text", ""))
        if not any(
            choice["answer"] == answer["answer"] and clean(choice["title"]) == said
            for choice in offer.get("choices", ())
        ):
            return False
        changes.later.append(
            Answered(
                conversation=_conversation(entry),
                offset=offer["question"],
                answer=answer["answer"],
                answer_lang=answer.get("lang"),
                answered_at=entry.offset,
            )
        )
        return True

    async def _offer(self, question: Entry) -> dict[str, Any]:
        """Give the last answer before a question that left a choice; empty when there is none."""
        page = await self._log.read(question.channel, before=question.offset, limit=_LOOKED_BACK)
        for entry in reversed(page.entries):
            if entry.kind == "answer" and b'"choices":' in entry.data:
                return _said(entry)
        return {}

    async def _entry(
        self, near: dict[tuple[str, int], Entry], channel: str, offset: int
    ) -> Entry | None:
        found = near.get((channel, offset))
        if found is None:
            page = await self._log.read(channel, after=offset - 1, limit=1)
            found = next(iter(page.entries), None)
        return found if found is not None and found.offset == offset else None


def _note(entry: Entry, changes: QuestionChanges) -> None:
    """Note what entries say that are no answers."""
    conversation, offset = _conversation(entry), entry.offset
    by_agent = entry.sender.startswith("agent:")
    if entry.kind == "feedback":
        feedback: dict[str, Any] = orjson.loads(entry.data)
        changes.later.append(
            Judged(
                conversation=conversation,
                answered_at=feedback["answer"],
                judged_at=offset,
                helped=feedback["helped"],
            )
        )
    elif entry.kind in {"ask_human", "accept", "transfer"}:
        changes.persons.append((conversation, offset))
    elif entry.kind == "close":
        if by_agent:
            changes.worked.append((conversation, offset, entry.at))
        changes.closed.append((conversation, offset))
    elif entry.kind == "message" and by_agent:
        changes.worked.append((conversation, offset, entry.at))


def _shown_again(entry: Entry, details: Entry, changes: QuestionChanges) -> None:
    filled = _said(details).get("answer")
    if filled is not None:
        changes.later.append(
            ShownAgain(conversation=_conversation(entry), answered_at=filled, again_at=entry.offset)
        )


def _said(entry: Entry) -> dict[str, Any]:
    said: dict[str, Any] = {} if entry.redacted else orjson.loads(entry.data)
    return said


def _conversation(entry: Entry) -> str:
    return entry.channel.partition(":")[2]

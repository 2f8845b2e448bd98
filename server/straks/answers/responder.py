"""The consumer that answers visitors by itself."""

from __future__ import annotations

import asyncio
import dataclasses
import uuid
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final, Protocol

import orjson

from straks.accounts.principals import RESPONDER, Principal
from straks.answers import languages
from straks.answers.choices import offer
from straks.answers.earlier import Earlier
from straks.answers.expertise import Expertise
from straks.answers.experts import Experts, Needed
from straks.answers.files import AnswerBook
from straks.answers.judgement import Judge, Judgement, Said, Wish
from straks.answers.matcher import Match, Matcher
from straks.answers.personal import Known, Personal
from straks.answers.reply import answered
from straks.conversation.coming import Coming
from straks.conversation.errors import RefusedError
from straks.conversation.lane import Done
from straks.conversation.model import Conversation, State
from straks.log.log import Appended, Entry, FeedItem
from straks_protocol import TEMPORARY, ErrorCode
from straks_protocol import Answer as Suggestion
from straks_protocol.channels import Channel

__all__ = ["Conversations", "Responder"]

_KEYS: Final = uuid.UUID("5b1e0b0e-6a51-4c0a-9b0c-0f2f6f1d7a43")
"""The namespace of the keys that derive from the entry a reply is for."""
_MOST_TRIES: Final = 4
"""Decisions about one question while others keep changing the conversation's state."""
_MOST_EARLY: Final = 1024
"""Replies that went to the log and are not asked for yet."""
_TURN: Final = 16
"""Questions after which others get their turn on the event loop."""

_A_PERSON_CAME: Final = frozenset(
    {ErrorCode.WRONG_STATE, ErrorCode.ALREADY_TAKEN, ErrorCode.LOG_FULL, ErrorCode.NOT_FOUND}
)
"""Refusals that leave nothing to do."""


class Conversations(Protocol):
    """What the responder needs of the conversation service."""

    def peek(self, conversation_id: str, at_least: int = 0) -> Conversation | None:
        """Give a conversation if it is in memory, and has come to an offset."""
        ...

    def recall(self, conversation_id: str) -> Conversation | None:
        """Give what is in memory of a conversation, though it may not be up to date."""
        ...

    async def conversation(self, conversation_id: str, at_least: int = 0) -> Conversation | None:
        """Give a conversation, read from the log if need be, at least up to an offset."""
        ...

    def publish(
        self,
        author: Principal,
        channel: Channel,
        key: str,
        kind: str,
        data: dict[str, Any],
        expect: int | None,
        done: Done,
    ) -> None:
        """Append an entry, or tell ``done`` why not."""
        ...


class Responder:
    """Answers what visitors ask while no person is with them.

    Each question gets exactly one reply, however often it is shown, since the reply's key derives
    from the question's entry: an ``answer``, known or not, or ``ask_human`` when the visitor
    wishes for a person in so many words, or is an expert whose very words nobody has written down.
    Thanks and nods ask nothing and get no reply.
    """

    def __init__(
        self,
        conversations: Conversations,
        matcher: Matcher,
        *,
        name: str,
        experts: Experts | None = None,
        known: Known | None = None,
    ) -> None:
        """``name`` is what visitors see as the author of the answers.

        ``experts`` tells whose questions go to a person at once; None: nobody's. ``known``: what
        earlier conversations said of visitors, and how many there were.
        """
        self._conversations = conversations
        self._judge = Judge(matcher, experts)
        self._earlier = Earlier(known)
        self._author = dataclasses.replace(RESPONDER, name=name)
        self.personal: Final = Personal(conversations, self._author, _key, known=known)
        """Replies that depend on who asks: they may be under way when a handler returns."""
        self._early: dict[str, _Early] = {}
        """By question, replies that went to the log with it; the oldest go."""

    def learn(self, matcher: Matcher) -> None:
        """Answer by another matcher from now on."""
        self._judge.learn(matcher)

    @staticmethod
    def is_question(entry: Entry) -> bool:
        """Tell whether an entry is a visitor's message."""
        return (
            entry.kind == "message" and entry.sender.startswith("visitor:") and not entry.redacted
        )

    @staticmethod
    def is_filled_in(entry: Entry) -> bool:
        """Tell whether an entry is what a visitor filled in."""
        return (
            entry.kind == "details" and entry.sender.startswith("visitor:") and not entry.redacted
        )

    def is_urgent(self, entry: Entry) -> bool:
        """Tell whether an entry waits for a reply, as far as memory knows; a consumer's."""
        if not (self.is_question(entry) or self.is_filled_in(entry)):
            return False
        conversation = self._conversations.recall(entry.channel.partition(":")[2])
        return conversation is None or conversation.state is State.SELF_SERVICE

    def leaves(self, question: Entry, conversation: Conversation) -> bool:
        """Tell whether it would answer a question by itself, so that a bot may in its place.

        Who wishes for a person or is an expert gets one, and thanks need no answer of anybody.
        Who may be an expert, depending on how many conversations they had before, is a bot's.
        """
        if question.kind != "message" or question.id in self._early:
            return False
        before = self._earlier.unasked
        judged = self._judged(question.data, conversation.lang, conversation, before)
        return not isinstance(judged, Wish | Expertise)

    async def handle(self, items: Sequence[FeedItem]) -> None:
        """Reply to the questions among some feed items; a consumer's handler.

        Returns when all replies are durable or under way (:attr:`personal`), or there is nothing
        to reply.

        Raises:
            RefusedError: it cannot be done now; the same items again will finish it.
        """
        questions = [
            item.entry
            for item in items
            if self.is_question(item.entry) or self.is_filled_in(item.entry)
        ]
        for _ in range(_MOST_TRIES):
            if not questions:
                return
            questions = await self._reply(questions)

    def foresee(self, coming: Coming) -> None:
        """Answer a message in the commit that stores it; :meth:`handle` sees that it is so.

        What is no question, what needs a look-up, and what fails, is left to the feed.
        """
        conversation = self._conversations.recall(coming.message.channel.partition(":")[2])
        before = self._earlier.unasked
        judged = self._judged(coming.message.data, coming.lang, conversation, before)
        if isinstance(judged, Wish | Expertise | Needed) or _is_personal(judged):
            return
        question = coming.message.id
        early = self._early[question] = _Early()
        if len(self._early) > _MOST_EARLY:
            del self._early[next(iter(self._early))]
        answer = _answer(coming.offset, judged)
        try:
            coming.reply(self._author, _key(question), "answer", answer, early.take)
        except Exception:
            del self._early[question]  # the feed must not wait for it
            raise

    def ask(self, text: str, lang: str | None = None, limit: int = 3) -> list[Suggestion]:
        """Look answers up for a text that is being typed, best first; stores nothing."""
        return [
            Suggestion(answer=m.answer.id, title=m.answer.title, score=round(m.score, 3))
            for m in self._judge.matcher.suggest(text, lang, limit)
        ]

    def book(self) -> AnswerBook:
        """Give the answers that it answers with now."""
        return self._judge.matcher.book

    def listed(self, lang: str | None = None) -> list[dict[str, Any]]:
        """Every answer, as ``GET /v1/answers`` gives them to agents: canned replies first."""
        return [
            {"id": a.id, "title": a.title, "text": a.text, "lang": a.lang, "tags": list(a.tags)}
            for a in self._judge.matcher.book.listed(lang)
        ]

    def languages(self) -> list[str]:
        """The languages that there are answers in."""
        return sorted({languages.base(answer.lang) for answer in self._judge.matcher.book.answers})

    async def _reply(self, questions: Sequence[Entry]) -> list[Entry]:
        """Reply to each; give those whose conversation changed meanwhile."""
        settled = _Settled()
        unsure = await self._reply_to(questions, settled, {})
        if unsure:
            visitors = {conversation.id: conversation.visitor_id for _, conversation in unsure}
            # What changes meanwhile is seen: they are begun anew.
            earlier = await self._earlier.count(visitors)
            await self._reply_to([question for question, _ in unsure], settled, earlier)
        return await settled.changed()

    async def _reply_to(
        self, questions: Sequence[Entry], settled: _Settled, earlier: Mapping[str, int]
    ) -> list[tuple[Entry, Conversation]]:
        """Begin to reply to each; give those for which the earlier conversations must be counted.

        ``earlier``: how many there were, by the conversation's id, where that is known.
        """
        peek = self._conversations.peek
        unsure: list[tuple[Entry, Conversation]] = []
        for number, question in enumerate(questions, start=1):
            early = self._early.pop(question.id, None)
            if early is not None:
                early.tell(settled.expect(question))
                continue
            conversation_id = question.channel.partition(":")[2]
            conversation = peek(conversation_id, question.offset)
            if conversation is None:
                conversation = await self._conversations.conversation(
                    conversation_id, question.offset
                )
            if (
                conversation is not None
                and conversation.state is State.SELF_SERVICE
                and not conversation.has_reply(question.offset)
            ):
                before = earlier.get(conversation_id, self._earlier.unasked)
                reply = self._decide(question, conversation, before)
                if isinstance(reply, Needed):
                    unsure.append((question, conversation))
                elif reply is not None:
                    self._publish(question, conversation, reply, settled.expect(question))
            if not number % _TURN:
                await asyncio.sleep(0)
        return unsure

    def _decide(
        self, question: Entry, conversation: Conversation, earlier: int | None
    ) -> tuple[str, dict[str, Any]] | Needed | None:
        """Give kind and data of the reply; None when nothing is to be said, or not yet.

        What must be known first, if something must.
        """
        if question.kind == "details":
            self._fill_in(question, conversation)
            return None
        judged = self._judged(question.data, conversation.lang, conversation, earlier)
        if judged is Wish.PERSON:
            return "ask_human", {}
        if isinstance(judged, Expertise):
            expert = {"score": judged.score, "reasons": list(judged.reasons)}
            return "ask_human", {"expert": expert}
        if isinstance(judged, Needed):
            return judged
        if isinstance(judged, Wish):
            return None
        if isinstance(judged, Match) and judged.answer.is_personal:
            self.personal.begin(question, judged)
            return None
        return "answer", _answer(question.offset, judged)

    def _judged(
        self, data: bytes, lang: str | None, conversation: Conversation | None, earlier: int | None
    ) -> Judgement:
        return self._judge.judge(orjson.loads(data), lang, conversation, earlier=earlier)

    def _fill_in(self, details: Entry, conversation: Conversation) -> None:
        """Give the answer again whose form was filled in."""
        form = conversation.forms.get(orjson.loads(details.data).get("answer", 0))
        if form is None or form.sender != self._author.sender:
            return
        for answer in self._judge.matcher.book.answers:
            if answer.id == form.answer and answer.lang == form.lang:
                self.personal.begin(details, Match(answer, 1.0, ""))
                return

    def _publish(
        self,
        question: Entry,
        conversation: Conversation,
        reply: tuple[str, dict[str, Any]],
        done: Done,
    ) -> None:
        kind, data = reply
        self._conversations.publish(
            self._author,
            Channel("conversation", conversation.id),
            _key(question.id),
            kind,
            data,
            conversation.state_offset,
            done,
        )


class _Early:
    """How a reply ended that nobody waits for yet."""

    def __init__(self) -> None:
        self._outcome: Appended | RefusedError | None = None
        self._done: Done | None = None

    def take(self, outcome: Appended | RefusedError) -> None:
        """Learn how it ended."""
        self._outcome = outcome
        if self._done is not None:
            self._done(outcome)

    def tell(self, done: Done) -> None:
        """Tell ``done`` how it ended, now or then."""
        self._done = done
        if self._outcome is not None:
            done(self._outcome)


class _Settled:
    """How the replies to some questions ended."""

    def __init__(self) -> None:
        # One more than were begun until all of them are.
        self._open = 1
        self._all: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._changed: list[Entry] = []
        self._error: RefusedError | None = None

    def expect(self, question: Entry) -> Done:
        """Count one more reply; what is returned takes how it ended."""
        self._open += 1
        return partial(self._take, question)

    async def changed(self) -> list[Entry]:
        """Wait for all; give the questions whose conversation's state was not as expected.

        Raises:
            RefusedError: at least one failed otherwise.
        """
        self._close_one()
        await self._all
        if self._error is not None:
            raise self._error
        return self._changed

    def _take(self, question: Entry, outcome: Appended | RefusedError) -> None:
        if isinstance(outcome, RefusedError):
            self._refused(question, outcome)
        self._close_one()

    def _refused(self, question: Entry, error: RefusedError) -> None:
        if error.code is ErrorCode.CONFLICT:
            self._changed.append(question)
        elif error.code in _A_PERSON_CAME:
            return
        elif self._error is None or self._error.code in TEMPORARY:
            # One that passes by itself must not hide one that does not.
            self._error = error

    def _close_one(self) -> None:
        self._open -= 1
        if not self._open and not self._all.done():
            self._all.set_result(None)


def _is_personal(judged: Judgement) -> bool:
    return isinstance(judged, Match) and judged.answer.is_personal


def _answer(question: int, judged: Said) -> dict[str, Any]:
    if isinstance(judged, tuple):
        return offer(question, judged)
    return answered(question, judged)


def _key(question: str) -> str:
    """Give the key of the reply to an entry: always the same one."""
    return str(uuid.uuid5(_KEYS, question))

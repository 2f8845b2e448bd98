"""The consumer that answers visitors by itself."""

from __future__ import annotations

import asyncio
import dataclasses
import uuid
from collections.abc import Sequence
from enum import Enum
from functools import lru_cache, partial
from typing import Any, Final, Protocol

import orjson

from straks.accounts.principals import RESPONDER, Principal
from straks.answers import languages
from straks.answers.expertise import Expertise
from straks.answers.experts import Experts
from straks.answers.files import AnswerBook
from straks.answers.matcher import Match, Matcher
from straks.answers.reply import answered
from straks.answers.small_talk import SmallTalk, small_talk
from straks.answers.wishes import wants_person
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
_REMEMBERED: Final = 256
"""Texts whose answer is kept: what many ask in the same words."""
_MOST_EARLY: Final = 1024
"""Replies that went to the log and are not asked for yet."""
_TURN: Final = 16
"""Questions after which others get their turn on the event loop."""

_A_PERSON_CAME: Final = frozenset(
    {ErrorCode.WRONG_STATE, ErrorCode.ALREADY_TAKEN, ErrorCode.LOG_FULL, ErrorCode.NOT_FOUND}
)
"""Refusals that leave nothing to do."""


class Wish(Enum):
    """What a visitor wishes who asks no question."""

    PERSON = "ask_human"
    NOTHING = "thanks"


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
    ) -> None:
        """``name`` is what visitors see as the author of the answers.

        ``experts`` tells whose questions go to a person at once; None: nobody's.
        """
        self._conversations = conversations
        self._matcher = matcher
        self._experts = experts
        self._titles = _titles(matcher)
        self._author = dataclasses.replace(RESPONDER, name=name)
        self._judged = lru_cache(_REMEMBERED)(self._judge)
        self._early: dict[str, _Early] = {}
        """By question, replies that went to the log with it; the oldest go."""

    def learn(self, matcher: Matcher) -> None:
        """Answer by another matcher from now on."""
        self._matcher = matcher
        self._titles = _titles(matcher)
        self._judged.cache_clear()

    @staticmethod
    def is_question(entry: Entry) -> bool:
        """Tell whether an entry is a visitor's message."""
        return (
            entry.kind == "message" and entry.sender.startswith("visitor:") and not entry.redacted
        )

    def is_urgent(self, entry: Entry) -> bool:
        """Tell whether an entry waits for a reply, as far as memory knows; a consumer's."""
        if not self.is_question(entry):
            return False
        conversation = self._conversations.recall(entry.channel.partition(":")[2])
        return conversation is None or conversation.state is State.SELF_SERVICE

    def leaves(self, question: Entry, conversation: Conversation) -> bool:
        """Tell whether it would answer a question by itself, so that a bot may in its place.

        Who wishes for a person or is an expert gets one, and thanks need no answer of anybody.
        """
        if question.kind != "message" or question.id in self._early:
            return False
        judged = self._judgement(question.data, conversation.lang, conversation)
        return not isinstance(judged, Wish | Expertise)

    async def handle(self, items: Sequence[FeedItem]) -> None:
        """Reply to the questions among some feed items; a consumer's handler.

        Returns when all replies are durable, or there is nothing to reply.

        Raises:
            RefusedError: it cannot be done now; the same items again will finish it.
        """
        questions = [item.entry for item in items if self.is_question(item.entry)]
        for _ in range(_MOST_TRIES):
            if not questions:
                return
            questions = await self._reply(questions)

    def foresee(self, coming: Coming) -> None:
        """Answer a message in the commit that stores it; :meth:`handle` sees that it is so.

        What is no question, and what fails, is left to the feed.
        """
        conversation = self._conversations.recall(coming.message.channel.partition(":")[2])
        judged = self._judgement(coming.message.data, coming.lang, conversation)
        if isinstance(judged, Wish | Expertise):
            return
        question = coming.message.id
        early = self._early[question] = _Early()
        if len(self._early) > _MOST_EARLY:
            del self._early[next(iter(self._early))]
        answer = answered(coming.offset, judged)
        try:
            coming.reply(self._author, _key(question), "answer", answer, early.take)
        except Exception:
            del self._early[question]  # the feed must not wait for it
            raise

    def ask(self, text: str, lang: str | None = None, limit: int = 3) -> list[Suggestion]:
        """Look answers up for a text that is being typed, best first; stores nothing."""
        return [
            Suggestion(answer=m.answer.id, title=m.answer.title, score=round(m.score, 3))
            for m in self._matcher.suggest(text, lang, limit)
        ]

    def book(self) -> AnswerBook:
        """Give the answers that it answers with now."""
        return self._matcher.book

    def listed(self, lang: str | None = None) -> list[dict[str, Any]]:
        """Every answer, as ``GET /v1/answers`` gives them to agents: canned replies first."""
        return [
            {"id": a.id, "title": a.title, "text": a.text, "lang": a.lang, "tags": list(a.tags)}
            for a in self._matcher.book.listed(lang)
        ]

    def languages(self) -> list[str]:
        """The languages that there are answers in."""
        return sorted({languages.base(answer.lang) for answer in self._matcher.book.answers})

    async def _reply(self, questions: Sequence[Entry]) -> list[Entry]:
        """Reply to each; give those whose conversation changed meanwhile."""
        settled, peek = _Settled(), self._conversations.peek
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
                reply = self._decide(question, conversation)
                if reply is not None:
                    self._publish(question, conversation, reply, settled.expect(question))
            if not number % _TURN:
                await asyncio.sleep(0)
        return await settled.changed()

    def _decide(
        self, question: Entry, conversation: Conversation
    ) -> tuple[str, dict[str, Any]] | None:
        """Give kind and data of the reply; None when nothing is to be said."""
        judged = self._judgement(question.data, conversation.lang, conversation)
        if judged is Wish.PERSON:
            return "ask_human", {}
        if isinstance(judged, Expertise):
            expert = {"score": judged.score, "reasons": list(judged.reasons)}
            return "ask_human", {"expert": expert}
        return None if judged is Wish.NOTHING else ("answer", answered(question.offset, judged))

    def _judgement(
        self, data: bytes, lang: str | None, conversation: Conversation | None
    ) -> Match | Wish | Expertise | None:
        message = orjson.loads(data)
        judged = self._judged(message["text"], message.get("lang") or lang)
        return self._expertise(judged, message, conversation) or judged

    def _expertise(
        self,
        judged: Match | Wish | None,
        message: dict[str, Any],
        conversation: Conversation | None,
    ) -> Expertise | None:
        """Tell who needs no standard answer; one to their very words they get all the same."""
        if (
            self._experts is None
            or isinstance(judged, Wish)
            or (judged is not None and judged.score >= 1.0)
        ):
            return None
        return self._experts.find(message, conversation, self._titles)

    def _judge(self, text: str, lang: str | None) -> Match | Wish | None:
        """Give the answer to a text, None when none is known, or what is wished instead."""
        if wants_person(text):
            return Wish.PERSON
        match = self._matcher.match(text, lang)
        if match is None or match.score < 1.0:
            # Nobody has written these very words down as a question.
            talk = small_talk(text)
            if talk is SmallTalk.THANKS:
                return Wish.NOTHING
            if talk is SmallTalk.GREETING:
                match = self._matcher.greeting(lang)
        return match

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


def _titles(matcher: Matcher) -> dict[str, str]:
    return {answer.id: answer.title for answer in matcher.book.answers}


def _key(question: str) -> str:
    """Give the key of the reply to an entry: always the same one."""
    return str(uuid.uuid5(_KEYS, question))

"""Replies that depend on who asks: with forms, facts and look-ups."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from straks.accounts.principals import Principal
from straks.answers import languages
from straks.answers.answer import Answer
from straks.answers.business import Business
from straks.answers.form import left_to_ask
from straks.answers.lookup import Lookups
from straks.answers.markdown import Rendered
from straks.answers.matcher import Match
from straks.answers.reply import answered
from straks.answers.variables import missing, shown
from straks.conversation.consumer import passes
from straks.conversation.errors import RefusedError
from straks.conversation.lane import Done
from straks.conversation.model import Conversation, State
from straks.log.log import Appended, Entry
from straks.records.errors import RecordsUnavailableError
from straks.telemetry import Trouble
from straks_protocol import ErrorCode
from straks_protocol.channels import Channel

__all__ = ["Conversations", "Known", "Personal", "Sentences", "sentences"]

_MOST: Final = 1_000
"""Replies under way; the feed waits while there are more."""
_MOST_TRIES: Final = 4
_FIRST_PAUSE: Final = 0.05
_LONGEST_PAUSE: Final = 5.0
_NOTHING_TO_DO: Final = frozenset(
    {ErrorCode.WRONG_STATE, ErrorCode.ALREADY_TAKEN, ErrorCode.LOG_FULL, ErrorCode.NOT_FOUND}
)

_log = logging.getLogger(__name__)


class Conversations(Protocol):
    """What is needed of the conversation service."""

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


class Known(Protocol):
    """What is known of earlier conversations; satisfied by ``straks.records.customers``."""

    async def known(self, visitor_id: str) -> Mapping[str, str]:
        """Give the facts about a visitor."""
        ...

    async def earlier(self, visitor_id: str, conversation_id: str) -> int:
        """Count the conversations that a visitor has opened before one."""
        ...


@dataclass(frozen=True, slots=True)
class Sentences:
    """What is said whatever the answer, in one language."""

    asking: str
    failed: str
    person: str
    """What a visitor says who wishes for a person."""


class Personal:
    """Makes replies beside the feed that asks for them, so that none waits for another's look-up.

    Each is published under the key that it would always have: what a crash interrupts is done
    again, once the feed shows the question again.
    """

    def __init__(
        self,
        conversations: Conversations,
        author: Principal,
        key: Callable[[str], str],
        *,
        known: Known | None = None,
        lookups: Lookups | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """``key``: gives the key of the reply to an entry; ``known``: None when nothing is."""
        self.business = Business()
        """What the operator says; may be another at any time."""
        self._conversations = conversations
        self._author = author
        self._key = key
        self._known = known
        self._lookups = lookups or Lookups()
        self._clock = clock
        self._tasks: dict[str, asyncio.Task[None]] = {}
        """By the question's id."""
        self._trouble = Trouble(_log, "what earlier conversations said")

    def begin(self, question: Entry, match: Match) -> None:
        """Reply to an entry in a while, if that is not under way."""
        if question.id in self._tasks:
            return
        task = asyncio.create_task(self._patiently(question, match), name="reply")
        self._tasks[question.id] = task
        task.add_done_callback(lambda _: self._tasks.pop(question.id, None))

    def is_under_way(self, question: str) -> bool:
        """Tell whether the reply to an entry is not settled yet."""
        return question in self._tasks

    async def room(self) -> None:
        """Wait while too many replies are under way."""
        while len(self._tasks) >= _MOST:
            await asyncio.wait(self._tasks.values(), return_when=asyncio.FIRST_COMPLETED)

    async def close(self) -> None:
        """Give up what is under way; the feed will show it again."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _patiently(self, question: Entry, match: Match) -> None:
        pause = _FIRST_PAUSE
        looked_up: dict[str, Mapping[str, str] | None] = {}
        while True:
            try:
                return await self._reply(question, match, looked_up)
            except Exception as error:
                if not passes(error):
                    _log.exception("no reply to offset %d of %s", question.offset, question.channel)
                    return None
            await asyncio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _reply(
        self, question: Entry, match: Match, looked_up: dict[str, Mapping[str, str] | None]
    ) -> None:
        """Reply; decide again when the conversation has changed meanwhile.

        Raises:
            RefusedError: it cannot be done, or not now.
        """
        conversation_id = question.channel.partition(":")[2]
        for _ in range(_MOST_TRIES):
            conversation = await self._conversations.conversation(conversation_id, question.offset)
            if conversation is None or conversation.state is not State.SELF_SERVICE:
                return
            expect = conversation.state_offset  # before anything is waited for
            data = await self._data(question, match, conversation, looked_up)
            outcome = await self._published(conversation_id, question, data, expect)
            if not isinstance(outcome, RefusedError) or outcome.code in _NOTHING_TO_DO:
                return
            if outcome.code is not ErrorCode.CONFLICT:
                raise outcome

    async def _data(
        self,
        question: Entry,
        match: Match,
        conversation: Conversation,
        looked_up: dict[str, Mapping[str, str] | None],
    ) -> dict[str, Any]:
        answer, lang = match.answer, match.answer.lang
        facts, earlier = await self._facts(answer, conversation)
        again = question.kind == "details"
        form = left_to_ask(answer.ask, facts, earlier, again=again)
        now = self.business.now(self._clock(), lang)
        values = {**facts, **now}
        if any("optional" not in field for field in form):
            return asking(question.offset, match, form, values)
        if answer.lookup is not None:
            if answer.lookup not in looked_up:
                looked_up[answer.lookup] = await self._look_up(
                    answer.lookup, facts, conversation.id, lang
                )
            members = looked_up[answer.lookup]
            if members is None:
                return failed(question.offset, match)
            values |= {**members, **now}
        data = given(question.offset, match, values)
        return data | {"form": form} if form and "answer" in data else data

    async def _facts(
        self, answer: Answer, conversation: Conversation
    ) -> tuple[Mapping[str, str], frozenset[str]]:
        """Give what is known, and which of it only earlier conversations have said."""
        facts, earlier = conversation.facts, conversation.earlier
        lookup = self.business.lookups.get(answer.lookup or "")
        needed = {*(field.name for field in answer.ask), *(lookup.sends if lookup else ())}
        if self._known is None or needed <= facts.keys():
            return facts, earlier
        try:
            known = await self._known.known(conversation.visitor_id)
        except RecordsUnavailableError as error:
            # Better asked twice than not answered.
            self._trouble.failed(error)
            return facts, earlier
        self._trouble.worked()
        return {**known, **facts}, earlier | (known.keys() - facts.keys())

    async def _look_up(
        self, name: str, facts: Mapping[str, str], conversation: str, lang: str
    ) -> Mapping[str, str] | None:
        lookup = self.business.lookups.get(name)
        if lookup is None:
            return None
        return await self._lookups.ask(lookup, facts, conversation=conversation, lang=lang)

    async def _published(
        self, conversation_id: str, question: Entry, data: dict[str, Any], expect: int
    ) -> Appended | RefusedError:
        settled: asyncio.Future[Appended | RefusedError] = (
            asyncio.get_running_loop().create_future()
        )

        def done(outcome: Appended | RefusedError) -> None:
            if not settled.done():
                settled.set_result(outcome)

        self._conversations.publish(
            self._author,
            Channel("conversation", conversation_id),
            self._key(question.id),
            "answer",
            data,
            expect,
            done,
        )
        return await settled


def asking(
    question: int, match: Match, form: Sequence[Mapping[str, Any]], values: Mapping[str, str]
) -> dict[str, Any]:
    """Give an ``answer`` that asks first; it says what can be said without what it asks for."""
    answer = match.answer
    template = answer.template
    if answer.lookup is None and (template is None or not any(missing(template, values))):
        data = answered(question, replace(match, answer=_filled(answer, values)))
    else:
        data = _saying(question, match, answer.intro, sentences(answer.lang).asking)
    return data | {"form": list(form)}


def given(question: int, match: Match, values: Mapping[str, str]) -> dict[str, Any]:
    """Give an ``answer`` with its variables filled in; where one has no value, that it failed."""
    answer = match.answer
    if any(missing(answer.template or answer, values)):
        return failed(question, match)
    return answered(question, replace(match, answer=_filled(answer, values)))


def failed(question: int, match: Match) -> dict[str, Any]:
    """Give an ``answer`` that says that what it needs cannot be looked up, and offers a person."""
    said = sentences(match.answer.lang)
    data = _saying(question, match, match.answer.failed, said.failed)
    return data | {"buttons": [said.person]}


def _saying(question: int, match: Match, said: Rendered | None, sentence: str) -> dict[str, Any]:
    """Give an ``answer`` that says something else than its own text, or a sentence of ours."""
    data = answered(question, match)
    data.pop("steps", None)
    data["text"] = sentence if said is None else said.text
    data["html"] = f"<p>{sentence}</p>" if said is None else said.html
    return data


def sentences(lang: str) -> Sentences:
    """Give what is said in a language; in English where there is nothing in it."""
    return _SENTENCES.get(languages.base(lang), _SENTENCES["en"])


def _filled(answer: Answer, values: Mapping[str, str]) -> Answer:
    return answer if answer.template is None else shown(answer.template, values)


_SENTENCES: Final[Mapping[str, Sentences]] = {
    "en": Sentences(
        "To answer that I need to know this first:",
        "I cannot look that up just now. A person can help you.",
        "Talk to a person",
    ),
    "sv": Sentences(
        "För att svara på det behöver jag först veta:",
        "Jag kan inte ta reda på det just nu. En medarbetare kan hjälpa dig.",
        "Prata med en människa",
    ),
    "da": Sentences(
        "For at svare på det skal jeg først vide:",
        "Jeg kan ikke slå det op lige nu. En medarbejder kan hjælpe dig.",
        "Tal med et menneske",
    ),
    "nb": Sentences(
        "For å svare på det må jeg først vite:",
        "Jeg kan ikke slå det opp akkurat nå. En medarbeider kan hjelpe deg.",
        "Snakk med et menneske",
    ),
    "nl": Sentences(
        "Om dat te beantwoorden moet ik eerst dit weten:",
        "Ik kan dat nu niet opzoeken. Een medewerker kan je helpen.",
        "Praat met een mens",
    ),
    "pl": Sentences(
        "Aby na to odpowiedzieć, muszę najpierw wiedzieć:",
        "Nie mogę tego teraz sprawdzić. Pomoże Ci człowiek.",
        "Porozmawiaj z człowiekiem",
    ),
}

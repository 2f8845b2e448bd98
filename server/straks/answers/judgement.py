"""What is to be said to a visitor's message."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeAlias

from straks.answers.choices import picked
from straks.answers.expertise import Expertise
from straks.answers.experts import Experts, Needed
from straks.answers.insults import is_insult
from straks.answers.matcher import Match, Matcher
from straks.answers.remembered import remembered
from straks.answers.small_talk import SmallTalk, small_talk
from straks.answers.wishes import wants_person
from straks.conversation.model import Conversation

__all__ = ["Judge", "Judgement", "Said", "Wish"]


class Wish(Enum):
    """What a visitor wishes who asks no question."""

    PERSON = "ask_human"
    NOTHING = "thanks"


Said: TypeAlias = Match | tuple[Match, ...] | None
"""The answer, several of which one may be meant, or none is known."""
Judgement: TypeAlias = Said | Wish | Expertise | Needed
"""What is said to a message, what is wished instead, or that an expert wrote it.

Where it hangs on something that is not known yet, what that is."""


class Judge:
    """Judges messages by what a matcher has learned."""

    def __init__(self, matcher: Matcher, experts: Experts | None = None) -> None:
        """``experts`` tells whose questions go to a person at once; None: nobody's."""
        self._experts = experts
        self.learn(matcher)

    def learn(self, matcher: Matcher) -> None:
        """Judge by another matcher from now on."""
        self.matcher = matcher
        self._titles = {answer.id: answer.title for answer in matcher.book.answers}
        self._judged = remembered(self._judge)  # what another one said is forgotten

    def judge(
        self,
        message: Mapping[str, Any],
        lang: str | None,
        conversation: Conversation | None,
        *,
        earlier: int | None = None,
    ) -> Judgement:
        """Judge a ``message`` (PROTOCOL.md §6).

        ``lang``: the visitor's, where the message says none. ``conversation``: what is known of
        it by now. ``earlier``: conversations that the visitor had before. None: that is not known
        yet; where it decides, it is :attr:`Needed.EARLIER` to judge again.
        """
        text: str = message["text"]
        lang = message.get("lang") or lang
        if conversation is not None and conversation.offered:
            chosen = picked(self.matcher.book, conversation.offered, text, lang)
            if chosen is not None:
                return chosen
        judged = self._judged(text, lang)
        if isinstance(judged, Wish) or (isinstance(judged, Match) and judged.score >= 1.0):
            return judged  # an answer to their very words experts get all the same
        if self._experts is None:
            return judged
        return self._experts.find(message, conversation, self._titles, earlier=earlier) or judged

    def _judge(self, text: str, lang: str | None) -> Said | Wish:
        if wants_person(text):
            return Wish.PERSON
        judged = self.matcher.judge(text, lang)
        if isinstance(judged, Match) and judged.score >= 1.0:
            # Somebody has written these very words down as a question.
            return judged
        talk = small_talk(text)
        if talk is SmallTalk.THANKS:
            return Wish.NOTHING
        if talk is SmallTalk.GREETING:
            # Who only greets asks nothing: they get the greeting, or what fits it best.
            return self.matcher.greeting(lang) or judged
        return None if is_insult(text) else judged

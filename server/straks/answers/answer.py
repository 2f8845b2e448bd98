"""A canned answer in one language."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Final

from straks.answers.form import Asked
from straks.answers.markdown import Rendered
from straks.answers.variables import Variable

__all__ = ["GREETING_TAG", "REPLY_TAG", "Answer", "Guide", "Step"]

REPLY_TAG: Final = "reply"
GREETING_TAG: Final = "greeting"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step of a guide, in both forms of an answer's text; ``title`` is plain."""

    title: str | None
    text: str
    html: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Guide:
    """An answer step by step. ``text`` and ``html`` stand before the first; they may be empty."""

    text: str
    html: str
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A canned answer in one language; ``(id, lang)`` names it."""

    id: str
    lang: str
    title: str
    text: str
    """The body without markup."""
    html: str
    """The body as HTML that is safe to show on any page."""
    phrases: tuple[str, ...]
    """How visitors ask for it; may be empty for a reply or a greeting."""
    tags: tuple[str, ...]
    file: str = ""
    """Where it was read, below the answer folder."""
    author: str | None = None
    """Who wrote it."""
    confirmed: datetime.date | None = None
    """When somebody last said that it holds."""
    buttons: tuple[str, ...] = ()
    """What a visitor may say to it by pressing a button."""
    guide: Guide | None = None
    """The same text step by step, where it is meant to be followed."""
    valid_from: datetime.date | None = None
    """The first day that it is given on."""
    valid_until: datetime.date | None = None
    """The last day that it is given on."""
    ask: tuple[Asked, ...] = ()
    """What it needs to know of the visitor."""
    lookup: str | None = None
    """The look-up whose result fills it in."""
    lookup_line: int = 1
    """Where the file names it."""
    failed: Rendered | None = None
    """What it says when that fails; None: what is said then anyway."""
    intro: Rendered | None = None
    """What stands before the first paragraph with a variable: said while something is asked."""
    variables: tuple[Variable, ...] = ()
    """By their numbers, the variables that are marked in the text of a template."""
    template: Answer | None = None
    """The same with its variables still marked (``variables``); None: it has none."""

    @property
    def is_reply(self) -> bool:
        """A canned reply for agents: never given to a visitor by itself."""
        return REPLY_TAG in self.tags

    @property
    def is_personal(self) -> bool:
        """It depends on who asks, or when."""
        return bool(self.ask) or self.template is not None or self.lookup is not None

    @property
    def is_greeting(self) -> bool:
        """What a visitor is told who only says hello."""
        return GREETING_TAG in self.tags and not self.is_reply

    def holds_on(self, day: datetime.date) -> bool:
        """Tell whether it is given on a day."""
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_until is None or day <= self.valid_until)

    def meets(self, other: Answer) -> bool:
        """Tell whether there may be a day that both are given on."""
        first = max(self.valid_from or datetime.date.min, other.valid_from or datetime.date.min)
        return first <= min(
            self.valid_until or datetime.date.max, other.valid_until or datetime.date.max
        )

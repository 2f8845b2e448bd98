"""A canned answer in one language."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Final

__all__ = ["GREETING_TAG", "REPLY_TAG", "Answer"]

REPLY_TAG: Final = "reply"
GREETING_TAG: Final = "greeting"


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

    @property
    def is_reply(self) -> bool:
        """A canned reply for agents: never given to a visitor by itself."""
        return REPLY_TAG in self.tags

    @property
    def is_greeting(self) -> bool:
        """What a visitor is told who only says hello."""
        return GREETING_TAG in self.tags and not self.is_reply

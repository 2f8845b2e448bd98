"""The consumer that answers visitors by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol, TypeAlias

from straks.answers.matcher import Matcher
from straks.conversation.errors import RefusedError
from straks.log.log import Appended, FeedItem
from straks_protocol import Answer as Suggestion

__all__ = ["Conversations", "Responder"]

Done: TypeAlias = Callable[[Appended | RefusedError], None]


class Conversations(Protocol):
    """What the responder needs of the conversation service."""


class Responder:
    """Answers what visitors ask while no person is with them.

    ``handle`` is a consumer's handler: each question gets exactly one entry, however often it is
    shown, since the entry's key derives from the question's.
    """

    def __init__(self, conversations: Conversations, matcher: Matcher, *, name: str) -> None:
        """``name`` is what visitors see as the author of the answers."""
        raise NotImplementedError

    async def handle(self, items: Sequence[FeedItem]) -> None:
        """Answer the questions among some feed items; returns when all of that is durable."""
        raise NotImplementedError

    def ask(self, text: str, lang: str | None = None) -> list[Suggestion]:
        """Look answers up for a text that is being typed, best first; stores nothing."""
        raise NotImplementedError

    def listed(self, lang: str | None = None) -> list[dict[str, Any]]:
        """Every answer, as ``GET /v1/answers`` gives them to agents."""
        raise NotImplementedError

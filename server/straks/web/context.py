"""What the web room needs of the other rooms."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from straks.accounts.origins import AllowedOrigins
from straks.accounts.service import Accounts
from straks.accounts.sessions import Sessions
from straks.accounts.tokens import Tokens
from straks.answers.editor import Editor
from straks.answers.files import AnswerBook
from straks.answers.wanted import Wanted
from straks.clock import Clock
from straks.conversation.model import Conversation
from straks_protocol import Answer as Suggestion
from straks_protocol import CloseCode, Position

__all__ = ["Answers", "Check", "Connections", "Conversations", "Inbox", "InboxPage", "WebContext"]

Check: TypeAlias = Callable[[], Awaitable[None]]
"""Proves that a part works; raises when it does not."""


class Connections(Protocol):
    """The sockets of this server; the hub."""

    def agents_online(self) -> int:
        """How many agents are connected."""
        ...

    def close_session(self, session: str, code: CloseCode) -> None:
        """Close every connection of a session."""
        ...


class InboxPage(Protocol):
    """A page of an inbox. ``position``: where its feed stood before the page was read."""

    @property
    def conversations(self) -> Sequence[Mapping[str, Any]]: ...

    @property
    def cursor(self) -> str | None: ...

    @property
    def position(self) -> Position: ...

    @property
    def counts(self) -> Mapping[str, int]: ...


class Inbox(Protocol):
    """The lists of conversations."""

    async def list(
        self, team: str, state: str, agent_id: str, cursor: str | None, limit: int
    ) -> InboxPage:
        """Read a page.

        Raises:
            RefusedError: ``bad_field``, the cursor is none of ours.
        """
        ...


class Conversations(Protocol):
    """The folds of conversations."""

    async def conversation(self, conversation_id: str) -> Conversation | None:
        """Give a conversation; None when there is none."""
        ...


class Answers(Protocol):
    """The canned answers."""

    def listed(self, lang: str | None = None) -> Sequence[Mapping[str, Any]]:
        """Give every answer once, in ``lang`` where it exists."""
        ...

    def languages(self) -> Sequence[str]:
        """The languages that there are answers in."""
        ...

    def book(self) -> AnswerBook:
        """Give all of them as they are now; another book when they have changed."""
        ...

    def ask(self, text: str, lang: str | None = None, limit: int = 3) -> Sequence[Suggestion]:
        """Look answers up for a text, best first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WebContext:
    """What the routes are built from."""

    accounts: Accounts
    sessions: Sessions
    tokens: Tokens
    origins: AllowedOrigins
    connections: Connections
    inbox: Inbox
    conversations: Conversations
    answers: Answers
    editor: Editor
    wanted: Wanted
    clock: Clock
    checks: Mapping[str, Check]
    """What must work for ``/readyz``."""
    optional: AbstractSet[str]
    """Those of them without which the server can do its most important work."""
    draining: Callable[[], bool]
    site_name: str
    public_url: str | None
    """The origin that the operator gave it, if they did."""
    help_centre: bool
    """Whether the answers are public pages as well."""
    static: Path
    """The folder of the built front-end."""

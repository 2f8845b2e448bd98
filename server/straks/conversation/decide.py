"""What the state of a conversation allows to whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from straks.conversation.errors import RefusedError
from straks.conversation.model import Conversation, State
from straks_protocol import ErrorCode

__all__ = ["Author", "check_question", "decide"]


class Author(Protocol):
    """Who publishes."""

    @property
    def kind(self) -> str: ...

    @property
    def id(self) -> str: ...

    @property
    def name(self) -> str | None: ...

    @property
    def sender(self) -> str:
        """``kind:id``."""
        ...


@dataclass(frozen=True, slots=True)
class _Rule:
    """When a kind may be published, and what it does."""

    states: frozenset[State]
    advances_from: frozenset[State] = frozenset()
    """The states in which it changes the state."""
    guarded: bool = False
    """Whoever publishes it says on which state they decided."""
    holder_only: bool = False
    """An agent publishes it only in a conversation that is with them."""


_ALL: Final = frozenset(State)
_OPEN: Final = _ALL - {State.CLOSED}
_FREE: Final = frozenset({State.SELF_SERVICE, State.WAITING})
_HELD: Final = frozenset({State.WITH_AGENT})
_SHUT: Final = frozenset({State.CLOSED})

_RULES: Final[Mapping[str, _Rule]] = {
    "message": _Rule(_OPEN, holder_only=True),
    "answer": _Rule(_FREE, guarded=True),
    "feedback": _Rule(_OPEN),
    "step": _Rule(_OPEN),
    "details": _Rule(_OPEN),
    "ask_human": _Rule(_OPEN, frozenset({State.SELF_SERVICE})),
    "contact": _Rule(_ALL),
    "accept": _Rule(_FREE, _FREE, guarded=True),
    "transfer": _Rule(_HELD, _HELD, guarded=True, holder_only=True),
    "close": _Rule(_OPEN, _OPEN, guarded=True),
    "reopen": _Rule(_SHUT, _SHUT, guarded=True),
    "rate": _Rule(_ALL),
}


def decide(conversation: Conversation, author: Author, kind: str, expect: int | None) -> bool:
    """Tell whether an entry of ``kind`` would change the conversation's state.

    ``expect`` is the state offset that the author saw. Who may publish a kind at all is for the
    permissions; this is about the state only.

    Raises:
        RefusedError: ``unknown_kind``, ``expect_required``, ``already_taken`` (with ``by``),
            ``conflict``, ``wrong_state`` or ``forbidden``; those about the state say its offset.
    """
    rule = _RULES.get(kind)
    if rule is None:
        raise RefusedError(ErrorCode.UNKNOWN_KIND, f"Conversations have no kind {kind[:64]!r}.")
    if expect is None:
        # What a program does by itself rests on what it saw; a person's own words do not.
        if rule.guarded or (kind == "ask_human" and author.kind != "visitor"):
            raise RefusedError(
                ErrorCode.EXPECT_REQUIRED,
                f"{kind!r} needs 'expect': the offset of the last entry that changed the state.",
            )
    elif expect != conversation.state_offset:
        _refuse_if_taken(conversation, author, kind)
        raise RefusedError(
            ErrorCode.CONFLICT,
            f"The state changed at offset {conversation.state_offset}, after {expect}; look again.",
            state_offset=conversation.state_offset,
        )
    _refuse_if_taken(conversation, author, kind)
    if author.kind == "app" and conversation.state is State.WITH_AGENT:
        raise RefusedError(
            ErrorCode.WRONG_STATE,
            "A person is with the visitor: programs say nothing now.",
            state_offset=conversation.state_offset,
        )
    if conversation.state not in rule.states:
        raise RefusedError(
            ErrorCode.WRONG_STATE,
            f"{kind!r} is not possible while the conversation is {conversation.state}"
            + ("; reopen it first." if conversation.state is State.CLOSED else "."),
            state_offset=conversation.state_offset,
        )
    if rule.holder_only and author.kind == "agent" and not _holds(conversation, author):
        raise RefusedError(
            ErrorCode.FORBIDDEN,
            f"An agent may send {kind!r} only to a conversation that they have accepted.",
            by=conversation.agent,
            state_offset=conversation.state_offset,
        )
    return conversation.state in rule.advances_from


def check_question(conversation: Conversation, question: int) -> None:
    """Refuse a second reply to the message at the offset ``question``.

    Raises:
        RefusedError: ``wrong_state``.
    """
    if conversation.has_reply(question):
        raise RefusedError(
            ErrorCode.WRONG_STATE,
            f"The message at offset {question} has its reply already.",
            state_offset=conversation.state_offset,
        )


def _refuse_if_taken(conversation: Conversation, author: Author, kind: str) -> None:
    if (
        kind == "accept"
        and conversation.state is State.WITH_AGENT
        and not _holds(conversation, author)
    ):
        holder = conversation.agent
        name = (holder.name or holder.id) if holder is not None else "another agent"
        raise RefusedError(
            ErrorCode.ALREADY_TAKEN,
            f"{name} has accepted this conversation already.",
            by=holder,
            state_offset=conversation.state_offset,
        )


def _holds(conversation: Conversation, author: Author) -> bool:
    return (
        conversation.state is State.WITH_AGENT
        and conversation.agent is not None
        and conversation.agent.id == author.id
    )

"""What of a conversation's course an inbox is told, how soon, and which inbox."""

from __future__ import annotations

from collections.abc import Set
from enum import IntEnum
from typing import Final

from straks.conversation.model import DEFAULT_TEAM, Conversation
from straks.log.log import Entry

__all__ = ["Urgency", "inbox_of", "interval", "urgency"]

_PREFIX: Final = "conversation:"
_AT_ONCE_KINDS: Final = frozenset({"contact", "details"})
_SILENT_KINDS: Final = frozenset({"feedback", "step"})
"""Nobody has said anything: it would stand in the lists as unread."""
_SHORTEST: Final = 0.2
"""Seconds; with what the consumer waits by itself it stays below half a second."""
_MOST_PER_SECOND: Final = 50
"""Previews that are told, of all conversations: more than agents read, and each costs as much as
what somebody says. With 250 one message in fifty waited behind them (``bench turn --rate 500``)."""
_LONGEST: Final = 10.0


class Urgency(IntEnum):
    """How soon an inbox is told of an entry."""

    NEVER = 0
    SOON = 1
    AT_ONCE = 2


def urgency(entry: Entry) -> Urgency:
    """Tell how soon: a change of state or contact at once, a new preview together with others."""
    if not entry.channel.startswith(_PREFIX) or entry.kind in _SILENT_KINDS:
        return Urgency.NEVER
    if entry.advances or entry.kind in _AT_ONCE_KINDS:
        return Urgency.AT_ONCE
    return Urgency.SOON


def interval(conversations: int, partitions: int = 1) -> float:
    """Tell for how many seconds the new previews of so many conversations are gathered.

    It grows with their number, so that telling the inboxes stays a small part of the writing.

    ``partitions``: that have as many each.
    """
    return min(_LONGEST, max(_SHORTEST, conversations * partitions / _MOST_PER_SECOND))


def inbox_of(conversation: Conversation, inboxes: Set[str] = frozenset({DEFAULT_TEAM})) -> str:
    """Name the inbox that shows a conversation: its team's, or the default when it has none."""
    return conversation.team if conversation.team in inboxes else DEFAULT_TEAM

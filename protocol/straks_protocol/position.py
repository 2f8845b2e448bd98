"""Where a subscriber stands in a log, decided from offsets with the ids of their entries."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Final

from .messages import Entry, Position

__all__ = ["START", "Step", "follows", "judge", "position_of"]

START: Final = Position(offset=0, id="")
"""Before the first entry."""


class Step(Enum):
    """What a pushed entry is to somebody who stands at a position."""

    NEXT = "next"
    """The entry that follows: take it, and stand there."""
    KNOWN = "known"
    """The very entry of the position: ignore it."""
    GAP = "gap"
    """Entries between are missing: subscribe again from the position."""
    FORK = "fork"
    """The log is not the one that was read: subscribe again from the position."""

    @property
    def resubscribe(self) -> bool:
        """Whether only the server can tell what happened."""
        return self in (Step.GAP, Step.FORK)


def position_of(entry: Entry) -> Position:
    """Return the position that somebody has who saw ``entry`` last."""
    return Position(offset=entry.offset, id=entry.id)


def judge(position: Position, entry: Entry) -> Step:
    """Tell what a live entry is to a subscriber at ``position``.

    A live channel never goes back, so an offset below the position is a fork, not a repetition:
    the log lost its tail and grew again.
    """
    if entry.offset == position.offset + 1:
        return Step.NEXT
    if entry.offset > position.offset:
        return Step.GAP
    if entry.offset == position.offset and entry.id == position.id:
        return Step.KNOWN
    return Step.FORK


def follows(position: Position, entries: Sequence[Entry]) -> bool:
    """Tell whether ``entries`` go on from ``position`` without a gap."""
    return all(entry.offset == offset for offset, entry in enumerate(entries, position.offset + 1))

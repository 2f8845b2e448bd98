"""Whether a subscriber can go on from where it stood."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from straks.log.log import Entry, Log, Page
from straks_protocol import START, Position

__all__ = ["Resumed", "resume"]


@dataclass(frozen=True, slots=True)
class Resumed:
    """What a subscriber gets; the fields are those of the ``subscribed`` frame (PROTOCOL.md §4)."""

    recovered: bool
    """``entries`` are all that follow what the subscriber had; else they replace what it shows."""
    entries: Sequence[Entry]
    position: Position
    """Of the last entry in ``entries``, or of the log's end: live entries go on after it."""
    more: bool
    """The log goes on after ``entries``: ask again from ``position`` before going live."""


async def resume(log: Log, channel: str, after: Position | None, limit: int) -> Resumed:
    """Read what a subscriber at ``after`` has not seen, or the latest page.

    An offset alone does not tell whether a log still holds what the subscriber saw: one that lost
    its tail has grown again. So the entry at ``after`` is read too, and its id compared.

    Args:
        limit: most entries to return, at least 1.

    Raises:
        LogUnavailableError: the log cannot be read now.
    """
    if after is not None:
        page = await log.read(channel, after=max(after.offset - 1, 0), limit=limit + 1)
        known = _known(page, after)
        if known is not None:
            return _recovered(page, after, page.entries[known:], limit)
    page = await log.read(channel, limit=limit)
    return Resumed(False, page.entries, _end(page.entries, START), more=False)


def _known(page: Page, after: Position) -> int | None:
    """Tell how many entries of an inclusive page the subscriber has; None where they differ."""
    if after.offset <= 0:
        whole = not page.entries or page.entries[0].offset == 1
        return 0 if after == START and whole else None
    if page.entries and page.entries[0].offset == after.offset:
        return 1 if page.entries[0].id == after.id else None
    return None


def _recovered(page: Page, after: Position, entries: Sequence[Entry], limit: int) -> Resumed:
    entries, more = entries[:limit], page.more or len(entries) > limit
    return Resumed(True, entries, _end(entries, after), more)


def _end(entries: Sequence[Entry], otherwise: Position) -> Position:
    if not entries:
        return otherwise
    return Position(offset=entries[-1].offset, id=entries[-1].id)

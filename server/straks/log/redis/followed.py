"""What a node knows of one channel that it follows."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Final

from straks.log.log import Entry
from straks_protocol import Position

__all__ = ["Followed", "Found"]

_RING: Final = 64
"""Delivered entries whose ids are remembered."""
_HELD: Final = 256
"""Entries that wait for one before them. Overflow policy: "drop": they are read from the log."""


class Found(Enum):
    """What the log's own word about where a channel ends means."""

    SAME = 1
    MORE = 2
    """There is something to be read."""
    FORKED = 3
    """The log lost what was delivered, or holds something else in its place."""


class Followed:
    """Decides which entries can be delivered, and whether the log must be asked. Pure.

    An entry is delivered when it follows the last one: the next offset, and what was before it
    is what was delivered last. It does not matter who brings it: the bus, the log that was read,
    or this node, which has just appended it.
    """

    __slots__ = ("_held", "_held_since", "_last", "_ring", "doubted", "forked")

    def __init__(self) -> None:
        self._last: Position | None = None
        self._ring: list[str] = []
        """The ids of what was delivered last, up to ``_last``; the oldest go now and then."""
        self._held: dict[int, tuple[str | None, Entry]] | None = None
        self._held_since = False
        """Something was held since the log was asked."""
        self.doubted = True
        """The log is to be asked, whatever was held."""
        self.forked = False
        """What was delivered is not in the log any more; :meth:`begin` ends that."""

    @property
    def suspect(self) -> bool:
        """Something may be missing: the log is to be asked."""
        return self.doubted or self.forked or bool(self._held)

    @property
    def last(self) -> Position | None:
        """The end of what was delivered; None before :meth:`begin`."""
        return self._last

    def begin(self, position: Position) -> Sequence[Entry]:
        """Go on from a position, whatever was before. Returns what can be delivered."""
        self._last = position
        self._ring = [position.id]
        self.forked = False
        return self._release()

    def take(self, before: str | None, entry: Entry) -> Sequence[Entry]:
        """Take an entry; ``before`` is the id of the one before it, None when nobody said.

        Returns what can be delivered now, in order.
        """
        last = self._last
        if last is None or self.forked:
            self._hold(before, entry)
        elif entry.offset == last.offset + 1 and before == last.id:
            self._deliver(entry)
            return [entry, *self._release()] if self._held else (entry,)
        elif entry.offset > last.offset:
            # There is a gap, or what was delivered is not what the entry was put behind.
            self._hold(before, entry)
        elif self._delivered(entry.offset) != entry.id:
            self.doubted = True
        return ()

    def ask(self) -> Position | None:
        """Say what is known, just before the log is asked for the end; clears the doubt."""
        self.doubted = self._held_since = False
        return self._last

    def found(self, asked_at: Position, end: Position) -> Found:
        """Compare with where the log says that the channel ends.

        ``asked_at``: what :meth:`ask` said when the question was sent.
        """
        last = self._last
        if last is None or self.forked or end.offset < asked_at.offset:
            return Found.FORKED
        if end.offset > last.offset:
            return Found.MORE
        # What was delivered since the question was sent may be more than the answer knows.
        if self._delivered(end.offset) not in {None, end.id}:
            return Found.FORKED
        if not self._held_since:
            self._held = None  # The log, asked after they came, knows nothing of them.
        return Found.SAME

    def read(self, entries: Sequence[Entry]) -> Sequence[Entry]:
        """Take what was read from the last delivered entry on, that one included.

        Returns what can be delivered; :attr:`forked` tells that it does not go together.
        """
        last = self._last
        if last is None or self.forked:
            return ()
        delivered: list[Entry] = []
        self.forked = not entries and last.offset > 0
        for entry in entries:
            if entry.offset == last.offset + 1:
                self._deliver(entry)
                last = Position(offset=entry.offset, id=entry.id)
                delivered.append(entry)
            elif entry.offset > last.offset or self._delivered(entry.offset) not in {
                None,
                entry.id,
            }:
                self.forked = True  # Entries have gone from the middle, or are others.
                break
        if not self.forked:
            delivered += self._release()
        return delivered

    def _release(self) -> list[Entry]:
        """Deliver what was held and follows now."""
        last, delivered = self._last, list[Entry]()
        assert last is not None
        if self._held is None:
            return delivered
        while (following := self._held.pop(last.offset + 1, None)) is not None:
            before, entry = following
            if before != last.id:
                self.doubted = True
                break
            self._deliver(entry)
            last = Position(offset=entry.offset, id=entry.id)
            delivered.append(entry)
        for offset in [offset for offset in self._held if offset <= last.offset]:
            del self._held[offset]
        return delivered

    def _deliver(self, entry: Entry) -> None:
        self._last = Position(offset=entry.offset, id=entry.id)
        self._ring.append(entry.id)
        if len(self._ring) > 2 * _RING:
            del self._ring[:-_RING]

    def _delivered(self, offset: int) -> str | None:
        """Give the id of what was delivered at an offset; None where that is not remembered."""
        behind = self._last.offset - offset if self._last is not None else -1
        return self._ring[-1 - behind] if 0 <= behind < len(self._ring) else None

    def _hold(self, before: str | None, entry: Entry) -> None:
        self._held_since = True
        if self._held is None:
            self._held = {}
        if len(self._held) < _HELD:
            self._held[entry.offset] = before, entry
        else:
            self.doubted = True

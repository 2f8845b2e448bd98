"""The log as one would write it without storage: the model that adapters are compared to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from straks.log.limits import Limits
from straks.log.log import Append, Appended, AppendResult, Conflict, Entry, Full, Page, Tail
from straks_protocol import Position

__all__ = ["MemoryLog"]


class MemoryLog:
    """Everything in lists, looked through from the start each time."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self.entries: dict[str, list[Entry]] = defaultdict(list)
        self.committed: list[Entry] = []
        self.marks: dict[str, dict[str, int]] = defaultdict(dict)

    def store(self, batch: Sequence[Append]) -> list[AppendResult]:
        """Append a batch."""
        return [self._store(item) for item in batch]

    def _store(self, item: Append) -> AppendResult:
        log = self.entries[item.channel]
        keys = self.limits.max_keys(item.channel)
        for entry in log if keys is None else log[-keys:]:
            if (entry.sender, entry.key) == (item.sender, item.key):
                return Appended(entry, True)
        state = self.state_offset(item.channel)
        if item.expect is not None and item.expect != state:
            return Conflict(state)
        if item.follows is not None and item.follows != self.tail(item.channel).position:
            return Conflict(state)
        most = self.limits.max_entries(item.channel)
        if most is not None and len(log) >= most:
            return Full()
        entry = item.entry(len(log) + 1, max([item.at, *(entry.at for entry in log)]))
        log.append(entry)
        self.committed.append(entry)
        return Appended(entry, False)

    def state_offset(self, channel: str) -> int:
        """Tell the offset of the last entry that changed the state."""
        return max((e.offset for e in self.entries[channel] if e.advances), default=0)

    def mark(self, channel: str, reader: str, offset: int) -> None:
        """Raise a watermark."""
        offset = min(offset, len(self.entries[channel]))
        if offset > self.marks[channel].get(reader, 0):
            self.marks[channel][reader] = offset

    def tail(self, channel: str) -> Tail:
        """Tell where a channel ends."""
        log = self.entries[channel]
        position = Position(offset=len(log), id=log[-1].id if log else "")
        return Tail(position, self.state_offset(channel), self.marks[channel])

    def read(self, channel: str, after: int | None, before: int | None, limit: int) -> Page:
        """Read a page."""
        log = self.entries[channel]
        if after is not None:
            found = [entry for entry in log if entry.offset > after]
            return Page(found[:limit], len(found) > limit)
        found = [entry for entry in log if before is None or entry.offset < before]
        return Page(found[-limit:], len(found) > limit)

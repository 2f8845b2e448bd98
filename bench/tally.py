"""What was sent, acknowledged and delivered, counted from raw frames."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Stream", "Tally"]


@dataclass(slots=True)
class Stream:
    """The live entries of one channel at one receiver, in the order they arrived."""

    seen: dict[int, str] = field(default_factory=dict)
    """Entry id by offset."""
    last: int = 0
    duplicated: int = 0
    reordered: int = 0

    def arrived(self, offset: int, entry_id: str) -> None:
        """Count one entry as it came off the wire."""
        if offset in self.seen:
            self.duplicated += 1
            return
        if offset < self.last:
            self.reordered += 1
        self.seen[offset] = entry_id
        self.last = max(self.last, offset)


class Tally:
    """The books of one run."""

    def __init__(self) -> None:
        self.sent = 0
        self.skipped = 0
        self.acked: dict[str, dict[int, tuple[str, str]]] = defaultdict(dict)
        """By channel and offset: the key and the entry id of what was acknowledged."""
        self.streams: dict[tuple[str, str], Stream] = {}
        self._of_channel: dict[str, list[Stream]] = defaultdict(list)
        self._stored_lost = self._stored_duplicated = self._stored_reordered = 0

    def stream(self, receiver: str, channel: str) -> Stream:
        """The book of one receiver for one channel."""
        found = self.streams.get((receiver, channel))
        if found is None:
            found = self.streams[receiver, channel] = Stream()
            self._of_channel[channel].append(found)
        return found

    def ack(self, channel: str, key: str, offset: int, entry_id: str) -> None:
        """Note an acknowledgement."""
        self.acked[channel][offset] = (key, entry_id)

    def compare(self, channel: str, history: list[dict[str, Any]]) -> None:
        """Hold what was acknowledged against what a fresh subscriber reads."""
        ids = [entry["id"] for entry in history]
        offsets = [entry["offset"] for entry in history]
        stored = dict(zip(offsets, ids, strict=True))
        self._stored_duplicated += len(ids) - len(set(ids))
        self._stored_reordered += sum(
            b != a + 1 for a, b in zip(offsets, offsets[1:], strict=False)
        )
        for offset, (_, entry_id) in self.acked[channel].items():
            self._stored_lost += stored.get(offset) != entry_id
        for stream in self._of_channel[channel]:
            if not stream.seen:
                continue
            first, last = min(stream.seen), max(offsets, default=0)
            for offset in range(first, last + 1):
                self._stored_lost += stream.seen.get(offset) != stored.get(offset)

    def counts(self) -> dict[str, int]:
        """The figures that every scenario reports."""
        live = self.streams.values()
        return {
            "sent": self.sent,
            "acked": sum(len(entries) for entries in self.acked.values()),
            "delivered": sum(len(stream.seen) for stream in live),
            "lost": self._stored_lost,
            "duplicated": sum(stream.duplicated for stream in live) + self._stored_duplicated,
            "reordered": sum(stream.reordered for stream in live) + self._stored_reordered,
            "skipped": self.skipped,
        }

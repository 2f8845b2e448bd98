"""The end of a feed, kept in memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import islice

from straks.log.log import Entry, FeedItem

__all__ = ["RecentFeed"]


class RecentFeed:
    """The last entries of one feed: a consumer that keeps up reads no storage.

    Bounded by entries and by bytes of data; the oldest go first, storage has them. What all
    consumers have handled goes as well.
    """

    def __init__(self, last: int | None, *, entries: int = 1024, size: int = 4 << 20) -> None:
        """Begin after position ``last``; with None storage alone knows where the feed ends."""
        self._items: deque[FeedItem] = deque()
        self._last = last
        self._max_entries = entries
        self._max_size = size
        self._size = 0
        self._handled: dict[str, int] = {}
        """How far each consumer has come."""

    def add(self, position: int, entry: Entry) -> None:
        """Add what was just committed."""
        if self._last is None or position != self._last + 1:
            self.forget()
        self._last = position
        self._items.append(FeedItem(position, entry))
        self._size += len(entry.data)
        while len(self._items) > self._max_entries or self._size > self._max_size:
            self._size -= len(self._items.popleft().entry.data)

    def add_read(self, item: FeedItem) -> None:
        """Add what storage has told, if it is later than what is known."""
        if self._last is None or item.position > self._last:
            self.add(item.position, item.entry)

    def handled(self, consumer: str, position: int) -> None:
        """Learn how far a consumer has come."""
        self._handled[consumer] = position
        lowest = min(self._handled.values())
        while self._items and self._items[0].position <= lowest:
            self._size -= len(self._items.popleft().entry.data)

    def forget(self) -> None:
        """Forget everything, where the feed ends too: it has gone on without us."""
        self._items.clear()
        self._size = 0
        self._last = None

    def after(self, position: int, limit: int) -> Sequence[FeedItem] | None:
        """Read on from a position; None when storage has to be asked."""
        if self._last is None:
            return None
        if position >= self._last:
            return ()
        before_first = self._last - len(self._items)
        if position < before_first:
            return None
        start = position - before_first
        return list(islice(self._items, start, start + limit))

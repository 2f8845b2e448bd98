"""How far a feed was answered, while some of its replies are still under way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from straks.conversation.consumer import Handle
from straks.log.log import Feed, FeedItem

__all__ = ["UnderWay", "handlers"]


class UnderWay(Protocol):
    """Replies that are made beside the feed."""

    def is_under_way(self, question: str) -> bool:
        """Tell whether the reply to an entry is not settled yet."""
        ...

    async def room(self) -> None:
        """Wait while too many are under way."""
        ...


def handlers(
    feed: Feed, handle: Callable[[Sequence[FeedItem]], Awaitable[None]], beside: UnderWay
) -> Sequence[Handle]:
    """Make a consumer's handlers, one for each partition, of one that leaves some beside."""
    return [_Partition(feed, each, handle, beside).handle for each in range(feed.partitions)]


class _Partition:
    def __init__(
        self,
        feed: Feed,
        number: int,
        handle: Callable[[Sequence[FeedItem]], Awaitable[None]],
        beside: UnderWay,
    ) -> None:
        self._feed = feed
        self._number = number
        self._handle = handle
        self._beside = beside
        self._tenure: int | None = None
        self._waiting: list[tuple[int, str]] = []
        """Feed position and id of the entries whose reply is under way."""

    async def handle(self, items: Sequence[FeedItem]) -> int | None:
        """Handle items; give the position before the first that is not settled, if any."""
        tenure = self._feed.tenure(self._number)
        if tenure != self._tenure:
            # The feed is read anew from the cursor: what is not settled is shown again.
            self._tenure, self._waiting = tenure, []
        await self._beside.room()
        if items:
            await self._handle(items)
        under_way = self._beside.is_under_way
        seen = {entry_id for _, entry_id in self._waiting}
        self._waiting += [
            (item.position, item.entry.id)
            for item in items
            if under_way(item.entry.id) and item.entry.id not in seen
        ]
        self._waiting = [waiting for waiting in self._waiting if under_way(waiting[1])]
        # They need not have come in order: some waited for a bot first.
        first = min((position for position, _ in self._waiting), default=None)
        return None if first is None else first - 1

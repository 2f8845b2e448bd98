"""The port of the durable log: what every adapter does."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, TypeAlias

from msgspec import Struct

from straks_protocol import Position

__all__ = [
    "MAX_BATCH",
    "Append",
    "AppendResult",
    "Appended",
    "BadItemError",
    "Conflict",
    "Entry",
    "Feed",
    "FeedItem",
    "Full",
    "Listener",
    "Log",
    "LogBrokenError",
    "LogError",
    "LogUnavailableError",
    "OutcomeUnknownError",
    "Page",
    "Tail",
    "Told",
    "Watcher",
]

MAX_BATCH: Final = 128
"""Items of one ``append`` call."""


# What is made for every entry is a Struct: a frozen dataclass takes ten times as long to make.


class Append(Struct, frozen=True, kw_only=True, gc=False):
    """An entry that somebody wants in a log."""

    channel: str
    sender: str
    """``kind:id`` of who writes: with ``channel`` and ``key`` it names this append for ever."""
    name: str | None
    key: str
    kind: str
    data: bytes
    """A JSON object."""
    id: str
    """Unguessable, and new for each submission, also where the key is an old one."""
    at: int
    """Milliseconds since the epoch; stored no earlier than the channel's last entry."""
    advances: bool = False
    """It changes the conversation's state: its offset is what writers must ``expect`` next."""
    expect: int | None = None
    follows: Position | None = None
    """The entry that it must come directly after; it may be earlier in the same batch."""

    def entry(self, offset: int, at: int) -> Entry:
        """Make the entry that this becomes at an offset."""
        return Entry(
            channel=self.channel,
            offset=offset,
            id=self.id,
            at=at,
            sender=self.sender,
            name=self.name,
            key=self.key,
            kind=self.kind,
            data=self.data,
            advances=self.advances,
        )


class Entry(Struct, frozen=True, kw_only=True, gc=False):
    """An entry that is in a log."""

    channel: str
    offset: int
    id: str
    at: int
    sender: str
    name: str | None
    key: str
    kind: str
    data: bytes
    advances: bool = False
    redacted: bool = False


class Appended(Struct, frozen=True, gc=False):
    """The entry is durable. ``duplicate``: its key had been used, ``entry`` is the first one's."""

    entry: Entry
    duplicate: bool


@dataclass(frozen=True, slots=True)
class Conflict:
    """``expect`` or ``follows`` did not hold; nothing was stored."""

    state_offset: int


@dataclass(frozen=True, slots=True)
class Full:
    """The conversation has as many entries as it may have; nothing was stored."""


AppendResult: TypeAlias = Appended | Conflict | Full


@dataclass(frozen=True, slots=True)
class Page:
    """Entries in rising order; ``more``: the log goes on in the direction that was read."""

    entries: Sequence[Entry]
    more: bool


@dataclass(frozen=True, slots=True)
class Tail:
    """The end of a channel; ``(0, "")`` and no watermarks when the channel is absent."""

    position: Position
    state_offset: int
    read: Mapping[str, int]
    """Read watermark of each reader (``kind:id``)."""


class FeedItem(Struct, frozen=True, gc=False):
    """An entry as the feed of its partition shows it, in commit order."""

    position: int
    entry: Entry


Listener: TypeAlias = Callable[[Sequence[Entry]], None]
"""Called on the event loop with newly committed entries; must not raise, must not block."""
Told: TypeAlias = "Callable[[Sequence[AppendResult | BadItemError]], None]"
"""Called on the event loop with what became of a batch; must not raise, must not block."""


class Watcher:
    """Who is told what becomes of a log that others append to as well.

    The methods do nothing unless they are overridden; they must neither raise nor block.
    """

    def synced(self, channel: str, position: Position) -> None:
        """Learn that a followed channel ends at ``position``; listeners hear of what follows.

        What came before, while it was not followed, they were not told.
        """

    def forked(self, channel: str) -> None:
        """Learn that listeners were told of entries that the log has lost; it may have others."""

    def doubted(self, concerns: Callable[[str], bool]) -> None:
        """Learn that the channels for which ``concerns`` is true may have lost entries."""

    def grown(self, partition: int) -> None:
        """Learn that others may have added to a feed."""

    def tenure_changed(self, partition: int) -> None:
        """Learn that :meth:`Feed.tenure` of a partition is another now."""


class LogError(Exception):
    """The log could not do what was asked."""


class LogUnavailableError(LogError):
    """Nothing of the call was stored; it may be tried again."""


class OutcomeUnknownError(LogError):
    """Some of the call may have been stored; only the same keys again tell."""


class BadItemError(LogError):
    """This item cannot be stored, now or later; it says nothing about the others."""


class LogBrokenError(LogError):
    """What the storage holds is not known any more: the process must end and start again."""


class Log(Protocol):
    """A durable log per channel, and a feed over all channels of a partition.

    All methods are called from one event loop; ``append`` by one caller per lane at a time. Other
    servers may append to the same channels; what they append is heard of where it is followed.
    """

    @property
    def lanes(self) -> int:
        """How many batches can be appended side by side, each of channels of one lane."""
        ...

    def lane_of(self, channel: str) -> int:
        """Tell the lane of a channel, from 0."""
        ...

    async def append(
        self, batch: Sequence[Append], told: Told | None = None
    ) -> Sequence[AppendResult | BadItemError]:
        """Store up to :data:`MAX_BATCH` items of one lane durably and in order, each for itself.

        Returns one result per item, in order. A bad item fails alone. Listeners have been told
        of the new entries when this returns, in the same tick; where a channel is followed and
        something before them is still to be heard of, after that.

        Args:
            told: called with the results in that tick: after the folds, before other listeners.

        Raises:
            LogUnavailableError: nothing was stored.
            OutcomeUnknownError: it is not known what was stored; append the same items again,
                before any other.
            LogBrokenError: the process must end.
        """
        ...

    async def read(
        self, channel: str, *, after: int | None = None, before: int | None = None, limit: int
    ) -> Page:
        """Read a page just after or just before an offset; with neither, the latest page.

        Raises:
            LogUnavailableError: it cannot be read now.
        """
        ...

    async def tail(self, channel: str) -> Tail:
        """Tell where a channel ends."""
        ...

    def mark(self, channel: str, reader: str, offset: int) -> None:
        """Raise a reader's watermark within a second, durably; never lowers it.

        It ends up no higher than the log is long. An absent channel gets none.
        """
        ...

    def listen(self, listener: Listener, *, fold: bool = False) -> None:
        """Add a listener for entries of followed channels and for those appended here.

        ``fold``: it is told before the others, and before whoever appended.
        """
        ...

    def follow(self, channel: str) -> None:
        """Tell listeners of entries that anybody appends to ``channel``, in order, without gaps."""
        ...

    def unfollow(self, channel: str) -> None:
        """End :meth:`follow`, now or later."""
        ...

    def follows(self, channel: str) -> bool:
        """Tell whether listeners know all of a channel that they were told to know."""
        ...

    async def synced(self, channel: str) -> None:
        """Wait until listeners hear of everything that is appended to a followed channel.

        Raises:
            LogUnavailableError: what others append is not heard now.
        """
        ...

    def watch(self, watcher: Watcher) -> None:
        """Tell ``watcher`` what becomes of the log."""
        ...

    async def check(self) -> None:
        """Prove that the storage takes what is written, and that other servers are heard.

        Raises:
            LogError: it is not so.
        """
        ...

    async def close(self) -> None:
        """Finish what is in flight and let go of the storage."""
        ...


class Feed(Protocol):
    """The commit-ordered view over all channels that consumers read, with their cursors."""

    @property
    def partitions(self) -> int:
        """How many feeds there are, numbered from 0."""
        ...

    def partition_of(self, channel: str) -> int:
        """Tell which feed shows a channel's entries."""
        ...

    def tenure(self, partition: int) -> int | None:
        """Tell whether this server's consumers read a partition's feed; None: those of another.

        The number changes when they must begin anew at their cursors.
        """
        ...

    def watch(self, watcher: Watcher) -> None:
        """Tell ``watcher`` what becomes of the feed."""
        ...

    async def feed(self, partition: int, after: int, limit: int) -> Sequence[FeedItem]:
        """Read items after a feed position; empty when there are none yet."""
        ...

    def conversations(self) -> AsyncIterator[str]:
        """Name the channels of all conversations that the log has; one may come twice.

        Raises:
            LogUnavailableError: they cannot be read now.
        """
        ...

    async def cursor(self, consumer: str, partition: int) -> int:
        """Tell how far a consumer has come; 0 at first."""
        ...

    async def move_cursor(self, consumer: str, partition: int, position: int) -> None:
        """Note that a consumer's effects up to ``position`` are done."""
        ...

"""One connection's place in one channel: first catching up, then live."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

from straks.accounts.principals import Principal
from straks.hub.frames import EntryBurst, EntryFrame, Frame
from straks.hub.mailbox import Lane
from straks.log.log import Entry
from straks_protocol import Codec

__all__ = ["BUFFER", "Subscription", "Writer"]

BUFFER: Final = 1000
"""Entries held while catching up. Overflow policy: "read again": they are in the log."""


class Writer(Protocol):
    """The session that a subscription writes to."""

    @property
    def principal(self) -> Principal: ...

    @property
    def codec(self) -> Codec: ...

    def send(self, frame: bytes, lane: Lane = Lane.REPLY, channel: str = "") -> None:
        """Write a frame, or let it wait."""
        ...

    def gap(self, subscription: Subscription) -> None:
        """Learn that live entries are missing: catch up from ``subscription.next`` again."""
        ...

    def begin_anew(self, subscription: Subscription) -> None:
        """Learn that the log has lost what the client was sent: it must subscribe again."""
        ...


class Subscription:
    """Satisfies ``hub.Subscriber``.

    While catching up it holds what arrives. :meth:`join` compares that with what was read from
    the log: only what follows without a gap makes it live.
    """

    __slots__ = (
        "_buffer",
        "_forked",
        "_presence",
        "_reads",
        "_writer",
        "channel",
        "ended",
        "next",
        "principal",
    )

    def __init__(self, writer: Writer, channel: str) -> None:
        self._writer = writer
        self.channel = channel
        self.principal = writer.principal
        self.next = 0
        """The offset that must come next; only while live."""
        self.ended = False
        self._buffer: list[EntryFrame] | None = []
        self._forked = False
        self._reads: dict[str, int] | None = {}
        self._presence: Frame | None = None

    @property
    def live(self) -> bool:
        """Whether entries go straight to the client."""
        return self._buffer is None

    # --- from the hub ---------------------------------------------------------------------

    def entry(self, frame: EntryFrame) -> None:
        buffer = self._buffer
        if buffer is None:
            if frame.offset == self.next:
                self.next += 1
                writer = self._writer
                own = frame.sender == self.principal.sender
                writer.send(frame.encoded(writer.codec, own=own), Lane.PUSH, self.channel)
            elif frame.offset > self.next:
                self._buffer, self._reads = [frame], {}
                self._writer.gap(self)
        elif len(buffer) < BUFFER:
            buffer.append(frame)
        else:
            buffer[:] = [frame]

    def burst(self, burst: EntryBurst) -> None:
        live = self._buffer is None and burst.offset == self.next
        if live and self.principal.sender not in burst.senders:
            self.next += len(burst.frames)
            self._writer.send(burst.encoded(self._writer.codec), Lane.PUSH, self.channel)
        else:
            for frame in burst.frames:
                if self.ended:
                    break  # The one before was too much for who reads too slowly.
                self.entry(frame)

    def signal(self, frame: Frame) -> None:
        if self._buffer is None:
            self._writer.send(frame.encoded(self._writer.codec), Lane.SIGNAL, self.channel)

    def read(self, reader: str, offset: int, frame: Frame) -> None:
        if self._reads is not None:
            self._reads[reader] = max(offset, self._reads.get(reader, 0))
        else:
            self._writer.send(frame.encoded(self._writer.codec), Lane.PUSH, self.channel)

    def presence(self, frame: Frame) -> None:
        if self._reads is not None:
            self._presence = frame
        else:
            self._writer.send(frame.encoded(self._writer.codec), Lane.PUSH, self.channel)

    def lost(self) -> None:
        if self.next:
            self._writer.begin_anew(self)
        else:
            # Nothing was sent yet: what was read and held is read again.
            self._buffer, self._forked = [], True

    def write(self, entry: Entry) -> None:
        """Push an entry that was missed."""
        writer, own = self._writer, entry.sender == self.principal.sender
        writer.send(EntryFrame(entry).encoded(writer.codec, own=own), Lane.PUSH, self.channel)

    # --- catching up ----------------------------------------------------------------------

    def join(self, last: int) -> Sequence[Entry] | None:
        """Go live after offset ``last``, the end of what was read.

        Returns the entries that arrived meanwhile and follow ``last``, or None when something
        is missing between: read again from ``last``.
        """
        if self._forked:
            self._forked = False
            return None
        following = [frame.entry for frame in self._buffer or () if frame.offset > last]
        for place, entry in enumerate(following, last + 1):
            if entry.offset != place:
                # The last one stays: it proves that there is more to read.
                self._buffer = (self._buffer or [])[-1:]
                return None
        self.next = last + len(following) + 1
        self._buffer = None
        return following

    def take_missed(self) -> tuple[dict[str, int], Frame | None]:
        """Give the read marks and the presence that came while catching up.

        Later ones go straight to the client.
        """
        reads, self._reads = self._reads or {}, None
        presence, self._presence = self._presence, None
        return reads, presence

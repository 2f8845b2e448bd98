"""What the lines of an export say."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec
from msgspec import Struct

from straks.log.log import Entry
from straks.log.moving import Head, Pending

__all__ = [
    "FORMAT",
    "Channel",
    "Counts",
    "Footer",
    "Header",
    "Line",
    "Said",
    "Secret",
    "TableRow",
    "Waiting",
    "decode",
    "encode",
]

FORMAT = 1
"""Of the file as a whole; a reader knows one."""


class Header(Struct, frozen=True, kw_only=True, tag="header"):
    """The first line."""

    format: int
    straks: str
    """Release that wrote the file."""
    records: str
    """Revision of the tables."""
    at: int
    """Milliseconds since the epoch."""
    consumers: tuple[str, ...]
    """Those whose :class:`Waiting` lines follow."""


class Secret(Struct, frozen=True, kw_only=True, tag="secret"):
    """What tokens are signed with."""

    secret: bytes


class TableRow(Struct, frozen=True, kw_only=True, tag="row"):
    """A row of the records."""

    table: str
    values: dict[str, Any]


class Channel(Struct, frozen=True, kw_only=True, tag="channel"):
    """A channel; its entries follow."""

    head: Head


class Said(Struct, frozen=True, kw_only=True, omit_defaults=True, tag="entry"):
    """An entry of the channel above; its data is in ``text`` where it is UTF-8."""

    offset: int
    id: str
    at: int
    sender: str
    name: str | None = None
    key: str
    kind: str
    text: str | None = None
    data: bytes | None = None
    advances: bool = False

    @classmethod
    def of(cls, entry: Entry) -> Said:
        """Say an entry."""
        try:
            text, data = entry.data.decode(), None
        except UnicodeDecodeError:
            text, data = None, entry.data
        return cls(
            offset=entry.offset,
            id=entry.id,
            at=entry.at,
            sender=entry.sender,
            name=entry.name,
            key=entry.key,
            kind=entry.kind,
            text=text,
            data=data,
            advances=entry.advances,
        )

    def entry(self, channel: str) -> Entry:
        """Give the entry that is said."""
        return Entry(
            channel=channel,
            offset=self.offset,
            id=self.id,
            at=self.at,
            sender=self.sender,
            name=self.name,
            key=self.key,
            kind=self.kind,
            data=self.text.encode() if self.text is not None else self.data or b"",
            advances=self.advances,
        )


class Waiting(Struct, frozen=True, kw_only=True, tag="pending"):
    """An entry that consumers have yet to see; the lines are in the order in which they will."""

    pending: Pending


class Counts(Struct, kw_only=True):
    """How much there is of what."""

    rows: int = 0
    channels: int = 0
    entries: int = 0
    pending: int = 0

    def __str__(self) -> str:
        return f"{self.channels:,} channels, {self.entries:,} entries, {self.rows:,} records"


class Footer(Struct, frozen=True, kw_only=True, tag="footer"):
    """The last line."""

    counts: Counts
    sha256: str
    """Of all bytes above it, hexadecimal."""


Line: TypeAlias = Header | Secret | TableRow | Channel | Said | Waiting | Footer

_DECODER = msgspec.json.Decoder(Line)
_ENCODER = msgspec.json.Encoder()


def encode(line: Line) -> bytes:
    """Write a line, with its end."""
    return _ENCODER.encode(line) + b"\n"


def decode(line: bytes) -> Line:
    """Read a line.

    Raises:
        msgspec.MsgspecError, ValueError: it is none.
    """
    decoded: Line = _DECODER.decode(line)
    return decoded

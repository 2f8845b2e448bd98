"""WebSocket frames that are built once and written to many."""

from __future__ import annotations

from collections.abc import Sequence
from struct import Struct
from typing import Any, Final

import orjson

from straks.log.log import Entry
from straks_protocol import Codec

__all__ = [
    "EntryBurst",
    "EntryFrame",
    "Frame",
    "entry_object",
    "principal_object",
    "read_frame",
    "websocket_frame",
]

_MEDIUM: Final = Struct("!BBH").pack
_LARGE: Final = Struct("!BBQ").pack
_SMALL: Final = [[bytes((head, length)) for length in range(126)] for head in (0x81, 0x82)]
"""The headers of small text frames, and of small binary ones."""


def websocket_frame(payload: bytes, binary: bool) -> bytes:
    """Put the header of one unfragmented server frame before a payload."""
    length = len(payload)
    if length < 126:
        return _SMALL[binary][length] + payload
    head = 0x82 if binary else 0x81
    if length < 65536:
        return _MEDIUM(head, 126, length) + payload
    return _LARGE(head, 127, length) + payload


def principal_object(sender: str, name: str | None) -> dict[str, Any]:
    """Give the wire form of a ``kind:id`` and its name."""
    kind, _, ident = sender.partition(":")
    wire: dict[str, Any] = {"kind": kind, "id": ident}
    if name is not None:
        wire["name"] = name
    return wire


def entry_object(entry: Entry, codec: Codec, *, own: bool) -> dict[str, Any]:
    """Give the wire form of an entry; ``own``: for its sender, who alone sees the key."""
    wire: dict[str, Any] = {
        "offset": entry.offset,
        "id": entry.id,
        "at": entry.at,
        "from": principal_object(entry.sender, entry.name),
        "kind": entry.kind,
        "data": orjson.loads(entry.data) if codec.binary else orjson.Fragment(entry.data),
    }
    if own:
        wire["key"] = entry.key
    return wire


class Frame:
    """A server frame, encoded at its first use, once per codec."""

    __slots__ = ("_json", "_msgpack", "_wire")

    def __init__(self, wire: dict[str, Any]) -> None:
        self._wire = wire
        self._json: bytes | None = None
        self._msgpack: bytes | None = None

    def encoded(self, codec: Codec) -> bytes:
        """Give the whole WebSocket frame."""
        if codec.binary:
            if self._msgpack is None:
                self._msgpack = websocket_frame(codec.encode_raw(self._wire), True)
            return self._msgpack
        if self._json is None:
            self._json = websocket_frame(codec.encode_raw(self._wire), False)
        return self._json


class EntryFrame:
    """The push of one committed entry: four encodings at most, each made at its first use."""

    __slots__ = ("_made", "channel", "entry", "offset", "sender")

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
        self.channel = entry.channel
        self.offset = entry.offset
        self.sender = entry.sender
        self._made: list[bytes | None] = [None, None, None, None]

    def encoded(self, codec: Codec, *, own: bool) -> bytes:
        """Give the whole WebSocket frame; ``own``: for a connection of the entry's sender."""
        index = codec.binary + 2 * own
        made = self._made[index]
        if made is None:
            wire = {
                "type": "entry",
                "channel": self.channel,
                "entry": entry_object(self.entry, codec, own=own),
            }
            made = self._made[index] = websocket_frame(codec.encode_raw(wire), codec.binary)
        return made


class EntryBurst:
    """The pushes of several entries of one channel that follow each other, written as one.

    To whoever sent none of them; their senders see their own keys in their own.
    """

    __slots__ = ("_made", "frames", "offset", "senders")

    def __init__(self, frames: Sequence[EntryFrame]) -> None:
        self.frames = frames
        self.offset = frames[0].offset
        self.senders = {frame.sender for frame in frames}
        self._made: list[bytes | None] = [None, None]

    def encoded(self, codec: Codec) -> bytes:
        """Give the WebSocket frames, one behind the other."""
        made = self._made[codec.binary]
        if made is None:
            made = b"".join([frame.encoded(codec, own=False) for frame in self.frames])
            self._made[codec.binary] = made
        return made


def read_frame(channel: str, reader: str, name: str | None, offset: int) -> Frame:
    """Build the push of a read mark."""
    return Frame(
        {
            "type": "read",
            "channel": channel,
            "from": principal_object(reader, name),
            "offset": offset,
        }
    )

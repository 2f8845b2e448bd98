"""How entries are packed for Redis."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any, Final

import msgpack
import msgspec

from straks.log.limits import Limits
from straks.log.log import Append, Appended, AppendResult, BadItemError, Conflict, Entry, Full
from straks.log.marks import MarkSet
from straks.log.redis.keys import ChannelKeys, channel_keys, feed_key, wake_name

__all__ = [
    "KEPT",
    "Call",
    "key_digest",
    "pack_batch",
    "pack_entry",
    "pack_marks",
    "unpack_live",
    "unpack_result",
    "unpack_stored",
    "unpack_streamed",
]

_PACKED: Final = msgspec.msgpack.Decoder(tuple[str, str, str | None, str, str, bytes])
"""Id, sender, name, key, kind and data of an entry."""
_encode: Final = msgspec.msgpack.Encoder().encode
_NEW, _USED, _CONFLICT, _FULL = range(4)

KEPT: Final = 10_000
"""Entries of a channel without end that are kept, about; its older ones go."""


class Call:
    """A batch as the append function takes it."""

    __slots__ = ("bad", "feeds", "items", "keys", "packed", "wakes")

    def __init__(self) -> None:
        self.items: list[tuple[Append, ChannelKeys]] = []
        """What is sent, in order."""
        self.bad: dict[int, BadItemError] = {}
        """What is not, by place in the batch."""
        self.feeds: list[str] = []
        self.wakes: list[str] = []
        self.keys: list[str] = []
        self.packed = b""


def pack_batch(batch: Sequence[Append], limits: Limits, *, archives: bool = False) -> Call:
    """Pack a batch; an item that cannot be packed is left out.

    ``archives``: what is not in Redis may be in the archive.
    """
    call = Call()
    anchors: dict[str, int] = {}
    feeds: dict[int, int] = {}
    # Redis knows one type of string.
    packer = msgpack.Packer(use_bin_type=False)
    rows: list[bytes] = []
    for place, item in enumerate(batch):
        try:
            keys = channel_keys(item.channel)
            feed = feeds.get(keys.partition, len(feeds) + 1)
            anchor = 0
            if archives and keys.anchor:
                anchor = anchors.setdefault(keys.anchor, len(anchors) + 1)
            rows.append(packer.pack(_row(feed, item, keys, limits, anchor)))
        except (TypeError, ValueError, OverflowError, AttributeError) as error:
            call.bad[place] = BadItemError(f"it cannot be stored: {error}")
            continue
        if feed > len(feeds):
            feeds[keys.partition] = feed
            call.feeds.append(feed_key(keys.partition))
            call.wakes.append(wake_name(keys.partition))
        call.items.append((item, keys))
        call.keys += (keys.state, keys.log)
    call.keys += anchors
    call.packed = packer.pack_array_header(len(rows)) + b"".join(rows)
    return call


def _row(
    feed: int, item: Append, keys: ChannelKeys, limits: Limits, anchor: int
) -> tuple[Any, ...]:
    if not isinstance(item.data, bytes):
        raise TypeError("data is not bytes")
    return (
        feed,
        item.channel,
        keys.live,
        key_digest(item),
        item.id,
        pack_entry(item),
        int(item.at),
        int(item.advances),
        "" if item.expect is None else item.expect,
        limits.max_entries(item.channel) or -KEPT,
        limits.max_keys(item.channel) or 0,
        anchor,
        "" if item.follows is None else f"{item.follows.offset}:{item.follows.id}",
    )


def key_digest(item: Append | Entry) -> bytes:
    """Give what is remembered of a used key: 16 bytes."""
    return blake2b(f"{item.sender}\n{item.key}".encode(), digest_size=16).digest()


def pack_entry(item: Append | Entry) -> bytes:
    """Pack what Redis has no use for itself."""
    return _encode((item.id, item.sender, item.name, item.key, item.kind, item.data))


def unpack_stored(channel: str, offset: int, at: int, state: int, packed: bytes) -> Entry:
    """Make an entry of what the append function says of it."""
    entry_id, sender, name, key, kind, data = _PACKED.decode(packed)
    return Entry(
        channel=channel,
        offset=offset,
        id=entry_id,
        at=at,
        sender=sender,
        name=name,
        key=key,
        kind=kind,
        data=data,
        advances=state == offset,
    )


def unpack_live(channel: str, payload: bytes) -> tuple[str, Entry]:
    """Make an entry of what is published of it, with the id of the entry before.

    Whoever may publish in this Redis may have published anything.

    Raises:
        ValueError, TypeError, msgpack.UnpackException: it is none.
    """
    before, offset, at, state, packed = msgpack.unpackb(payload, raw=True)
    if not (type(offset) is type(at) is type(state) is int and type(before) is bytes):
        raise TypeError("no entry")
    try:
        return before.decode(), unpack_stored(channel, offset, at, state, packed)
    except msgspec.DecodeError as error:
        raise ValueError(f"no entry: {error}") from error


def unpack_streamed(channel: str, item: Sequence[Any]) -> Entry:
    """Make an entry of an item of a channel's stream."""
    stream_id, flat = item
    fields = dict(zip(flat[::2], flat[1::2], strict=True))
    offset = int(stream_id.partition(b"-")[2])
    return unpack_stored(channel, offset, int(fields[b"t"]), int(fields[b"g"]), fields[b"e"])


def unpack_result(item: Append, row: list[Any]) -> AppendResult | BadItemError:
    """Make of a row of the append function's answer what it means for an item."""
    outcome = row[0]
    if outcome == _NEW:
        return Appended(item.entry(row[1], row[2]), False)
    if outcome == _USED:
        return Appended(unpack_stored(item.channel, *row[1:]), True)
    if outcome == _CONFLICT:
        return Conflict(row[1])
    if outcome == _FULL:
        return Full()
    return BadItemError(f"Redis cannot store it: {row[1].decode()}")


def pack_marks(marks: MarkSet) -> tuple[list[str], list[bytes]]:
    keys: list[str] = []
    for channel in marks:
        names = channel_keys(channel)
        keys += (names.state, names.marks)
    pairs = [list(readers.items()) for readers in marks.values()]
    return keys, [msgpack.packb(pairs, use_bin_type=False)]

"""How entries are packed for Redis."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import msgpack

from straks.log.limits import Limits
from straks.log.log import Append, BadItemError, Entry
from straks.log.redis.keys import ChannelKeys, channel_keys, feed_key

__all__ = ["Call", "pack_batch", "unpack_stored", "unpack_streamed"]


class Call:
    """A batch as the append function takes it."""

    __slots__ = ("bad", "feeds", "items", "keys", "packed")

    def __init__(self) -> None:
        self.items: list[tuple[Append, ChannelKeys]] = []
        """What is sent, in order."""
        self.bad: dict[int, BadItemError] = {}
        """What is not, by place in the batch."""
        self.feeds: list[str] = []
        self.keys: list[str] = []
        self.packed = b""


def pack_batch(batch: Sequence[Append], limits: Limits) -> Call:
    """Pack a batch; an item that cannot be packed is left out."""
    call = Call()
    feeds: dict[int, int] = {}
    rows: list[bytes] = []
    for place, item in enumerate(batch):
        try:
            keys = channel_keys(item.channel)
            feed = feeds.get(keys.partition, len(feeds) + 1)
            rows.append(_row(feed, item, keys, limits))
        except (TypeError, ValueError, OverflowError, AttributeError) as error:
            call.bad[place] = BadItemError(f"it cannot be stored: {error}")
            continue
        if feed > len(feeds):
            feeds[keys.partition] = feed
            call.feeds.append(feed_key(keys.partition))
        call.items.append((item, keys))
        call.keys += (keys.state, keys.log)
    call.packed = msgpack.Packer().pack_array_header(len(rows)) + b"".join(rows)
    return call


def _row(feed: int, item: Append, keys: ChannelKeys, limits: Limits) -> bytes:
    if not isinstance(item.data, bytes):
        raise TypeError("data is not bytes")
    packed = msgpack.packb((item.id, item.sender, item.name, item.key, item.kind, item.data))
    row = (
        feed,
        item.channel,
        keys.live,
        blake2b(f"{item.sender}\n{item.key}".encode(), digest_size=16).digest(),
        item.id,
        packed,
        int(item.at),
        int(item.advances),
        False if item.expect is None else item.expect,
        limits.max_entries(item.channel) or 0,
        limits.max_keys(item.channel) or 0,
    )
    packed_row: bytes = msgpack.packb(row, use_bin_type=False)  # Redis knows one type of string
    return packed_row


def unpack_stored(channel: str, offset: int, at: int, state: int, packed: bytes) -> Entry:
    """Make an entry of what the append function says of it."""
    entry_id, sender, name, key, kind, data = msgpack.unpackb(packed)
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


def unpack_streamed(channel: str, item: tuple[bytes, dict[bytes, bytes]]) -> Entry:
    """Make an entry of an item of a channel's stream."""
    stream_id, fields = item
    offset = int(stream_id.partition(b"-")[2])
    return unpack_stored(channel, offset, int(fields[b"t"]), int(fields[b"g"]), fields[b"e"])

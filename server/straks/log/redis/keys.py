"""The names of everything that the log keeps in Redis."""

from __future__ import annotations

import zlib
from functools import lru_cache
from typing import Final, NamedTuple

__all__ = ["LEASE", "META", "PARTITIONS", "ChannelKeys", "channel_keys", "cursors_key", "feed_key"]

PARTITIONS: Final = 16
"""Fixed for ever by the first server that used a Redis; another number would lose everything."""

META: Final = "straks:meta"
LEASE: Final = "straks:lease"


class ChannelKeys(NamedTuple):
    """A channel's partition, its keys, and the name that its live entries are published under."""

    partition: int
    log: str
    state: str
    marks: str
    live: str


@lru_cache(maxsize=32_768)
def channel_keys(channel: str) -> ChannelKeys:
    """Name a channel's keys; a conversation and its desk share a partition."""
    ident = channel.partition(":")[2]
    partition = zlib.crc32(ident.encode("utf-8", "surrogatepass")) % PARTITIONS
    base = f"straks:{{{partition}}}:{channel}"
    return ChannelKeys(partition, f"{base}:log", f"{base}:state", f"{base}:marks", f"{base}:live")


def feed_key(partition: int) -> str:
    """Name the feed of a partition."""
    return f"straks:{{{partition}}}:feed"


def cursors_key(partition: int) -> str:
    """Name the cursors of a partition's consumers."""
    return f"straks:{{{partition}}}:cursors"

"""The names of everything that the log keeps in Redis."""

from __future__ import annotations

import binascii
import zlib
from functools import lru_cache
from typing import Final, NamedTuple

__all__ = [
    "ARCHIVED",
    "ARRIVING",
    "META",
    "NODES",
    "NOTES",
    "OLD_META",
    "PARTITIONS",
    "TELL",
    "ChannelKeys",
    "absence_key",
    "channel_keys",
    "conversation_of",
    "cursors_key",
    "feed_key",
    "owner_key",
    "probe_name",
    "slot_of",
    "wake_name",
]

PARTITIONS: Final = 16
"""Fixed for ever by the first server that used a Redis; another number would lose everything."""

META: Final = "straks:{0}:meta"
"""A hash that says whose Redis this is, and for how many partitions."""
ARRIVING: Final = "arriving"
"""A field of that hash while an import is not finished."""
OLD_META: Final = "straks:meta"
"""The same of before there were clusters."""
NODES: Final = "straks:{0}:nodes"
"""A sorted set: the tag of each node, by the millisecond at which its lease ends."""
NOTES: Final = "straks:{0}:notes"
"""A hash: what each node lets the others see."""
TELL: Final = "straks:{0}:tell"
"""What is published for every node."""

_SLOTS: Final = 16_384


class ChannelKeys(NamedTuple):
    """A channel's partition, its keys, and what belongs to it.

    ``live``: the name that its live entries are published under. ``anchor``: the state of the
    conversation that says whether it is in the archive; empty: it never is.
    """

    partition: int
    log: str
    state: str
    marks: str
    live: str
    anchor: str


@lru_cache(maxsize=4_096)
def channel_keys(channel: str) -> ChannelKeys:
    """Name a channel's keys; a conversation and its desk share a partition."""
    ident = channel.partition(":")[2]
    partition = zlib.crc32(ident.encode("utf-8", "surrogatepass")) % PARTITIONS
    base = f"straks:{{{partition}}}:{channel}"
    state = f"{base}:state"
    anchor = ""
    if channel.startswith(ARCHIVED[0] + ":"):
        anchor = state
    elif (conversation := conversation_of(channel)) is not None:
        anchor = channel_keys(conversation).state
    return ChannelKeys(partition, f"{base}:log", state, f"{base}:marks", f"{base}:live", anchor)


ARCHIVED: Final = ("conversation", "desk")
"""Kinds of channels that go to the archive, together; the first one's state says where both are."""


def conversation_of(channel: str) -> str | None:
    """Name the channel whose state says whether a channel is in the archive; None: it never is."""
    kind, _, ident = channel.partition(":")
    return f"{ARCHIVED[0]}:{ident}" if kind in ARCHIVED else None


def absence_key(keys: ChannelKeys) -> str:
    """Name what says for a while that a conversation is in the archive, and since which time."""
    return f"{keys.state}~gone"


def feed_key(partition: int) -> str:
    """Name the feed of a partition."""
    return f"straks:{{{partition}}}:feed"


def cursors_key(partition: int) -> str:
    """Name the cursors of a partition's consumers."""
    return f"straks:{{{partition}}}:cursors"


def owner_key(partition: int) -> str:
    """Name the lease of the node whose consumers read a partition's feed."""
    return f"straks:{{{partition}}}:owner"


def wake_name(partition: int) -> str:
    """Name what is published when a partition's feed has grown."""
    return f"straks:{{{partition}}}:wake"


def probe_name(partition: int, node: str) -> str:
    """Name what a node publishes to hear whether it hears."""
    return f"straks:{{{partition}}}:probe:{node}"


def slot_of(partition: int) -> int:
    """Tell the cluster slot of everything that belongs to a partition.

    CRC-16/XMODEM of the hash tag, as in the Redis cluster specification.
    """
    return binascii.crc_hqx(str(partition).encode(), 0) % _SLOTS

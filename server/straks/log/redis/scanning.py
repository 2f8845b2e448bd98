"""Looking through all that a Redis holds, a page at a time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Final

from straks.log.redis.lane import Lane

__all__ = ["each_master", "scan", "scan_channels"]

_PAGE: Final = 1_000


def each_master(lanes: Iterable[Lane]) -> Sequence[Lane]:
    """Give one lane to each master."""
    return list({lane.master.shown: lane for lane in reversed(list(lanes))}.values())


async def scan(lane: Lane, pattern: str) -> AsyncIterator[str]:
    """Give the keys of a lane's master; some may come twice.

    Raises:
        LogUnavailableError: they cannot be read now.
    """
    cursor = b"0"
    while True:
        ((cursor, keys),) = await lane.reads.ask(("SCAN", cursor, "MATCH", pattern, "COUNT", _PAGE))
        for key in keys:
            yield key.decode()
        if cursor == b"0":
            return


async def scan_channels(lanes: Sequence[Lane], kind: str = "*") -> AsyncIterator[str]:
    """Give the names of all channels, or of those of a kind; some may come twice.

    Raises:
        LogUnavailableError: they cannot be read now.
    """
    for lane in each_master(lanes):
        async for key in scan(lane, f"straks:{{*}}:{kind}:*:state"):
            yield key.split(":", 2)[2].removesuffix(":state")

"""Load at an even rate."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

__all__ = ["paced"]


async def paced(
    rate: float, go_on: Callable[[float], bool], act: Callable[[int, float], None]
) -> int:
    """Call ``act`` with number and due time, ``rate`` times a second; returns how often.

    The due time is the schedule's, not the moment we came to it: a late generator hides nothing.

    Args:
        go_on: whether to continue, given the seconds since the begin.
    """
    began, count = time.perf_counter(), 0
    while go_on(time.perf_counter() - began):
        while began + count / rate <= time.perf_counter():
            act(count, began + count / rate)
            count += 1
        # uvloop counts in milliseconds: this comes back after a look at the sockets.
        await asyncio.sleep(0)
    return count

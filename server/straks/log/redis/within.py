"""A time limit that modules may use which are compiled.

mypyc 2.4 lets another task raise what is raised while ``async with`` awaits; and before Python 3.12
:func:`asyncio.wait_for` loses a cancellation that comes in the moment of the result.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

__all__ = ["within"]

_T = TypeVar("_T")


async def within(seconds: float, work: Awaitable[_T]) -> _T:
    """Wait for ``work``, at most so long.

    Raises:
        TimeoutError: it takes longer; it is cancelled.
    """
    async with asyncio.timeout(seconds):
        return await work

"""Not waiting for what was away a moment ago."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from straks.log.log import LogUnavailableError

__all__ = ["Breaker"]

_PAUSE: Final = 2.0
"""Seconds after a failure in which everybody is refused at once."""


class Breaker:
    """Refuses at once while something is away; after a pause, one at a time looks again."""

    def __init__(self, what: str, *, pause: float = _PAUSE) -> None:
        """``what``: for the messages."""
        self._what = what
        self._pause = pause
        self._closed_until: float | None = None
        self._somebody_looks = False

    @asynccontextmanager
    async def attempt(self) -> AsyncIterator[None]:
        """Surround what may fail.

        Raises:
            LogUnavailableError: it failed, now or a moment ago.
        """
        loop = asyncio.get_running_loop()
        looks = self._closed_until is not None
        if looks and (self._somebody_looks or loop.time() < (self._closed_until or 0.0)):
            raise LogUnavailableError(f"{self._what} is away; try again soon")
        self._somebody_looks = looks
        try:
            yield
        except LogUnavailableError:
            self._closed_until = loop.time() + self._pause
            raise
        else:
            self._closed_until = None
        finally:
            if looks:
                self._somebody_looks = False

"""How far a move has come."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

__all__ = ["Progress"]

_EVERY: Final = 2.0
"""Seconds between two lines."""


class Progress:
    """Tells now and then how far it has come."""

    def __init__(self, tell: Callable[[str], None], so_far: object) -> None:
        """``so_far``: what is told, as text."""
        self._tell = tell
        self._so_far = so_far
        self._told_at = time.monotonic()

    def step(self) -> None:
        """Note that there was some; tell, when it is time."""
        now = time.monotonic()
        if now - self._told_at >= _EVERY:
            self._told_at = now
            self._tell(f"{self._so_far} so far")

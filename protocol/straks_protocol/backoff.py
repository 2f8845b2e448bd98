"""How long to wait before connecting again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

__all__ = ["BACKOFF_BASE", "BACKOFF_CAP", "Backoff", "full_jitter"]

BACKOFF_BASE: Final = 0.5
"""Seconds: the longest first delay."""
BACKOFF_CAP: Final = 20.0
"""Seconds: the longest delay of all."""

_ENOUGH_DOUBLINGS: Final = 16


def full_jitter(
    attempt: int,
    fraction: float,
    *,
    base: float = BACKOFF_BASE,
    cap: float = BACKOFF_CAP,
) -> float:
    """Return a delay in seconds for the ``attempt``-th try, counted from 0.

    ``fraction`` is random and evenly spread over 0…1. Full jitter spreads the clients of a server
    that came back evenly over the delay, where a fixed delay would bring them all at once.
    """
    return fraction * min(cap, base * 2.0 ** min(attempt, _ENOUGH_DOUBLINGS))


class Backoff:
    """The delays of one series of attempts; ``random`` gives numbers in 0…1."""

    __slots__ = ("_attempt", "_random")

    def __init__(self, random: Callable[[], float]) -> None:
        self._random = random
        self._attempt = 0

    def next(self, reconnect_after: float | None = None) -> float:
        """Return the delay in seconds before the next attempt.

        ``reconnect_after`` is what a server that closes asked for; it replaces the first delay.
        """
        attempt = self._attempt
        self._attempt += 1
        if reconnect_after is not None and attempt == 0:
            return max(0.0, reconnect_after)
        return full_jitter(attempt, self._random())

    def reset(self) -> None:
        """Start again from the shortest delays: an attempt succeeded."""
        self._attempt = 0

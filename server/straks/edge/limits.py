"""How often and how many: token buckets, counts per address."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

__all__ = ["AddressCounts", "AddressRates", "Rate", "take"]

_ROUNDING: Final = 1e-4
"""Seconds by which a sum of intervals may be off, on a clock that has run for years."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many a second, after ``burst`` at once."""

    per_second: float
    burst: int
    each: float = field(init=False, repr=False)
    """Seconds that one takes."""
    all: float = field(init=False, repr=False)
    """Seconds that those of a burst take."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "each", 1 / self.per_second)
        object.__setattr__(self, "all", self.burst / self.per_second)

    def times(self, factor: float) -> Rate:
        """The same, wider; the same object each time."""
        return _times(self, factor)


@lru_cache(maxsize=64)
def _times(rate: Rate, factor: float) -> Rate:
    return Rate(rate.per_second * factor, round(rate.burst * factor))


def take(buckets: MutableMapping[str, float], name: str, rate: Rate, now: float) -> float:
    """Take one token of a bucket; one that is not there is full.

    A bucket is one number: the time at which it will be full again, in seconds.

    Returns:
        0 when there was one, else the seconds until there is.
    """
    full_at = buckets.get(name, now)
    full_at = (full_at if full_at > now else now) + rate.each
    wait = full_at - now - rate.all
    if wait > _ROUNDING:
        return wait
    buckets[name] = full_at
    return 0.0


class AddressRates:
    """A bucket for each address, for the ``capacity`` addresses that were seen last."""

    def __init__(self, rate: Rate, *, capacity: int = 10_000) -> None:
        self._rate = rate
        self._capacity = capacity
        self._buckets: OrderedDict[str, float] = OrderedDict()

    def take(self, address: str, now: float) -> float:
        """Take one. Returns 0 when there was one, else seconds until there is."""
        wait = take(self._buckets, address, self._rate, now)
        self._buckets.move_to_end(address)
        if len(self._buckets) > self._capacity:
            self._buckets.popitem(last=False)
        return wait

    def __len__(self) -> int:
        return len(self._buckets)


class AddressCounts:
    """Connections of each address; holds as many addresses as there are connections."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._counts: dict[str, int] = {}

    def enter(self, address: str) -> bool:
        """Count one more; False when the address has as many as it may have."""
        count = self._counts.get(address, 0)
        if count >= self._limit:
            return False
        self._counts[address] = count + 1
        return True

    def leave(self, address: str) -> None:
        """Count one less."""
        count = self._counts[address] - 1
        if count:
            self._counts[address] = count
        else:
            del self._counts[address]

    def __len__(self) -> int:
        return len(self._counts)

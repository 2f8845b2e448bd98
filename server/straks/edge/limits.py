"""How often and how many: token buckets, counts per address."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["AddressCounts", "AddressRates", "Bucket", "Buckets", "Rate"]


@dataclass(frozen=True, slots=True)
class Rate:
    """So many a second, after ``burst`` at once."""

    per_second: float
    burst: int

    def times(self, factor: float) -> Rate:
        """The same, wider; the same object each time."""
        return _times(self, factor)


@lru_cache(maxsize=64)
def _times(rate: Rate, factor: float) -> Rate:
    return Rate(rate.per_second * factor, round(rate.burst * factor))


class Bucket:
    """A token bucket, full at first."""

    __slots__ = ("_rate", "_stamp", "_tokens")

    def __init__(self, rate: Rate, now: float) -> None:
        self._rate = rate
        self._tokens = float(rate.burst)
        self._stamp = now

    def take(self, now: float) -> float:
        """Take one. Returns 0 when there was one, else seconds until there is."""
        rate = self._rate
        tokens = self._tokens + (now - self._stamp) * rate.per_second
        self._tokens = tokens = min(tokens, rate.burst)
        self._stamp = now
        if tokens >= 1.0:
            self._tokens = tokens - 1.0
            return 0.0
        return (1.0 - tokens) / rate.per_second


class Buckets:
    """The buckets of one connection, by name, each made at its first use."""

    __slots__ = ("_buckets",)

    def __init__(self) -> None:
        self._buckets: dict[str, Bucket] = {}

    def take(self, name: str, rate: Rate, factor: Callable[[], float], now: float) -> float:
        """Take one of ``factor`` times the rate. Returns seconds to wait, 0 for none."""
        bucket = self._buckets.get(name)
        if bucket is None:
            bucket = self._buckets[name] = Bucket(rate.times(factor()), now)
        return bucket.take(now)


class AddressRates:
    """A bucket for each address, for the ``capacity`` addresses that were seen last."""

    def __init__(self, rate: Rate, *, capacity: int = 10_000) -> None:
        self._rate = rate
        self._capacity = capacity
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, address: str, now: float) -> float:
        """Take one. Returns 0 when there was one, else seconds until there is."""
        bucket = self._buckets.get(address)
        if bucket is None:
            bucket = self._buckets[address] = Bucket(self._rate, now)
            if len(self._buckets) > self._capacity:
                self._buckets.popitem(last=False)
        else:
            self._buckets.move_to_end(address)
        return bucket.take(now)

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

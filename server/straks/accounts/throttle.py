"""Growing delays for those who fail to sign in."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from straks.clock import Clock

__all__ = ["Throttle", "network_of"]

_FREE: Final = 5
_FORGET: Final = 3600.0


@dataclass(slots=True)
class _Failures:
    count: int
    last: float
    until: float


class Throttle:
    """Counts failures per name (an address, an account) and says how long to wait.

    The first five are free, then the wait doubles from one second up to ``longest``. An hour
    without a failure forgets it. The table holds ``capacity`` names; the one that failed longest
    ago makes room.
    """

    def __init__(self, clock: Clock, *, longest: float, capacity: int = 10_000) -> None:
        self._clock = clock
        self._longest = longest
        self._capacity = capacity
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def wait(self, name: str) -> float:
        """Seconds until ``name`` may try; 0 when it may now."""
        found = self._failures.get(name)
        return max(0.0, found.until - self._clock.monotonic()) if found else 0.0

    def is_clean(self, name: str) -> bool:
        """Tell whether ``name`` has not failed within the hour."""
        found = self._failures.get(name)
        return found is None or self._clock.monotonic() - found.last > _FORGET

    def failed(self, name: str) -> None:
        """Count a failure."""
        now = self._clock.monotonic()
        found = self._failures.pop(name, None)
        if found is None or now - found.last > _FORGET:
            found = _Failures(0, now, now)
        found.count += 1
        found.last = now
        over = found.count - _FREE
        if over > 0:
            found.until = now + min(self._longest, 2.0 ** min(over - 1, 32))
        self._failures[name] = found
        while len(self._failures) > self._capacity:
            self._failures.popitem(last=False)

    def forgive(self, name: str) -> None:
        """Take the last failure of ``name`` back, but not those before it."""
        found = self._failures.get(name)
        if found is not None:
            found.count -= 1
            found.until = self._clock.monotonic()
            if found.count <= 0:
                del self._failures[name]

    def succeeded(self, name: str) -> None:
        """Forget the failures of ``name``."""
        self._failures.pop(name, None)

    def __len__(self) -> int:
        return len(self._failures)


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """Give what limits count as one: an IPv4 address, or the /64 of an IPv6 address."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, 64), strict=False))

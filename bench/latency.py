"""How long things took: the one way to note it, to join it and to tell it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Final

from hdrh.histogram import HdrHistogram

__all__ = ["CURVE", "Latencies"]

CURVE: Final = (50.0, 75.0, 90.0, 95.0, 99.0, 99.5, 99.9)
"""The percentiles of a curve."""
_SHOWN: Final = {"p50": 50.0, "p95": 95.0, "p99": 99.0, "p999": 99.9}
_LONGEST: Final = 60_000_000
_DIGITS: Final = 3


class Latencies:
    """Waits in a histogram: three digits hold, from a microsecond to a minute.

    The same size whatever is noted; histograms of several processes are joined without a loss.
    What took longer than a minute is noted as a minute.
    """

    __slots__ = ("_histogram",)

    def __init__(self) -> None:
        self._histogram = HdrHistogram(1, _LONGEST, _DIGITS)

    @classmethod
    def of(cls, waits: Iterable[float]) -> Latencies:
        """Note all of some waits, in seconds."""
        made = cls()
        for wait in waits:
            made.note(wait)
        return made

    @classmethod
    def unpacked(cls, packed: str) -> Latencies:
        """Give back what was packed."""
        made = cls()
        made._histogram.decode_and_add(packed)
        return made

    def __reduce__(self) -> tuple[Callable[[str], Latencies], tuple[str]]:
        """A histogram goes from process to process packed."""
        return Latencies.unpacked, (self.packed(),)

    def note(self, seconds: float) -> None:
        """Note one wait. Before its time (clocks differ by less than can be told) is at once."""
        self._histogram.record_value(min(max(0, round(seconds * 1_000_000)), _LONGEST))

    def add(self, other: Latencies) -> None:
        """Note all that another has noted."""
        self._histogram.add(other._histogram)

    @property
    def count(self) -> int:
        """How many waits were noted."""
        return int(self._histogram.get_total_count())

    def percentile(self, share: float) -> float:
        """Seconds that so many of a hundred waits do not exceed; 0 when there are none."""
        count = self.count
        if not count:
            return 0.0
        # The rank is the next whole one; the histogram would take the nearest.
        share = 100 * max(1, math.ceil(share / 100 * count - 1e-9)) / count
        # Three digits hold; more would be those of the histogram.
        return float(f"{self._histogram.get_value_at_percentile(share) / 1_000_000:.3g}")

    def row(self, prefix: str = "") -> dict[str, float]:
        """p50, p95, p99 and p99.9 in milliseconds."""
        return {
            f"{prefix}{name}_ms": _milliseconds(self.percentile(share))
            for name, share in _SHOWN.items()
        }

    def curve(self) -> list[float]:
        """Milliseconds at each of the percentiles of :data:`CURVE`."""
        return [_milliseconds(self.percentile(share)) for share in CURVE]

    def packed(self) -> str:
        """Give all of it as a text (base64, in the format of HdrHistogram)."""
        return bytes(self._histogram.encode()).decode()


def _milliseconds(seconds: float) -> float:
    return float(f"{seconds * 1000:.3g}")

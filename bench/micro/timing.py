"""How often something is done in a second of processor time."""

from __future__ import annotations

import gc
import time
from collections.abc import Callable

__all__ = ["measure"]


def measure(name: str, count: int, work: Callable[[], object], what: str = "frames") -> None:
    """Print how many of ``what`` a CPU-second holds, the best of five; ``work`` does ``count``."""
    best = 0.0
    for _ in range(5):
        gc.collect()
        began = time.process_time()
        work()
        best = max(best, count / (time.process_time() - began))
    print(f"{name:<52} {best:>12,.0f} {what} per CPU-second")

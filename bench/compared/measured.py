"""What a round on a server costs."""

from __future__ import annotations

import time
from typing import Any, Protocol

__all__ = ["Measured", "Meter"]


class Measured(Protocol):
    """A server of which is known what it takes."""

    def cpu_seconds(self) -> float:
        """CPU time of the server so far."""

    def storage_cpu_seconds(self) -> float:
        """The same of what it keeps its data in."""


class Meter:
    """Time and processor time from here on."""

    def __init__(self, server: Measured) -> None:
        self._server = server
        self._began = time.perf_counter()
        self._cpu = server.cpu_seconds()
        self._storage = server.storage_cpu_seconds()
        self._own = time.process_time()
        self._row: dict[str, Any] | None = None

    def stop(self) -> None:
        """Look at the clocks for the last time."""
        elapsed = time.perf_counter() - self._began
        self._row = {
            "seconds": round(elapsed, 3),
            "server_cpu_s": round(self._server.cpu_seconds() - self._cpu, 3),
            "storage_cpu_s": round(self._server.storage_cpu_seconds() - self._storage, 3),
            "load_cpu": round((time.process_time() - self._own) / elapsed, 2),
        }

    def row(self, done: int) -> dict[str, Any]:
        """Give the figures of what was done until it was stopped, which is now if it was not.

        ``load_cpu``: share of a core that the load itself took; near 1 it was what limited the
        rate, though not what was done for each second of the server's.
        """
        if self._row is None:
            self.stop()
        assert self._row is not None
        return {
            "done": done,
            "rate": round(done / self._row["seconds"]),
            "per_cpu_s": round(done / max(self._row["server_cpu_s"], 1e-6)),
            **self._row,
        }

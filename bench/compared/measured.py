"""What a round on a server costs."""

from __future__ import annotations

import time
from typing import Any

from bench.peers.system import Server

__all__ = ["Meter"]


class Meter:
    """Time and processor time from here on."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._began = time.perf_counter()
        self._cpu = server.cpu_seconds()
        self._storage = server.storage_cpu_seconds()
        self._own = time.process_time()

    def row(self, done: int) -> dict[str, Any]:
        """Give the figures of what was done since.

        ``load_cpu``: share of a core that the load itself took; near 1 it was what limited the
        rate, though not what was done for each second of the server's.
        """
        elapsed = time.perf_counter() - self._began
        used = self._server.cpu_seconds() - self._cpu
        return {
            "done": done,
            "seconds": round(elapsed, 3),
            "rate": round(done / elapsed),
            "per_cpu_s": round(done / max(used, 1e-6)),
            "server_cpu_s": round(used, 3),
            "storage_cpu_s": round(self._server.storage_cpu_seconds() - self._storage, 3),
            "load_cpu": round((time.process_time() - self._own) / elapsed, 2),
        }

"""The peers of ``edge``: the same request and reply on other servers, with nothing behind it."""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

from bench.peers.install import HOME, PROGRAMS
from bench.ports import free_port
from bench.server import Running, start_process, until_ready

__all__ = ["PEERS", "EdgePeer"]


@dataclass(frozen=True, slots=True)
class EdgePeer:
    """One of them."""

    name: str
    prefix: str
    """Of the ratios of Straks to it, in the figures."""
    command: Sequence[str]
    """Its port comes last."""
    file: Path
    """That is there when it was installed."""
    copied: Path | None = None
    """Program that is put beside what it imports."""

    def lacking(self) -> str | None:
        """Say what is not installed that it needs; None: it can be started."""
        if self.file.exists():
            return None
        return f"not run: {self.file.name} is not installed (python -m bench.peers.install)"

    @asynccontextmanager
    async def start(self) -> AsyncIterator[Running]:
        """Start it on the core of servers."""
        if self.copied is not None:
            shutil.copy(self.copied, HOME)
        port = free_port()
        with tempfile.TemporaryDirectory(prefix="straks-bench-") as folder:
            log = Path(folder) / "peer.log"
            command = [*self.command, str(port)]
            async with start_process(command, {"NODE_ENV": "production"}, 0, log) as process:
                await until_ready(process, f"http://127.0.0.1:{port}/", log)
                yield Running(port, psutil.Process(process.pid))


PEERS: Final = {
    "starlette": EdgePeer(
        name="uvicorn + Starlette",
        prefix="",
        command=(
            sys.executable, "-m", "uvicorn", "bench.peers.programs.starlette_edge:app",
            "--log-level", "warning", "--loop", "uvloop", "--http", "httptools",
            "--ws", "websockets-sansio", "--no-access-log", "--port",
        ),
        file=Path(sys.executable),
    ),
    "ws": EdgePeer(
        name="Node ws",
        prefix="ws_",
        command=("node", str(HOME / "ws_edge.js")),
        file=HOME / "node_modules",
        copied=PROGRAMS / "ws_edge.js",
    ),
}  # fmt: skip

"""What an idle connection costs."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import psutil

from tests.support.raw_socket import RawSocket

CONNECTIONS = 400
"""Few enough for the usual limit of open files."""

PROGRAM = """
import asyncio, sys, uvloop
from pathlib import Path
from tests.support.edge_server import edge_server

async def main():
    async with edge_server(Path(sys.argv[1]), drain_seconds=0.1) as server:
        print(server.port, flush=True)
        await server.finished()

uvloop.run(main())
"""


async def _welcomed(port: int, count: int) -> list[RawSocket]:
    sockets = []
    for _ in range(count):
        sockets.append(await RawSocket.connect(port))
        await sockets[-1].hello()
    return sockets


async def test_an_idle_connection_takes_at_most_4_kib(tmp_path: Path) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROGRAM,
        str(tmp_path),
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    sockets: list[RawSocket] = []
    try:
        port = int(await process.stdout.readline())
        memory = psutil.Process(process.pid).memory_info
        # The first ones pay for what all share.
        sockets += await _welcomed(port, 100)
        before = memory().rss
        sockets += await _welcomed(port, CONNECTIONS)
        each = (memory().rss - before) / CONNECTIONS
        assert each <= 4096, f"{each:.0f} bytes a connection"
    finally:
        for socket in sockets:
            await socket.close()
        process.kill()
        await process.wait()

"""What the report says of an acknowledgement is true: what was acknowledged had been synced."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
from pathlib import Path

import pytest

from bench.peers.catalog import SYSTEMS
from bench.peers.system import Client, Server

# Straks is always there; of the others those that `make bench` has installed.
DURABLE = [
    name
    for name, system in SYSTEMS.items()
    if system.terms.durable.startswith("on the") and not system.lacking()
]
MESSAGES = 5
_SYNC = re.compile(r"\b(?:fsync|fdatasync)\(")


async def publish(client: Client, channel: str, mark: int) -> None:
    done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    client.publish(channel, mark, lambda: done.set_result(None))
    await asyncio.wait_for(done, 20)


async def traced(server: Server, log: Path) -> subprocess.Popen[bytes]:
    """Write down every sync of what the server keeps its data in."""
    pids = server.storage_pids or server.pids
    command = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync", "-o", str(log)]
    tracer = subprocess.Popen([*command, *(f"-p{pid}" for pid in pids)])
    async with asyncio.timeout(20):
        while any(untraced(pid) for pid in pids):
            await asyncio.sleep(0.01)
    return tracer


def untraced(pid: int) -> bool:
    threads = Path(f"/proc/{pid}/task").glob("*/status")
    return any("TracerPid:\t0\n" in thread.read_text() for thread in threads)


@pytest.mark.parametrize("name", DURABLE)
async def test_every_acknowledgement_has_a_sync_before_it(name: str, tmp_path: Path) -> None:
    system = SYSTEMS[name]
    async with system.start(tmp_path) as server:
        visitor, agent = await server.connect(), await server.connect(agent=True)
        channel = await server.channel(visitor, agent)
        tracer = await traced(server, log := tmp_path / "strace.log")
        try:
            for mark in range(1, MESSAGES + 1):
                await publish(visitor, channel, mark)
        finally:
            tracer.send_signal(signal.SIGINT)
            tracer.wait(20)
        visitor.close()
        agent.close()
    assert len(_SYNC.findall(log.read_text())) >= MESSAGES

"""An orderly stop."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from straks.edge.server import bind
from straks.errors import StartError
from tests.support.edge_server import EdgeServer, edge_server, serving
from tests.support.raw_socket import Closed, RawSocket


@serving(drain_seconds=3.0)
async def test_everyone_is_told_and_nobody_is_told_the_same_time(server: EdgeServer) -> None:
    sockets = [await server.visitor() for _ in range(4)]
    early = await server.connect()
    server.stop.set()
    delays = []
    for socket in sockets:
        closing = await socket.wait("closing")
        assert closing["code"] == 4000
        delays.append(closing["reconnect_after"])
        assert (await socket.closed()).code == 4000
        await socket.close()
    assert (await early.closed()).code == 4000
    await early.close()
    assert len(set(delays)) == 4
    assert all(0 <= delay <= 3 for delay in delays)


@serving(drain_seconds=20.0)
async def test_what_was_accepted_is_acknowledged_before_the_close(server: EdgeServer) -> None:
    visitor = await server.visitor()
    channel = await visitor.open()
    for n in range(20):
        visitor.send(
            "publish",
            id=n + 100,
            channel=channel,
            key=str(uuid.uuid4()),
            kind="message",
            data={"text": str(n)},
        )
    first = await visitor.recv()
    server.stop.set()
    closed = await visitor.closed()
    assert closed.code == 4000
    await visitor.close()
    replies = [first, *(m for m in visitor.skipped if m["type"] in ("published", "error"))]
    assert len(replies) == 20
    assert {r.get("code", "ok") for r in replies} <= {"ok", "shutting_down"}
    page = await server.log.read(channel, after=0, limit=100)
    assert len(page.entries) == 1 + sum(r["type"] == "published" for r in replies)


async def test_publishes_during_the_drain_are_refused_for_now(tmp_path: Path) -> None:
    async with edge_server(tmp_path) as server:
        visitor = await server.visitor()
        channel = await visitor.open()
        server.context.draining = True
        assert (await visitor.publish(channel))["code"] == "shutting_down"
        error = await visitor.request("open", key=str(uuid.uuid4()), data={"text": "a"})
        assert error["code"] == "shutting_down"
        late = await server.connect()
        assert (await late.request("hello"))["code"] == "shutting_down"
        server.context.ready = False
        with pytest.raises(Closed) as refused:
            await server.connect()
        assert refused.value.code == 503


@serving(drain_seconds=0.5)
async def test_who_does_not_leave_is_dropped(server: EdgeServer) -> None:
    deaf = await server.visitor()
    server.stop.set()
    assert (await deaf.closed()).code == 4000
    assert await deaf.reader.read() == b""


PROGRAM = """
import asyncio, sys, uvloop
from pathlib import Path
from tests.support.edge_server import edge_server

async def main():
    async with edge_server(Path(sys.argv[1]), drain_seconds=5.0) as server:
        print(server.port, flush=True)
        await server.finished()
    print("closed the log", flush=True)

uvloop.run(main())
"""


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_drains_and_ends_the_process_cleanly(
    tmp_path: Path, signum: signal.Signals
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PROGRAM,
        str(tmp_path),
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    assert process.stdout is not None
    try:
        port = int(await process.stdout.readline())
        socket = await RawSocket.connect(port)
        await socket.hello()
        process.send_signal(signum)
        assert (await socket.wait("closing"))["code"] == 4000
        assert (await socket.closed()).code == 4000
        await socket.close()
        assert await process.stdout.read() == b"closed the log\n"
        assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_port_in_use_is_one_clear_sentence() -> None:
    taken = bind("127.0.0.1", 0)
    port = taken.getsockname()[1]
    with pytest.raises(StartError, match=f"127.0.0.1:{port}: Address already in use"):
        bind("127.0.0.1", port)
    taken.close()
    with pytest.raises(StartError, match="no.such.host.invalid"):
        bind("no.such.host.invalid", 0)

"""What is measured beside other systems, on Straks alone."""

from __future__ import annotations

import tempfile
from argparse import Namespace
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from bench.compared import connect, fanout, idle, storm
from bench.peers.straks_system import StraksSystem
from bench.peers.system import Server

__all__ = ["run_connect", "run_fanout", "run_idle", "run_storm"]


async def run_connect(options: Namespace) -> list[dict[str, Any]]:
    """Connections are opened, let in and closed."""
    return await _run(options, lambda server: connect.measure(server, options.seconds))


async def run_fanout(options: Namespace) -> list[dict[str, Any]]:
    """What one says is delivered to 500."""
    return await _run(
        options, lambda server: fanout.measure(server, options.seconds, options.burst)
    )


async def run_idle(options: Namespace) -> list[dict[str, Any]]:
    """Connections that are open and say nothing."""
    return await _run(
        options,
        lambda server: idle.measure(server, options.connections, subscribed=options.subscribed),
    )


async def run_storm(options: Namespace) -> list[dict[str, Any]]:
    """Everybody is cut off, and comes back at once to go on where they were."""
    return await _run(options, lambda server: storm.measure(server, options.visitors))


async def _run(
    options: Namespace, measure: Callable[[Server], Awaitable[dict[str, Any]]]
) -> list[dict[str, Any]]:
    with tempfile.TemporaryDirectory(prefix="straks-bench-") as folder:
        async with StraksSystem(options.backend).start(Path(folder)) as server:
            row = await measure(server)
    return [{"scenario": options.scenario, "backend": options.backend, **row}]

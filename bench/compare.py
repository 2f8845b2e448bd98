"""Straks beside others, in one page: ``python -m bench compare``."""

from __future__ import annotations

import json
import shlex
import sys
import time
from argparse import Namespace
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.compared.cases import CASES, Scale
from bench.compared.run import run_all
from bench.load import in_time
from bench.peers.catalog import SYSTEMS
from bench.peers.edge import PEERS
from bench.report.against import compare
from bench.report.charts import draw
from bench.report.curves import draw_curves
from bench.report.machine import facts
from bench.report.markdown import page
from bench.scenarios import ask, edge

__all__ = ["ALONE", "RESULTS", "run"]

RESULTS: Final = Path(__file__).parent / "results"
ALONE: Final = ("edge", "edge-latency", "ask")
"""What has peers of its own, or none."""
_EDGE_RATE: Final = 10
"""So many requests at the edge are sent for each message where rates are fixed."""
_ROUNDS: Final = 5
"""So many rounds on each of its servers does ``edge`` do, and so long a time does ``ask``."""


async def run(options: Namespace) -> int:
    """Measure, and write ``report.md``, ``report.json`` and pictures; 1 when a round failed."""
    systems = {name: SYSTEMS[name] for name in options.systems or SYSTEMS}
    scale = Scale(
        seconds=options.seconds,
        rate=options.rate or 500.0,
        connections=options.connections,
        visitors=options.visitors,
        processes=options.processes,
    )
    began = time.monotonic()

    def tell(line: str) -> None:
        print(f"{time.monotonic() - began:5.0f} s  {line}", file=sys.stderr, flush=True)

    wanted = options.cases or [*CASES, *ALONE]
    cases = [name for name in wanted if name in CASES]
    results = await run_all(systems, cases, scale, options.rounds, tell)
    alone = {name: await _alone(name, scale, tell) for name in wanted if name in ALONE}
    report: dict[str, Any] = {
        "command": shlex.join(["python", "-m", "bench", *sys.argv[1:]]),
        "at": datetime.now(UTC).strftime("%Y-%m-%d"),
        "rounds": options.rounds,
        "rate": scale.rate,
        "machine": facts(),
        "results": results.rows,
        "systems": list(systems),
        "not_run": results.not_run,
        "cannot": results.cannot,
        "failed": results.failed,
        "alone": alone,
    }
    folder: Path = options.out
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(report, indent=1))
    (folder / "report.md").write_text(page(report))
    draw(results.rows, folder)
    draw_curves(results.rows, folder)
    print(page(report))
    for what, how in results.failed.items():
        print(f"{what} failed:\n{how}", file=sys.stderr)
    if options.against is not None:
        for line in compare(report, json.loads(options.against.read_text())):
            print(line)
    print(f"The report is in {folder}")
    return int(bool(results.failed))


async def _alone(name: str, scale: Scale, tell: Callable[[str], None]) -> list[dict[str, Any]]:
    """Run a scenario that is told by itself."""
    tell(name)
    options = Namespace(rate=scale.rate, processes=scale.processes, bank=None)
    options.seconds = scale.seconds * _ROUNDS
    if name == "ask":
        return [await in_time(partial(_asked, options, each)) for each in ("sqlite", "redis")]
    options.seconds *= 1 + len(PEERS)
    options.rate = scale.rate * _EDGE_RATE if name == "edge-latency" else None
    return await edge.run(options)


async def _asked(options: Namespace, backend: str) -> dict[str, Any]:
    (row,) = await ask.run(Namespace(**{**vars(options), "backend": backend}))
    return row

"""Straks beside others, in one page: ``python -m bench compare``."""

from __future__ import annotations

import json
import shlex
import sys
from argparse import Namespace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from bench.compared.cases import CASES, Scale
from bench.compared.run import run_all
from bench.peers.catalog import SYSTEMS
from bench.report.against import compare
from bench.report.charts import draw
from bench.report.curves import draw_curves
from bench.report.machine import facts
from bench.report.markdown import page

__all__ = ["RESULTS", "run"]

RESULTS: Final = Path(__file__).parent / "results"


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
    results = await run_all(systems, options.cases or list(CASES), scale, options.rounds, _tell)
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


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)

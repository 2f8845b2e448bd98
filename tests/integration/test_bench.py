"""The benchmark really measures, and tells what is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        cwd=ROOT, capture_output=True, text=True, timeout=55, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    "arguments",
    [
        ("connect", "--seconds", "0.3"),
        ("fanout", "--seconds", "0.3", "--burst", "8"),
        ("idle", "--connections", "100", "--subscribed"),
        ("storm", "--visitors", "60", "--backend", "redis"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_a_scenario_on_straks_alone(arguments: tuple[str, ...]) -> None:
    done = bench(*arguments, "--json")
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout.splitlines()[-1])
    assert row["scenario"] == arguments[0]
    assert row["done"] > 0
    assert row["per_cpu_s"] > 0


def compare(out: Path, cases: Sequence[str], *options: str) -> tuple[str, Any]:
    done = bench(
        *("compare", "--systems", "straks-sqlite", "starlette", "--cases", *cases),
        *("--seconds", "0.3", "--visitors", "50", "--out", str(out), *options),
    )
    assert done.returncode == 0, done.stderr
    return (out / "report.md").read_text(), json.loads((out / "report.json").read_text())


def test_systems_side_by_side(tmp_path: Path) -> None:
    page, report = compare(tmp_path, ("turn", "storm"), "--rounds", "2")
    assert "| Straks (SQLite) | uvicorn + Starlette |" in page
    assert [row["done"] > 0 for row in report["results"]["turn"]["starlette"]] == [True, True]
    assert report["cannot"]["storm"] == {
        "starlette": "it keeps no messages: nobody can go on where they were"
    }
    assert "| cannot |" in page
    for name in ("turn.svg", "turn.png", "storm.svg"):
        assert (tmp_path / name).stat().st_size > 1_000


def test_latencies_side_by_side(tmp_path: Path) -> None:
    cases = ("turn-latency", "fanout-latency", "connect-latency")
    page, report = compare(tmp_path, cases, "--rounds", "1", "--rate", "100")
    for case in cases:
        rows = [row for rounds in report["results"][case].values() for row in rounds]
        assert all(row["done"] > 0 and row["sends_missing"] == 0 for row in rows)
        # The machine may be too busy for a schedule; then it is said.
        assert all(("p50_ms" in row) != ("latency" in row) for row in rows)
        if any("p50_ms" in row for row in rows):
            assert (tmp_path / f"{case}-percentiles.svg").stat().st_size > 1_000
    assert ("## Refused" in page) == ('"latency": "refused' in json.dumps(report))


@pytest.mark.parametrize(
    "arguments",
    [
        ("turn", "--rate", "100", "--processes", "2"),
        ("turn", "--backend", "redis"),
        ("ask", "--rate", "50"),
    ],
    ids=" ".join,
)
def test_what_the_load_did_is_told_with_how_well_it_kept_its_schedule(
    arguments: tuple[str, ...],
) -> None:
    done = bench(*arguments, "--seconds", "0.5", "--json")
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout.splitlines()[-1])
    assert row["sent"] == row["acked"] > 0
    assert row["load_cpu"] > 0
    if "--rate" not in arguments and arguments[0] == "turn":
        assert row["latency"].startswith("none: ")
    else:
        assert row["sends_missing"] == 0
        assert row["latency"].startswith("refused: ") if "latency" in row else row["p50_ms"] > 0


def test_the_edge_beside_others() -> None:
    done = bench("edge", "--seconds", "3", "--json")
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout.splitlines()[-1])
    assert row["ratio_min"] <= row["ratio"] <= row["ratio_max"]
    if (ROOT / ".peers/node_modules").exists():
        assert row["ws_ratio"] > 0
    else:
        assert row["ws"].startswith("not run: ")

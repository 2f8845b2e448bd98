"""The benchmark really measures, and tells what is lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

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


def test_systems_side_by_side(tmp_path: Path) -> None:
    done = bench(
        *("compare", "--systems", "straks-sqlite", "starlette", "--cases", "turn", "storm"),
        *("--rounds", "2", "--seconds", "0.5", "--visitors", "50", "--out", str(tmp_path)),
    )
    assert done.returncode == 0, done.stderr
    page = (tmp_path / "report.md").read_text()
    assert "| Straks (SQLite) | uvicorn + Starlette |" in page
    report = json.loads((tmp_path / "report.json").read_text())
    assert [row["done"] > 0 for row in report["results"]["turn"]["starlette"]] == [True, True]
    assert report["cannot"]["storm"] == {
        "starlette": "it keeps no messages: nobody can go on where they were"
    }
    assert "| cannot |" in page
    for name in ("turn.svg", "turn.png", "storm.svg"):
        assert (tmp_path / name).stat().st_size > 1_000


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

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
        cwd=ROOT, capture_output=True, text=True, timeout=100, check=False,
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
        assert all(row["done"] > 0 for row in rows)
        # The machine may be too busy for a schedule; then it is said.
        assert all(("p50_ms" in row) != ("latency" in row) for row in rows)
        assert all(row["sends_missing"] == 0 for row in rows if "p50_ms" in row)
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
        assert ("p50_ms" in row) != ("latency" in row)
        if "p50_ms" in row:
            assert row["p50_ms"] > row["sends_missing"] == 0
        else:
            assert row["latency"].startswith("refused: ")


def test_the_edge_beside_others() -> None:
    done = bench("edge", "--seconds", "3", "--json")
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout.splitlines()[-1])
    assert row["ratio_min"] <= row["ratio"] <= row["ratio_max"]
    if (ROOT / ".peers/node_modules").exists():
        assert row["ws_ratio"] > 0
    else:
        assert row["ws"].startswith("not run: ")


@pytest.mark.timeout(150)
def test_few_and_many_stored_conversations_side_by_side(tmp_path: Path) -> None:
    places = ("--cache", str(tmp_path / "cache"), "--out", str(tmp_path / "out"), "--json")
    load = ("--rounds", "2", "--seconds", "1", "--rate", "200")
    done = bench("age", "--stored", "100", "200", *load, *places)
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout.splitlines()[-1])
    assert (row["scenario"], row["stored"]) == ("age", 200)
    result = json.loads((tmp_path / "out" / "age.json").read_text())
    assert list(result["sizes"]) == ["100", "200"]
    for size in result["sizes"].values():
        for each in size["rounds"]:
            for kind in ("message", "old message", "open", "come back"):
                assert each["waits_ms"][kind]["count"] > 0
                assert each["waits_ms"][kind]["p50"] > 0
    assert (tmp_path / "out" / "age.svg").stat().st_size > 1_000
    kept = list((tmp_path / "cache").glob("v*/data/*"))
    made = [path.stat().st_mtime_ns for path in kept]
    assert len(made) > 4
    again = bench("age", "--stored", "100", "--rounds", "1", "--seconds", "0.5", *places)
    assert again.returncode == 0, again.stderr
    assert "writing" not in again.stderr
    assert [path.stat().st_mtime_ns for path in kept] == made


@pytest.mark.parametrize("backend", ["sqlite", "redis"])
def test_a_short_day(tmp_path: Path, backend: str) -> None:
    texts = tmp_path / "chats.jsonl"
    texts.write_text('{"turns": [{"text": "My lamp is broken."}, {"text": "A new one."}]}\n')
    done = bench(
        *("mixed", "--minutes", "0.05", "--rate", "10", "--idle", "20", "--agents", "2"),
        *("--texts", str(texts), "--backend", backend, "--json"),
    )
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout.splitlines()[-1])
    assert (row["scenario"], row["backend"]) == ("mixed", backend)
    assert row["connections"] > 20
    assert row["conversations"] > 0
    assert row["open_count"] == row["conversations"]
    assert row["message_p50_ms"] > 0
    assert row["server_cpu_s"] > 0


def test_memory_over_a_short_time(tmp_path: Path) -> None:
    done = bench(
        *("soak", "--minutes", "0.05", "--rate", "10", "--idle", "5", "--agents", "2"),
        *("--every", "1", "--warm-up", "0.02", "--out", str(tmp_path), "--json"),
    )
    assert done.returncode == 0, done.stderr
    row = json.loads(done.stdout.splitlines()[-1])
    assert row["scenario"] == "soak"
    assert row["uss_kib_per_hour"] is not None
    assert " descriptors, " in done.stderr
    result = json.loads((tmp_path / "soak.json").read_text())
    assert len(result["samples"]) == row["samples"] > 3
    assert result["samples"][-1]["stored"] == row["conversations"]
    for name in ("soak.svg", "soak.png"):
        assert (tmp_path / name).stat().st_size > 1_000

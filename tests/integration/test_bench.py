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
    assert "starlette" not in report["results"]["storm"]  # It cannot resume.
    for name in ("turn.svg", "turn.png", "storm.svg"):
        assert (tmp_path / name).stat().st_size > 1_000


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

"""What is stored for ``age``, and what is made of its figures."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bench.aged import cache, house
from bench.aged.house import Agent, Known
from bench.aged.work import KINDS
from bench.report.age import page, write
from bench.scenarios.age import _medians, _waits_ratio

BEGINNING = [b'{"type":"header"}\n', b'{"type":"secret"}\n', b'{"type":"row","table":"agents"}\n']
KNOWN = [Known(f"visitor{number}", f"token{number}") for number in range(10)]


def written(path: Path, count: int, seed: int = 1) -> tuple[list[dict[str, Any]], list[Known]]:
    steps: list[int] = []
    agent = Agent("a", "Anna")
    told = house.write(path, count, seed, BEGINNING, agent, KNOWN, lambda: steps.append(1))
    assert len(steps) == count
    return [json.loads(line) for line in path.read_text().splitlines()], told


def test_a_house_is_the_same_for_the_same_seed(tmp_path: Path) -> None:
    first, _ = written(tmp_path / "a", 50)
    again, _ = written(tmp_path / "b", 50)
    other, _ = written(tmp_path / "c", 50, seed=2)
    assert first == again
    assert first != other


def test_a_house_has_as_many_conversations_as_are_wanted(tmp_path: Path) -> None:
    lines, _ = written(tmp_path / "house.jsonl", 300)
    names = [line["head"]["name"] for line in lines if line["type"] == "channel"]
    kinds = Counter(name.partition(":")[0] for name in names)
    assert kinds["conversation"] == 300
    assert kinds["desk"] > 0
    assert kinds["inbox"] == 1
    senders = {line["sender"] for line in lines if line["type"] == "entry"}
    visitors = {sender for sender in senders if sender.startswith("visitor:")}
    assert 100 < len(visitors) < 300  # Some have been there twice.
    states = Counter(line["values"]["state"] for line in lines if line.get("table") == "inbox")
    assert set(states) == {"closed", "self_service"}
    assert lines[-1]["counts"] == {
        "rows": 301,
        "channels": len(names),
        "entries": sum(line["type"] == "entry" for line in lines),
        "pending": 0,
    }


@pytest.mark.parametrize(("count", "returning"), [(4, 4), (10, 10), (95, 10)])
def test_the_known_have_closed_conversations_evenly_among_all(
    tmp_path: Path, count: int, returning: int
) -> None:
    lines, told = written(tmp_path / "house.jsonl", count)
    assert [one.token for one in told] == [one.token for one in KNOWN[:returning]]
    closed = {
        f"conversation:{line['values']['id']}"
        for line in lines
        if line.get("table") == "inbox" and line["values"]["closed"]
    }
    assert {one.channel for one in told} <= closed
    names = [
        line["head"]["name"]
        for line in lines
        if line["type"] == "channel" and line["head"]["name"].startswith("conversation:")
    ]
    places = [names.index(one.channel) for one in told]
    gaps = [b - a for a, b in zip(places, places[1:], strict=False)]
    assert max(gaps) - min(gaps) <= 1


async def test_what_is_stored_is_made_once_and_never_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[int] = []

    async def make(folder: Path, place: Path, count: int) -> None:
        made.append(count)
        part = folder / f"part-{count}"
        (part / "data").mkdir(parents=True)
        if len(made) == 1:
            raise OSError("no space")
        await asyncio.sleep(0)
        (part / "known.json").write_text('[{"visitor": "v", "token": "t", "channel": "c"}]')
        part.rename(place)

    monkeypatch.setattr(cache, "_make", make)
    with pytest.raises(OSError, match="no space"):
        await cache.stored(tmp_path, 5)
    (tmp_path / "part-5" / "data").rmdir()
    (tmp_path / "part-5").rmdir()
    first, again = await asyncio.gather(cache.stored(tmp_path, 5), cache.stored(tmp_path, 5))
    assert made == [5, 5]  # Once for the one that failed, once for both.
    assert first == again
    assert first.known == (Known("v", "t", "c"),)


def test_a_copy_is_of_its_own(tmp_path: Path) -> None:
    data = tmp_path / "kept"
    data.mkdir()
    (data / "log.db").write_text("old")
    folder = tmp_path / "run"
    folder.mkdir()
    cache.Stored(1, data, ()).copy(folder)
    (folder / "data" / "log.db").write_text("new")
    assert (data / "log.db").read_text() == "old"


def result() -> dict[str, Any]:
    size = {
        "server_cpu_ms": 0.5,
        "start_s": 1.5,
        "start_uss_mib": 60.0,
        "end_uss_mib": 61.0,
        "data_mib": 3.0,
    }
    return {
        "command": "python -m bench age",
        "at": "2026-01-01",
        "rate": 500.0,
        "machine": {"commit": "abc"},
        "sizes": {
            count: {
                **size,
                "rounds": [{"behind": False}, {"behind": True}],
                "waits_ms": {kind: {"p50": p50, "p99": 9.0} for kind in KINDS},
            }
            for count, p50 in (("1000", 1.0), ("1000000", 1.1))
        },
        "ratios": {kind: {"median": 1.1, "lowest": 1.0, "highest": 1.25} for kind in KINDS},
        "cpu_ratio": None,
    }


def test_the_page_has_every_kind_at_every_size() -> None:
    lines = page(result()).splitlines()
    assert "| | 1,000 | 1,000,000 | ratio |" in lines
    for kind in KINDS:
        assert f"| {kind} | 1.00 / 9.00 | 1.10 / 9.00 | 1.10 (1.00–1.25) |" in lines
    assert "In 2 rounds the load itself was late; they are left out." in lines
    assert "| the server's processor, ms for each | 0.500 | 0.500 | – |" in lines


def measured(p50: float, *, behind: bool = False, count: int = 9) -> dict[str, Any]:
    waits = {"count": count, "p50": p50, "p99": 9.0}
    return {"waits_ms": dict.fromkeys(KINDS, waits), "behind": behind}


def test_a_round_in_which_the_load_was_late_tells_nothing() -> None:
    few = [measured(1.0), measured(1.0), measured(50.0, behind=True), measured(2.0)]
    many = [measured(1.5), measured(50.0, behind=True), measured(1.0), measured(2.0)]
    ratio = {"median": 1.25, "lowest": 1.0, "highest": 1.5}
    assert _waits_ratio("open", few, many) == ratio
    assert _medians(few)["open"] == {"p50": 1.0, "p99": 9.0}
    assert _waits_ratio("open", few[2:3], many[2:3]) is None
    assert _medians(few[2:3])["open"] == {"p50": None, "p99": None}


def test_nor_does_one_in_which_it_was_never_done() -> None:
    never = [measured(0.0, count=0)]
    assert _waits_ratio("open", [measured(1.0)], never) is None
    assert _medians([*never, measured(3.0)])["open"]["p50"] == 3.0


def test_the_report_is_a_page_figures_and_pictures(tmp_path: Path) -> None:
    write(result(), tmp_path / "out")
    assert json.loads((tmp_path / "out" / "age.json").read_text()) == result()
    for name in ("age.md", "age.svg", "age.png"):
        assert (tmp_path / "out" / name).stat().st_size > 500


def test_when_the_load_was_always_late_the_report_says_no_more(tmp_path: Path) -> None:
    late = result()
    for size in late["sizes"].values():
        size["waits_ms"] = {kind: {"p50": None, "p99": None} for kind in KINDS}
    late["ratios"] = dict.fromkeys(KINDS)
    write(late, tmp_path)
    assert "| open | – | – | – |" in (tmp_path / "age.md").read_text().splitlines()


def test_age_is_of_sqlite_alone() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bench", "age", "--backend", "redis"],
        cwd=Path(__file__).resolve().parents[3], capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "SQLite" in done.stderr

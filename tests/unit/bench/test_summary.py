"""Rounds are compared with the round of Straks beside them."""

from __future__ import annotations

from typing import Any

from bench.compared.cases import CASES
from bench.latency import Latencies
from bench.report.against import compare
from bench.report.markdown import page
from bench.report.summary import beside, summarize


def rounds(figure: str, *values: float | None) -> list[dict[str, Any] | None]:
    return [None if value is None else {figure: value} for value in values]


def test_more_is_better_where_work_is_counted() -> None:
    rows = {
        "straks-sqlite": rounds("per_cpu_s", 100, 300, 200),
        "starlette": rounds("per_cpu_s", 50, 100, 400),
    }
    found = summarize(CASES["turn"].figures[0], rows)
    assert (found["straks-sqlite"].figure, found["straks-sqlite"].ratio) == (200, None)
    theirs = found["starlette"]
    assert (theirs.figure, theirs.ratio, theirs.lowest, theirs.highest) == (100, 2, 0.5, 3)
    assert not theirs.is_ahead


def test_less_is_better_where_time_or_memory_is() -> None:
    rows = {
        "straks-redis": rounds("kib_per_connection", 2, 4),
        "ws": rounds("kib_per_connection", 1, 2),
    }
    theirs = summarize(CASES["idle"].figures[0], rows)["ws"]
    assert theirs.ratio == 0.5
    assert theirs.is_ahead


def test_a_round_that_failed_is_left_out_of_both() -> None:
    rows = {
        "straks-redis": rounds("per_cpu_s", 10, None, 30),
        "centrifugo": rounds("per_cpu_s", None, 1, 10),
    }
    assert summarize(CASES["turn"].figures[0], rows)["centrifugo"].ratio == 3
    assert "socketio" not in summarize(
        CASES["turn"].figures[0], {**rows, "socketio": rounds("per_cpu_s", None)}
    )


def test_a_round_in_which_nothing_was_done_is_none() -> None:
    rows = {
        "straks-redis": rounds("per_cpu_s", 10, 20),
        "ws": rounds("per_cpu_s", 0, 10),
    }
    theirs = summarize(CASES["turn"].figures[0], rows)["ws"]
    assert (theirs.figure, theirs.ratio) == (10, 2)


def test_who_keeps_messages_in_redis_is_compared_with_straks_on_redis() -> None:
    assert {beside(name) for name in ("ws", "socketio", "centrifugo")} == {"straks-redis"}
    assert {beside(name) for name in ("starlette", "nats")} == {"straks-sqlite"}


def test_of_p99_the_best_round_counts_and_of_p50_the_median() -> None:
    p50, p99 = CASES["turn-latency"].figures[:2]
    rows = {
        "straks-redis": [{"p50_ms": 1, "p99_ms": 9}, {"p50_ms": 2, "p99_ms": 2}],
        "ws": [{"p50_ms": 2, "p99_ms": 6}, {"p50_ms": 4, "p99_ms": 12}],
    }
    medians = summarize(p50, rows)["ws"]
    assert (medians.figure, medians.ratio) == (3, 2)
    best = summarize(p99, rows)["ws"]
    assert (best.figure, best.ratio) == (6, 3)
    assert best.lowest is not None
    assert round(best.lowest, 2) == 0.67
    assert best.highest == 6
    assert not best.is_ahead
    assert not best.is_certain


def waits(*milliseconds: float) -> dict[str, Any]:
    noted = Latencies.of(each / 1000 for each in milliseconds)
    return {
        **noted.row(), "histograms": {"": noted.packed()}, "late_p99_ms": 0.25, "load_cpu": 0.4,
    }  # fmt: skip


def test_percentiles_are_those_of_the_best_round_and_what_was_refused_is_said() -> None:
    refused = {"latency": "refused: sends were late: p99 9 ms, above 2 ms"}
    rows = {"straks-redis": [waits(1, 8), waits(2, 4)], "ws": [refused, refused]}
    whole = {**report({}), "results": {"turn-latency": rows}, "cannot": {}, "failed": {}}
    lines = page(whole).splitlines()
    assert "| Straks (Redis) | 2 | 4 | 4 | 4 | 4 | 4 | 4 |" in lines
    assert any("lateness, which is part of them, was 0.25–0.25 ms" in line for line in lines)
    assert any(line.endswith("| not run | failed | refused |") for line in lines)
    assert lines[lines.index("## Refused") + 2] == (
        "- Node ws + Redis, time to the acknowledgement at a fixed rate: 2 of 2 rounds, the last "
        "because sends were late: p99 9 ms, above 2 ms"
    )
    assert "Nowhere in this run." in lines


def report(turn: dict[str, Any]) -> dict[str, Any]:
    return {
        "command": "python -m bench compare",
        "at": "2026-01-01",
        "rounds": 2,
        "rate": 500.0,
        "machine": {"processor": "one"},
        "systems": ["straks-redis", "centrifugo", "nats", "starlette", "ws"],
        "results": {"turn": turn},
        "cannot": {"turn": {"starlette": "it is too tired"}},
        "not_run": {"nats": "nats-server is not installed"},
        "alone": {},
        "failed": {"turn: ws": "Traceback\nAssertionError: lost"},
    }


def test_the_page_says_who_is_ahead_what_was_not_run_and_what_failed() -> None:
    turn = {
        "straks-redis": rounds("per_cpu_s", 10, 10),
        "centrifugo": rounds("per_cpu_s", 20, 40),
    }
    lines = page(report(turn)).splitlines()
    head = (
        "| | Straks (Redis) | Centrifugo | NATS JetStream | uvicorn + Starlette | Node ws + Redis |"
    )
    assert head in lines
    cells = "10.00 | 30.00 (0.38; 0.25–0.50) | not run | cannot | failed |"
    assert any(line.endswith(cells) for line in lines)
    assert any(line.endswith(": it is too tired") for line in lines)
    ahead = lines.index("## Where another is ahead")
    assert lines[ahead + 2].startswith("- Centrifugo: message, stored")
    assert lines[ahead + 2].endswith("2.67 times better than Straks (Redis), in every round")
    assert "- NATS JetStream: nats-server is not installed" in lines
    assert "- turn: ws: `AssertionError: lost`" in lines


def test_what_is_worse_than_before_beyond_the_noise_is_marked() -> None:
    before = report({"straks-sqlite": rounds("per_cpu_s", 100, 110)})
    after = report({"straks-sqlite": rounds("per_cpu_s", 60, 70), "ws": rounds("per_cpu_s", 1)})
    (line,) = compare(after, before)
    assert line == "turn, straks-sqlite: 105.00 → 65.00 (0.62)  WORSE"
    (line,) = compare(before, before)
    assert not line.endswith("WORSE")


def test_the_edge_and_a_question_have_tables_of_their_own() -> None:
    edge = [
        {"server": "uvicorn + Starlette", "per_cpu_s": 20_000},
        {
            "server": "straks", "per_cpu_s": 80_000, "ws": "not run: node_modules is not installed",
            "ratio": 4.0, "ratio_min": 3.5, "ratio_max": 4.2,
        },
    ]  # fmt: skip
    paced = [
        {"server": "uvicorn + Starlette", "latency": "5 of 5 rounds: refused: sends were late"},
        {"server": "Node ws", "p50_ms": 0.2, "p99_ms": 3.0},
        {"server": "straks", "p50_ms": 0.1, "p99_ms": 2.0, "ws_ratio_p50": 2.0,
         "ws_ratio_p50_min": 1.9, "ws_ratio_p50_max": 2.1},
    ]  # fmt: skip
    question = [
        {"backend": "sqlite", "rate": 500, "p50_ms": 0.8, "p99_ms": 2.0, "p999_ms": 4.0,
         "late_p99_ms": 0.1, "load_cpu": 0.2, "lost": 0, "duplicated": 0, "unknown": 0},
    ]  # fmt: skip
    alone = {"edge": edge, "edge-latency": paced, "ask": question}
    lines = page({**report({}), "results": {}, "alone": alone, "cannot": {}}).splitlines()
    assert "| Straks | 80,000 |" in lines
    assert "| uvicorn + Starlette | 20,000 (4.00; 3.50–4.20) |" in lines
    assert "| Node ws | not run |" in lines
    assert "Node ws was not run: node_modules is not installed." in lines
    assert "| uvicorn + Starlette | refused | refused |" in lines
    assert "| Node ws | 0.2 (2.00; 1.90–2.10) | 3 |" in lines
    assert "uvicorn + Starlette, 5 of 5 rounds: refused: sends were late." in lines
    assert "| Straks on sqlite | 500 | 0.8 | 2 | 4 | 0.1 | 0.2 | 0 | 0 | 0 |" in lines

"""The same work beside few and beside many stored conversations."""

from __future__ import annotations

import random
import shlex
import sys
import tempfile
from argparse import Namespace
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any, Final, TypeAlias

from bench.aged.cache import CACHE, SETTINGS, stored
from bench.aged.house import Known
from bench.aged.work import KINDS, Aged, measure
from bench.report import age as report
from bench.report.machine import facts
from bench.server import straks_in

__all__ = ["RATE", "SIZES", "run"]

SIZES: Final = (1_000, 10_000, 100_000, 1_000_000)
RATE: Final = 500.0
_SEED: Final = 1

Row: TypeAlias = dict[str, Any]


async def run(options: Namespace) -> list[Row]:
    """Load one server after the other, round after round; all of them run all the time."""
    sizes = sorted(set(options.stored))
    houses = [await stored(options.cache or CACHE, count) for count in sizes]
    rate = options.rate or RATE
    seconds = options.seconds / options.rounds
    rows: dict[int, Row] = {}
    rounds: dict[int, list[Row]] = {count: [] for count in sizes}
    async with AsyncExitStack() as stack:
        servers = []
        for house in houses:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="straks-bench-")))
            _tell(f"{house.count:,} stored: copying, and starting a server")
            house.copy(folder)
            running = await stack.enter_async_context(straks_in(folder, **SETTINGS))
            rows[house.count] = {
                "start_s": round(running.start_seconds, 3),
                "data_mib": round(sum(p.stat().st_size for p in house.data.iterdir()) / 2**20, 1),
                **_prefixed("start", running.memory()),
            }
            servers.append(Aged(house.count, running, deque(_shuffled(house.known))))
        for number in range(options.rounds):
            for aged in servers[:: -1 if number % 2 else 1]:
                _tell(f"round {number + 1} of {options.rounds}: {aged.count:,} stored")
                rounds[aged.count].append(await measure(aged, rate, seconds))
        for aged in servers:
            cpu = median(one["server_cpu_ms"] for one in rounds[aged.count])
            rows[aged.count] |= {
                "server_cpu_ms": round(cpu, 4), **_prefixed("end", aged.running.memory()),
            }  # fmt: skip
    result = {
        "scenario": "age",
        "backend": options.backend,
        "command": shlex.join(["python", "-m", "bench", *sys.argv[1:]]),
        "at": datetime.now(UTC).strftime("%Y-%m-%d"),
        "rate": rate,
        "machine": facts(),
        "sizes": {
            str(count): {**rows[count], "waits_ms": _medians(rounds[count]),
                         "rounds": rounds[count]}
            for count in sizes
        },
        "ratios": {
            kind: _waits_ratio(kind, rounds[sizes[0]], rounds[sizes[-1]]) for kind in KINDS
        },
        "cpu_ratio": _cpu_ratio(rounds[sizes[0]], rounds[sizes[-1]]),
    }  # fmt: skip
    report.write(result, options.out)
    _tell(f"The report is in {options.out}")
    return _table(result, rounds)


def _shuffled(known: Sequence[Known]) -> Sequence[Known]:
    return random.Random(_SEED).sample(known, len(known))


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _prefixed(prefix: str, figures: dict[str, float]) -> dict[str, float]:
    return {f"{prefix}_{name}": value for name, value in figures.items()}


def _medians(rounds: Sequence[Row]) -> dict[str, dict[str, float | None]]:
    """Give p50 and p99 of each kind, medians over the rounds that tell of it."""
    medians: dict[str, dict[str, float | None]] = {}
    for kind in KINDS:
        kept = [one["waits_ms"][kind] for one in rounds if _tells(kind, one)]
        medians[kind] = {
            share: round(median(waits[share] for waits in kept), 3) if kept else None
            for share in ("p50", "p99")
        }
    return medians


def _tells(kind: str, one: Row) -> bool:
    """Whether a round tells of a kind: the load was not late, and it was done at all."""
    return not one["behind"] and one["waits_ms"][kind]["count"] > 0


def _waits_ratio(kind: str, few: Sequence[Row], many: Sequence[Row]) -> dict[str, float] | None:
    """Tell how many times longer a kind takes beside many: p50, in the same round each."""
    return _ratio(
        (there["waits_ms"][kind]["p50"], here["waits_ms"][kind]["p50"])
        for here, there in zip(few, many, strict=True)
        if _tells(kind, here) and _tells(kind, there)
    )


def _cpu_ratio(few: Sequence[Row], many: Sequence[Row]) -> dict[str, float] | None:
    """Tell how many times more of the server's processor the same takes."""
    return _ratio(
        (there["server_cpu_ms"], here["server_cpu_ms"])
        for here, there in zip(few, many, strict=True)
    )


def _ratio(pairs: Iterable[tuple[float, float]]) -> dict[str, float] | None:
    ratios = sorted(there / max(here, 1e-6) for there, here in pairs)
    if not ratios:
        return None
    figures = {"median": median(ratios), "lowest": ratios[0], "highest": ratios[-1]}
    return {name: round(value, 3) for name, value in figures.items()}


def _table(result: Row, rounds: Mapping[int, Sequence[Row]]) -> list[Row]:
    """A row for each size; the last has the ratios too, and what was lost at any size."""
    rows = []
    for count, measured in rounds.items():
        size = result["sizes"][str(count)]
        row: Row = {"scenario": "age", "backend": result["backend"], "stored": count}
        for name in ("sent", "acked", "delivered", "lost", "duplicated", "reordered"):
            row[name] = sum(one[name] for one in measured)
        row["behind"] = sum(one["behind"] for one in measured)
        for kind, waits in size["waits_ms"].items():
            for share, value in waits.items():
                row[f"{_field(kind)}_{share}_ms"] = value
        row |= {name: value for name, value in size.items() if isinstance(value, float)}
        rows.append(row)
    last = rows[-1]
    for name in ("lost", "duplicated", "reordered"):
        last[name] = sum(row[name] for row in rows)
    for kind, ratio in (*result["ratios"].items(), ("server cpu", result["cpu_ratio"])):
        if ratio is not None:
            last[f"{_field(kind)}_ratio"] = ratio["median"]
            last[f"{_field(kind)}_ratio_spread"] = f"{ratio['lowest']:.2f}–{ratio['highest']:.2f}"
    return rows


def _field(kind: str) -> str:
    return kind.replace(" ", "_")

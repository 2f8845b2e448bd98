"""All systems side by side: the same work in turn, round after round."""

from __future__ import annotations

import asyncio
import tempfile
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

from bench.compared.cases import CASES, Case, Row, Scale
from bench.load import in_time
from bench.peers.system import Server, System

__all__ = ["Results", "run_all"]


@dataclass(slots=True)
class Results:
    """Rows by case, system and round; a round that was not run is None."""

    rows: dict[str, dict[str, list[Row | None]]] = field(default_factory=dict)
    not_run: dict[str, str] = field(default_factory=dict)
    """Systems that were left out, and why."""
    cannot: dict[str, dict[str, str]] = field(default_factory=dict)
    """By case, the systems that cannot do it, and why."""
    failed: dict[str, str] = field(default_factory=dict)
    """``case: system``, and how the last round failed."""


async def run_all(
    systems: Mapping[str, System],
    cases: Sequence[str],
    scale: Scale,
    rounds: int,
    tell: Callable[[str], None],
) -> Results:
    """Run cases with all systems that can do them.

    Args:
        rounds: of each case; in every other one the order of the systems is reversed.
        tell: takes a line on how far it has come.
    """
    results = Results()
    for name, system in systems.items():
        if reason := system.lacking():
            results.not_run[name] = reason
    there = {name: each for name, each in systems.items() if name not in results.not_run}
    for name in cases:
        case = CASES[name]
        results.cannot[name] = {
            system: each.cannot[case.scenario]
            for system, each in systems.items()
            if case.scenario in each.cannot
        }
        able = {n: each for n, each in there.items() if n not in results.cannot[name]}
        results.rows[name] = {system: [] for system in able}
        await _run_case(name, case, able, scale, min(rounds, case.rounds or rounds), results, tell)
    return results


async def _run_case(
    name: str,
    case: Case,
    systems: Mapping[str, System],
    scale: Scale,
    rounds: int,
    results: Results,
    tell: Callable[[str], None],
) -> None:
    async with AsyncExitStack() as stack:
        running: dict[str, Server] = {}
        if not case.fresh:
            for each, system in systems.items():
                running[each] = await _start(system, stack)
        for number in range(rounds):
            order = list(systems)[:: -1 if number % 2 else 1]
            for each in order:
                tell(f"{name}, round {number + 1} of {rounds}: {each}")
                async with AsyncExitStack() as own:
                    server = running.get(each) or await _start(systems[each], own)
                    row = await _round(case, server, scale, f"{name}: {each}", results)
                results.rows[name][each].append(row)


async def _round(
    case: Case, server: Server, scale: Scale, what: str, results: Results
) -> Row | None:
    """Measure; what goes wrong with a peer is told, and ends nothing."""
    try:
        row = await in_time(lambda: case.measure(server, scale))
    except Exception:  # Whatever it is stands in the report.
        results.failed[what] = traceback.format_exc(limit=-2)
        return None
    await asyncio.sleep(0.2)  # What was closed is cleaned up.
    if not row["done"]:
        results.failed[what] = "nothing was done in the measured time"
        return None
    return row


async def _start(system: System, stack: AsyncExitStack) -> Server:
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="straks-bench-"))
    return await stack.enter_async_context(system.start(Path(folder)))

"""All systems side by side: the same work in turn, round after round."""

from __future__ import annotations

import asyncio
import tempfile
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, TypeAlias

from bench.compared import connect, fanout, idle, storm, turn
from bench.peers.system import Server, System

__all__ = ["CASES", "Case", "Results", "Scale", "run_all"]

Row: TypeAlias = dict[str, Any]
Measure: TypeAlias = Callable[[Server, "Scale"], Awaitable[Row]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How much is done."""

    seconds: float
    """Of load in a round."""
    rate: float
    """Messages a second where the rate is fixed."""
    connections: int
    """That are open and idle."""
    visitors: int
    """That come back at once."""
    processes: int = 1
    """Of the load."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Something that is measured."""

    scenario: str
    title: str
    figure: str
    """What is compared: a field of the rows."""
    unit: str
    measure: Measure
    lower_is_better: bool = False
    fresh: bool = False
    """On a server that was started for the round: what it took before stays with it."""
    rounds: int | None = None
    """At most so many."""


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


CASES: Final[Mapping[str, Case]] = {
    "turn": Case(
        scenario="turn",
        title="Message, stored, acknowledged and delivered to an agent",
        figure="per_cpu_s",
        unit="messages a second of the server's CPU",
        measure=lambda server, scale: turn.measure(server, scale.seconds, None, scale.processes),
    ),
    "turn-latency": Case(
        scenario="turn",
        title="Time to the acknowledgement at a fixed rate, p50",
        figure="p50_ms",
        unit="milliseconds",
        lower_is_better=True,
        measure=lambda server, scale: turn.measure(
            server, scale.seconds, scale.rate, scale.processes
        ),
    ),
    "fanout": Case(
        scenario="fanout",
        title="One message delivered to 500",
        figure="per_cpu_s",
        unit="deliveries a second of the server's CPU",
        measure=lambda server, scale: fanout.measure(server, scale.seconds),
    ),
    "fanout-8": Case(
        scenario="fanout",
        title="Bursts of 8 messages delivered to 500",
        figure="per_cpu_s",
        unit="deliveries a second of the server's CPU",
        measure=lambda server, scale: fanout.measure(server, scale.seconds, 8),
    ),
    "connect": Case(
        scenario="connect",
        title="Connections opened and let in",
        figure="per_cpu_s",
        unit="connections a second of the server's CPU",
        measure=lambda server, scale: connect.measure(server, scale.seconds),
    ),
    "idle": Case(
        scenario="idle",
        title="Memory of an open connection",
        figure="kib_per_connection",
        unit="KiB",
        lower_is_better=True,
        fresh=True,
        rounds=2,
        measure=lambda server, scale: idle.measure(server, scale.connections),
    ),
    "idle-subscribed": Case(
        scenario="idle",
        title="Memory of a connection that is subscribed to a channel of its own",
        figure="kib_per_connection",
        unit="KiB",
        lower_is_better=True,
        fresh=True,
        rounds=2,
        measure=lambda server, scale: idle.measure(server, scale.connections, subscribed=True),
    ),
    "storm": Case(
        scenario="storm",
        title="Everybody comes back at once and goes on where they were",
        figure="per_cpu_s",
        unit="visitors a second of the server's CPU",
        rounds=3,
        measure=lambda server, scale: storm.measure(server, scale.visitors),
    ),
}


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
        row = await case.measure(server, scale)
    except Exception:  # Whatever it is stands in the report.
        results.failed[what] = traceback.format_exc(limit=-2)
        return None
    await asyncio.sleep(0.2)  # What was closed is cleaned up.
    return row


async def _start(system: System, stack: AsyncExitStack) -> Server:
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="straks-bench-"))
    return await stack.enter_async_context(system.start(Path(folder)))

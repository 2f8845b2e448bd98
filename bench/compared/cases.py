"""What is measured with every system, and which of its figures are compared."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from bench.compared import connect, fanout, idle, storm, turn
from bench.peers.system import Server

__all__ = ["CASES", "Case", "Figure", "Row", "Scale"]

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
class Figure:
    """Something that is compared."""

    field: str
    """Of the rows."""
    unit: str
    label: str = ""
    """Tells it from the others of its case."""
    lower_is_better: bool = False
    best_round: bool = False
    """The best of the rounds counts, not the median: the rest is the machine's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Something that is measured."""

    scenario: str
    title: str
    measure: Measure
    figures: Sequence[Figure]
    """The first is that of the case's picture."""
    fresh: bool = False
    """On a server that was started for the round: what it took before stays with it."""
    rounds: int | None = None
    """At most so many."""


def _per_cpu(what: str) -> Sequence[Figure]:
    return (Figure(field="per_cpu_s", unit=f"{what} a second of the server's CPU"),)


def _waits(prefix: str = "", label: str = "") -> Sequence[Figure]:
    return (
        Figure(
            field=f"{prefix}p50_ms", unit="milliseconds", label=f"{label}p50", lower_is_better=True
        ),
        Figure(
            field=f"{prefix}p99_ms", unit="milliseconds", label=f"{label}best-round p99",
            lower_is_better=True, best_round=True,
        ),
    )  # fmt: skip


_MEMORY: Final = (Figure(field="kib_per_connection", unit="KiB", lower_is_better=True),)

CASES: Final[Mapping[str, Case]] = {
    "turn": Case(
        scenario="turn",
        title="Message, stored, acknowledged and delivered to an agent",
        figures=_per_cpu("messages"),
        measure=lambda server, scale: turn.measure(server, scale.seconds, None, scale.processes),
    ),
    "turn-latency": Case(
        scenario="turn",
        title="Time to the acknowledgement at a fixed rate",
        figures=(*_waits(), *_waits("delivery_", "to the agent, ")),
        measure=lambda server, scale: turn.measure(
            server, scale.seconds, scale.rate, scale.processes
        ),
    ),
    "fanout": Case(
        scenario="fanout",
        title="One message delivered to 500",
        figures=_per_cpu("deliveries"),
        measure=lambda server, scale: fanout.measure(server, scale.seconds),
    ),
    "fanout-8": Case(
        scenario="fanout",
        title="Bursts of 8 messages delivered to 500",
        figures=_per_cpu("deliveries"),
        measure=lambda server, scale: fanout.measure(server, scale.seconds, 8),
    ),
    "fanout-latency": Case(
        scenario="fanout",
        title="Time to each of 50 deliveries at a fixed rate",
        figures=_waits(),
        measure=lambda server, scale: fanout.measure_at(
            server, scale.seconds, scale.rate / fanout.RATE_PART
        ),
    ),
    "connect": Case(
        scenario="connect",
        title="Connections opened and let in",
        figures=_per_cpu("connections"),
        measure=lambda server, scale: connect.measure(server, scale.seconds),
    ),
    "connect-latency": Case(
        scenario="connect",
        title="Time until a connection is let in at a fixed rate",
        figures=_waits(),
        measure=lambda server, scale: connect.measure_at(
            server, scale.seconds, scale.rate / connect.RATE_PART
        ),
    ),
    "idle": Case(
        scenario="idle",
        title="Memory of an open connection",
        figures=_MEMORY,
        fresh=True,
        rounds=2,
        measure=lambda server, scale: idle.measure(server, scale.connections),
    ),
    "idle-subscribed": Case(
        scenario="idle",
        title="Memory of a connection that is subscribed to a channel of its own",
        figures=_MEMORY,
        fresh=True,
        rounds=2,
        measure=lambda server, scale: idle.measure(server, scale.connections, subscribed=True),
    ),
    "storm": Case(
        scenario="storm",
        title="Everybody comes back at once and goes on where they were",
        figures=(*_per_cpu("visitors"), *_waits("back_", "until one is back, ")),
        rounds=3,
        measure=lambda server, scale: storm.measure(server, scale.visitors),
    ),
}

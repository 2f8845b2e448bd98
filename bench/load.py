"""The load on a server, in one process or several."""

from __future__ import annotations

import asyncio
import time
import traceback
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, Final, Protocol, TypeVar

import uvloop

from bench.compared.measured import Measured, Meter
from bench.latency import Latencies
from bench.pace import Kept, Span, until
from bench.server import CORES, load_core, pin

__all__ = [
    "PROCESSES",
    "LoadFailedError",
    "Portion",
    "Work",
    "drive",
    "in_time",
    "portions",
    "told",
]

T = TypeVar("T")
S = TypeVar("S")

PROCESSES: Final = max(1, min(4, len(CORES) - 2))
"""So many cores are left when servers and Redis have one each."""
_TRIES: Final = 2
_FAULTS: Final = ("lost", "duplicated", "reordered")
"""What is counted and must not be passed over, however the time was kept."""
_LEAD: Final = 0.05
"""Seconds from the moment all processes are ready to the load's begin."""


class LoadFailedError(Exception):
    """A process of the load ended early; the message tells how."""


@dataclass(slots=True)
class Portion:
    """What the load has done, or one process of it."""

    done: int = 0
    """In the measured time."""
    waits: dict[str, Latencies] = field(default_factory=dict)
    """By prefix of the figures' names; from when a send was due."""
    kept: Kept | None = None
    """None: a closed loop, which sends the next when it has the answer, has no schedule."""
    counts: Counter[str] = field(default_factory=Counter)
    """Whatever else is counted, over all of the time."""
    cpu: float = 0.0
    """Share of a core that it took in the measured time; of several processes the highest."""

    def add(self, other: Portion) -> None:
        """Join with what another process has done."""
        self.done += other.done
        self.counts.update(other.counts)
        self.cpu = max(self.cpu, other.cpu)
        for prefix, waits in other.waits.items():
            self.waits.setdefault(prefix, Latencies()).add(waits)
        if self.kept is not None and other.kept is not None:
            self.kept.add(other.kept)

    def refusal(self) -> str | None:
        """Say why there are no latencies; None: there are."""
        if self.kept is None:
            return "none: a closed loop has no schedule"
        reason = self.kept.refusal()
        return reason and f"refused: {reason}"

    def figures(self) -> dict[str, Any]:
        """Give the latencies with how late the load was, or why there are none."""
        row: dict[str, Any] = {} if self.kept is None else self.kept.row()
        if reason := self.refusal():
            return {**row, "latency": reason}
        for prefix, waits in self.waits.items():
            row |= waits.row(prefix)
        return row


class Work(Protocol):
    """The part of the load that one process does. It goes there pickled, before it begins."""

    async def begin(self) -> None:
        """Connect, and do what comes before the load."""

    async def run(self, span: Span) -> Portion:
        """Load the server through a span, and wait for what is outstanding then."""


def portions(whole: int, processes: int) -> list[int]:
    """Share something out, as evenly as can be; nobody gets nothing."""
    processes = min(whole, processes)
    return [whole // processes + (n < whole % processes) for n in range(processes)]


async def drive(
    works: Sequence[Work], server: Measured, warm_up: float, seconds: float
) -> tuple[dict[str, Any], Portion]:
    """Load a server; give what it cost (see ``Meter.row``), and what was done.

    A single work is done in this process, several in one each.

    Raises:
        LoadFailedError: a process of the load ended early.
    """
    if len(works) > 1:
        meter, portion = await _apart(works, server, warm_up, seconds)
    else:
        await works[0].begin()
        span = Span(time.perf_counter() + _LEAD, warm_up, seconds)
        portion, meter = await _beside(_measured(works[0], span), _metered(server, span))
    row = meter.row(portion.done)
    row |= {"load_cpu": round(portion.cpu, 3), "load_processes": len(works)}
    return row, portion


async def in_time(measure: Callable[[], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
    """Measure once more when the load could not keep its schedule.

    What disturbed it (another program on the machine) may be over then. The last row is given,
    whatever it says.
    """
    row = await measure()
    for _ in range(_TRIES - 1):
        refused = str(row.get("latency", "")).startswith("refused")
        if not refused or any(row.get(name) for name in _FAULTS):
            break
        row = await measure()
    return row


def told(row: Mapping[str, Any], portion: Portion) -> dict[str, Any]:
    """Give all figures of a load, and, where there are latencies, their histograms."""
    whole = {**row, **portion.figures()}
    if portion.refusal() is None:
        whole["histograms"] = {prefix: waits.packed() for prefix, waits in portion.waits.items()}
    return whole


async def _metered(server: Measured, span: Span) -> Meter:
    await until(span.begin)
    meter = Meter(server)
    await until(span.end)
    meter.stop()
    return meter


async def _measured(work: Work, span: Span) -> Portion:
    """Do a work, and see what it takes of this process."""
    portion, cpu = await _beside(work.run(span), _own_cpu(span))
    portion.cpu = cpu
    return portion


async def _beside(work: Coroutine[Any, Any, T], other: Coroutine[Any, Any, S]) -> tuple[T, S]:
    """Do something beside a work, as long as that does not fail."""
    task = asyncio.create_task(other)
    try:
        done = await work
    except BaseException:
        task.cancel()
        raise
    return done, await task


async def _own_cpu(span: Span) -> float:
    await until(span.begin)
    began, used = time.perf_counter(), time.process_time()
    await until(span.end)
    return (time.process_time() - used) / (time.perf_counter() - began)


async def _apart(
    works: Sequence[Work], server: Measured, warm_up: float, seconds: float
) -> tuple[Meter, Portion]:
    # A fork would take the loop and the connections of this process with it.
    context = get_context("spawn")
    started: list[tuple[SpawnProcess, Connection]] = []
    try:
        for number, work in enumerate(works):
            ours, theirs = context.Pipe()
            process = context.Process(target=_process, args=(work, number, theirs), daemon=True)
            process.start()
            theirs.close()
            started.append((process, ours))
        await asyncio.gather(*(_told(ours) for _, ours in started))
        # The clock of perf_counter is the machine's: all begin at once.
        span = Span(time.perf_counter() + _LEAD, warm_up, seconds)
        for _, ours in started:
            ours.send(span)
        parts, meter = await _beside(
            _all_told([ours for _, ours in started]), _metered(server, span)
        )
    finally:
        for process, ours in started:
            ours.close()
            process.terminate()
            await asyncio.to_thread(process.join)
    whole = parts[0]
    for part in parts[1:]:
        whole.add(part)
    return meter, whole


async def _all_told(pipes: Sequence[Connection]) -> list[Portion]:
    parts: list[Portion] = await asyncio.gather(*(_told(pipe) for pipe in pipes))
    return parts


async def _told(pipe: Connection) -> Any:
    """Wait for what a process has to say."""
    try:
        said = await asyncio.to_thread(pipe.recv)
    except EOFError:
        raise LoadFailedError("a process of the load has ended") from None
    if isinstance(said, str):
        raise LoadFailedError(said)
    return said


def _process(work: Work, number: int, pipe: Connection) -> None:
    pin(0, load_core(number))
    try:
        uvloop.run(_work(work, pipe))
    except Exception:  # Told where it is raised again.
        pipe.send(traceback.format_exc())


async def _work(work: Work, pipe: Connection) -> None:
    await work.begin()
    pipe.send(None)
    span: Span = await asyncio.to_thread(pipe.recv)
    pipe.send(await _measured(work, span))

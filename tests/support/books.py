"""What clients meant to say, what came of it and when, counted from raw frames."""

from __future__ import annotations

import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from bench.tally import Tally
from tests.support.tap import Connection, Frame

__all__ = ["Books", "Outcome"]

_SIDES: Final = 2
"""Who follows a conversation: its visitor and an agent."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The figures of a test that breaks something under load."""

    sent: int
    acknowledged: int
    to_visitors: int
    """Acknowledged entries that their visitor received; live or when it came back."""
    to_agents: int
    lost: int
    duplicated: int
    reordered: int
    resets: int
    """How often a client was told that the log is not the one that it read."""
    recovery: Sequence[float]
    """Seconds for each fault, from its mark until everything sent before was settled."""

    def __str__(self) -> str:
        return (
            f"sent {self.sent}, acknowledged {self.acknowledged}, "
            f"delivered {self.to_visitors} to visitors and {self.to_agents} to agents, "
            f"lost {self.lost}, duplicated {self.duplicated}, reordered {self.reordered}; "
            f"{len(self.recovery)} faults, recovered in "
            f"median {statistics.median(self.recovery or [0]):.2f} s, "
            f"max {max(self.recovery, default=0):.2f} s"
        )

    def check(self, *, told: bool = False) -> None:
        """Hold it to what is promised.

        ``told``: acknowledged entries were lost, clients were told, and have published them again.
        """
        assert self.sent == self.acknowledged == self.to_visitors == self.to_agents, str(self)
        assert self.lost == self.duplicated == self.reordered == 0, str(self)
        assert (self.resets > 0) == told, f"{self}; {self.resets} resets"


@dataclass(slots=True)
class _Times:
    sent: float
    settled: float | None = None
    """When it was acknowledged and had reached both sides."""


class Books:
    """What passed on the wire, of all connections."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.acknowledged = 0
        self.errors: Counter[str] = Counter()
        """How often the server answered with each code."""
        self._resets = 0
        self._times: dict[str, _Times] = {}
        self._keys: dict[tuple[str, int], str] = {}
        self._reached: defaultdict[tuple[str, int], int] = defaultdict(int)
        self._marks: list[float] = []

    def sent(self, key: str) -> None:
        """Note a key that a client means to publish."""
        self._times[key] = _Times(time.monotonic())
        self.tally.sent = len(self._times)

    def acked(self, channel: str, key: str, offset: int, entry_id: str) -> None:
        """Note what a client was told of its publish."""
        self.acknowledged += 1
        self.tally.ack(channel, key, offset, entry_id)
        self._keys[channel, offset] = key
        self._settle(channel, offset)

    def mark(self) -> None:
        """Measure from now on how long it takes until everything sent before is settled."""
        self._marks.append(time.monotonic())

    def seen(self, connection: Connection, frame: Frame) -> None:
        """Count one message of the server."""
        channel = frame.get("channel", "")
        if frame["type"] == "entry":
            self._arrived(connection, channel, frame["entry"])
        elif frame["type"] == "error":
            self.errors[frame["code"]] += 1
        elif frame["type"] == "subscribed":
            self._resets += not frame["recovered"]
            for entry in frame["entries"]:
                self._arrived(connection, channel, entry)

    def unsettled(self) -> list[str]:
        """Give the keys that are not acknowledged, or have not reached both sides."""
        return [key for key, times in self._times.items() if times.settled is None]

    def outcome(self) -> Outcome:
        """Add everything up, after the tally was held against the log."""
        counts = self.tally.counts()
        return Outcome(
            sent=counts["sent"],
            acknowledged=counts["acked"],
            to_visitors=self._delivered("visitor:"),
            to_agents=self._delivered("agent:"),
            lost=counts["lost"],
            duplicated=counts["duplicated"],
            reordered=counts["reordered"],
            resets=self._resets,
            recovery=[self._recovery(since) for since in self._marks],
        )

    def _arrived(self, connection: Connection, channel: str, entry: dict[str, Any]) -> None:
        stream = self.tally.stream(connection.principal, channel)
        offset = entry["offset"]
        if offset not in stream.seen:
            self._reached[channel, offset] += 1
        stream.arrived(offset, entry["id"])
        self._settle(channel, offset)

    def _settle(self, channel: str, offset: int) -> None:
        key = self._keys.get((channel, offset))
        if key is not None and self._reached[channel, offset] >= _SIDES:
            times = self._times[key]
            if times.settled is None:
                times.settled = time.monotonic()

    def _delivered(self, who: str) -> int:
        return sum(
            stream.seen.get(offset) == entry_id
            for (receiver, channel), stream in self.tally.streams.items()
            if receiver.startswith(who)
            for offset, (_, entry_id) in self.tally.acked[channel].items()
        )

    def _recovery(self, since: float) -> float:
        before = [times for times in self._times.values() if times.sent <= since]
        late = [times.settled - since for times in before if times.settled is not None]
        return max(0.0, *late) if late else 0.0

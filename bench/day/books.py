"""What a day's people did, saw and waited for."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import Any, Final

from bench.latency import Latencies
from bench.peer import Frame, Peer
from bench.tally import Tally

__all__ = ["KINDS", "Books"]

KINDS: Final = (
    "open", "answer", "look_up", "ask_person", "shown_waiting", "accept", "message", "delivery",
    "typing", "come_back",
)  # fmt: skip
"""What is timed:

- ``open``: connect, and the first message of a new conversation is acknowledged;
- ``answer``: from a question to its canned answer;
- ``look_up``: answers while one is typing;
- ``ask_person``, ``accept``, ``message``: until it is acknowledged;
- ``shown_waiting``: from a visitor's wish for a person until the inbox shows it;
- ``delivery``: from a message to the other side;
- ``typing``: from a typing signal to the other side;
- ``come_back``: from the moment that there is a network again until all that was missed is there.
"""


class Books:
    """The books of a day. Waits are in seconds."""

    def __init__(self) -> None:
        self.tally = Tally()
        self.waits: dict[str, list[float]] = {kind: [] for kind in KINDS}
        self.faults: list[str] = []
        """What was to come, and did not."""
        self.unknown = 0
        """Questions that got an answer that says there is none."""
        self.gave_up = 0
        """Visitors who were not taken in time."""
        self.drops = 0
        """Connections that broke on the visitors' side."""
        self.unrecovered = 0
        self._sent: dict[str, float] = {}
        self._early: dict[str, float] = {}
        self._typing: dict[tuple[str, str], float] = {}
        self._waiting: dict[str, float] = {}

    def waited(self, kind: str, since: float) -> None:
        """Note that something took from ``since`` until now."""
        self.waits[kind].append(time.perf_counter() - since)

    def said(self, entry_id: str, began: float) -> None:
        """Note when an acknowledged message was sent."""
        arrived = self._early.pop(entry_id, None)
        if arrived is None:
            self._sent[entry_id] = began
        else:
            self.waits["delivery"].append(arrived - began)

    def heard(self, entry_id: str, *, live: bool) -> None:
        """Note that the other side got a message, which may be before its acknowledgement.

        ``live``: it was there to get it at once.
        """
        began = self._sent.pop(entry_id, None)
        if not live:
            return
        if began is None:
            self._early[entry_id] = time.perf_counter()
        else:
            self.waited("delivery", began)

    def types(self, channel: str, side: str) -> None:
        """Note that a side begins to type."""
        self._typing[channel, side] = time.perf_counter()

    def seen_typing(self, frame: Frame) -> None:
        """Note a signal that arrived."""
        began = self._typing.pop((frame["channel"], frame["from"]["kind"]), None)
        if began is not None and frame["kind"] == "typing":
            self.waited("typing", began)

    def wants_person(self, conversation: str, began: float) -> None:
        """Note that a visitor asked for a person."""
        self._waiting[conversation] = began

    def shown_waiting(self, conversation: str) -> None:
        """Note that the inbox shows a conversation as waiting."""
        began = self._waiting.pop(conversation, None)
        if began is not None:
            self.waited("shown_waiting", began)

    async def compare(self, fresh: Peer) -> None:
        """Hold what was acknowledged and seen against what is stored."""
        for channel in list(self.tally.acked):
            self.tally.compare(channel, await fresh.history(channel))

    def row(self) -> dict[str, Any]:
        """Give counts and percentiles; what did not come counts as lost."""
        counts = self.tally.counts()
        counts["lost"] += len(self.faults) + self.unrecovered
        waits: dict[str, float] = defaultdict(float)
        for kind, seconds in self.waits.items():
            waits |= {f"{kind}_count": len(seconds), **Latencies.of(seconds).row(f"{kind}_")}
        return {
            **counts,
            "unknown": self.unknown,
            "gave_up": self.gave_up,
            "drops": self.drops,
            "unrecovered": self.unrecovered,
            **waits,
        }

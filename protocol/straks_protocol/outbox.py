"""What a client has published that no server has acknowledged yet."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from itertools import islice
from math import inf
from typing import Any, Final

from .backoff import full_jitter
from .codes import TEMPORARY
from .errors import LocalProtocolError
from .messages import Error, Open, Publish

__all__ = ["REPUBLISH_SECONDS", "Item", "Outbox", "OutboxFullError"]

REPUBLISH_SECONDS: Final = 600.0
"""How long a settled publish is kept, to be published again into a log that lost it."""

_WINDOW: Final = 32
"""Publishes of one channel that are unanswered at a time; the rest waits."""
_KEPT: Final = 1_000
"""Settled items that are kept at most; beyond it the oldest are forgotten ("forget oldest")."""


class OutboxFullError(LocalProtocolError):
    """The outbox holds as many unacknowledged items as it may; nothing was added."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One publish, or one ``open`` when it has no channel yet."""

    key: str
    data: dict[str, Any]
    channel: str | None = None
    kind: str = "message"
    expect: int | None = None

    def request(self, request_id: int) -> Publish | Open:
        """Make the frame that sends this item."""
        if self.channel is None:
            return Open(id=request_id, key=self.key, data=self.data)
        return Publish(
            id=request_id,
            channel=self.channel,
            key=self.key,
            kind=self.kind,
            data=self.data,
            expect=self.expect,
        )


@dataclass(slots=True)
class _Slot:
    item: Item
    request_id: int | None = None
    """Of the request that is unanswered on this connection."""
    attempts: int = 0


@dataclass(slots=True)
class _Lane:
    """The items of one channel in the order in which they must be committed."""

    slots: dict[str, _Slot] = field(default_factory=dict)
    """By key, in order."""
    in_flight: int = 0
    probing: bool = False
    """The server refused one for now: until that one settles, they go one at a time."""
    probe: int | None = None
    not_before: float = 0.0

    def sendable(self, now: float) -> list[_Slot]:
        """List the slots that may be sent at ``now``, in order."""
        if now < self.not_before or self.in_flight == len(self.slots):
            return []
        if self.probing:
            return [] if self.in_flight else list(islice(self.slots.values(), 1))
        unsent = (slot for slot in self.slots.values() if slot.request_id is None)
        return list(islice(unsent, _WINDOW - self.in_flight))

    def take_back(self, slot: _Slot) -> None:
        slot.request_id = None
        self.in_flight -= 1


class Outbox:
    """Unacknowledged publishes, in order per channel, resent until they are settled.

    Holds no clock and no socket: times are seconds of any clock that does not go back. At most
    ``capacity`` items wait or are in flight; one more is refused with :class:`OutboxFullError`.
    """

    __slots__ = ("_capacity", "_count", "_held", "_lanes", "_random", "_sent", "_settled")

    def __init__(self, random: Callable[[], float], *, capacity: int = 1_000) -> None:
        self._random = random
        self._capacity = capacity
        self._count = 0
        self._lanes: dict[str | None, _Lane] = {}
        self._held: set[str | None] = set()
        self._sent: dict[int, Item] = {}
        self._settled: deque[tuple[float, Item]] = deque(maxlen=_KEPT)

    def __len__(self) -> int:
        return self._count

    def items(self) -> list[Item]:
        """List what is not settled, in order per channel, so that it can be kept elsewhere."""
        return [slot.item for lane in self._lanes.values() for slot in lane.slots.values()]

    def add(self, item: Item) -> None:
        """Take one more item, after all others of its channel.

        Raises:
            OutboxFullError: there is no room.
            LocalProtocolError: the key is in use.
        """
        if self._count >= self._capacity:
            raise OutboxFullError(f"{self._count} publishes are not acknowledged yet")
        lane = self._lanes.setdefault(item.channel, _Lane())
        if item.key in lane.slots:
            raise LocalProtocolError(f"key {item.key} is on its way already")
        lane.slots[item.key] = _Slot(item)
        self._count += 1

    def due(self, now: float, next_id: Callable[[], int]) -> list[Publish | Open]:
        """Return the requests to send now, in this order, and count them as sent."""
        requests = []
        for channel, lane in self._lanes.items():
            for slot in [] if channel in self._held else lane.sendable(now):
                request_id = next_id()
                slot.request_id = request_id
                lane.in_flight += 1
                if lane.probing:
                    lane.probe = request_id
                self._sent[request_id] = slot.item
                requests.append(slot.item.request(request_id))
        return requests

    def next_due(self, now: float) -> float | None:
        """Return when :meth:`due` will have something to send, ``now`` at the earliest.

        None: not before an answer comes or an item is added.
        """
        times = (
            max(now, lane.not_before)
            for channel, lane in self._lanes.items()
            if channel not in self._held and lane.sendable(inf)
        )
        return min(times, default=None)

    def hold(self, channel: str) -> None:
        """Send nothing to a channel until :meth:`release`: how it resumes is not known yet.

        What the log lost (:meth:`lost_tail`) can so still go before what is waiting.
        """
        self._held.add(channel)

    def release(self, channel: str) -> None:
        """End :meth:`hold`."""
        self._held.discard(channel)

    def acknowledged(self, request_id: int, now: float) -> Item | None:
        """Note that the server stored what a request asked for; return its item.

        None when the request is none of this outbox's.
        """
        item = self._settle(request_id)
        if item is not None and item.channel is not None:
            self._forget_old(now)
            self._settled.append((now, item))
        return item

    def refused(self, request_id: int, error: Error, now: float) -> Item | None:
        """Note an error; return the item when it is refused for good, None when it is kept.

        What is refused for now is sent again after ``retry_after``, and its channel's later items
        after it.
        """
        if error.code not in TEMPORARY:
            return self._settle(request_id)
        item = self._sent.pop(request_id, None)
        if item is None:
            return None
        lane = self._lanes[item.channel]
        slot = lane.slots[item.key]
        lane.take_back(slot)
        lane.probing = True
        delay = error.retry_after
        if delay is None:
            delay = full_jitter(slot.attempts, self._random())
        slot.attempts += 1
        lane.not_before = max(lane.not_before, now + delay)
        return None

    def seen(self, channel: str, keys: Collection[str]) -> list[Item]:
        """Settle items that a resumed subscription already shows; return them.

        Only what was not sent on this connection: a server that refused an item for now waits for
        that item to come again.
        """
        lane = self._lanes.get(channel)
        if lane is None or lane.probing:
            return []
        found = [
            slot.item for key, slot in lane.slots.items() if slot.request_id is None and key in keys
        ]
        for item in found:
            self._remove(item)
        return found

    def disconnected(self) -> None:
        """Put everything that is in flight back: it is sent again on the next connection."""
        self._held.clear()
        for lane in self._lanes.values():
            for slot in lane.slots.values():
                slot.request_id = None
            lane.in_flight = 0
            lane.probing = False
            lane.probe = None
            lane.not_before = 0.0
        self._sent.clear()

    def lost_tail(self, channel: str, keys: Collection[str], now: float) -> list[Item]:
        """Publish again what a log lost (``recovered: false``); return these items.

        ``keys`` are those of the own entries that the log's latest page shows. Of the items that
        were settled in the last ten minutes the others go first, in their old order, before what
        is waiting. One that the log has after all is answered with ``duplicate``.
        """
        self._forget_old(now)
        lane = self._lanes.get(channel, _Lane())
        lost = {
            item.key: item
            for _, item in self._settled
            if item.channel == channel and item.key not in keys and item.key not in lane.slots
        }
        if lost:
            kept = (pair for pair in self._settled if pair[1].key not in lost)
            self._settled = deque(kept, maxlen=_KEPT)
            self._lanes[channel] = lane
            lane.slots = {key: _Slot(item) for key, item in lost.items()} | lane.slots
            self._count += len(lost)
        return list(lost.values())

    def _settle(self, request_id: int) -> Item | None:
        item = self._sent.pop(request_id, None)
        if item is not None:
            lane = self._lanes[item.channel]
            lane.take_back(lane.slots[item.key])
            if lane.probe == request_id:
                lane.probing = False
                lane.probe = None
            self._remove(item)
        return item

    def _remove(self, item: Item) -> None:
        lane = self._lanes[item.channel]
        del lane.slots[item.key]
        self._count -= 1
        if not lane.slots:
            del self._lanes[item.channel]

    def _forget_old(self, now: float) -> None:
        while self._settled and self._settled[0][0] < now - REPUBLISH_SECONDS:
            self._settled.popleft()

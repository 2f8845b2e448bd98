"""Whether what is in memory of a conversation is all that the log holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from straks.conversation.lane import Lane, Lanes
from straks.conversation.model import Conversation
from straks.log.log import Log, Watcher
from straks_protocol import Position

__all__ = ["Freshness"]

_PREFIX: Final = "conversation:"


class Freshness(Watcher):
    """Marks folds that other servers may have left behind.

    What is heard of is believed. What is not is brought up to date before it counts, and what the
    log may have lost something of is read anew.
    """

    def __init__(self, log: Log, lanes: Lanes, pump: Callable[[Lane], None]) -> None:
        """``pump`` goes on with what waits in a lane whose fold was dropped."""
        self._log = log
        self._lanes = lanes
        self._pump = pump

    def use(self, conversation_id: str, at_least: int = 0) -> Lane | None:
        """Find a lane that is about to be used; one that is not heard of has a stale fold.

        So has one that is behind ``at_least``, an offset that the log is known to have.
        """
        lane = self._lanes.use(conversation_id)
        if lane is None:
            return None
        if lane.loading:
            lane.seen = max(lane.seen, at_least)
        elif not self._log.follows(_PREFIX + conversation_id) or (
            at_least and _is_behind(lane, at_least)
        ):
            lane.stale = True
        return lane

    def peek(self, conversation_id: str, at_least: int) -> Conversation | None:
        """Give the fold of a conversation if it is in memory, and up to date."""
        lane = self._lanes.get(conversation_id)
        if lane is None or lane.stale or lane.loading:
            return None
        conversation = lane.conversation
        if conversation is None or conversation.last_offset < at_least:
            return None
        return conversation if self._log.follows(_PREFIX + conversation_id) else None

    def synced(self, channel: str, position: Position) -> None:
        """See that nothing is missing of a conversation that is heard of from now on."""
        lane = self._lane_of(channel)
        if lane is None or lane.conversation is None:
            return
        conversation = lane.conversation
        if lane.loading:
            lane.seen = max(lane.seen, position.offset)
        elif conversation.last_offset < position.offset:
            lane.stale = True
        elif conversation.last_offset == position.offset:
            if conversation.last_id == position.id:
                lane.stale = False
            else:
                self._forget(lane)

    def forked(self, channel: str) -> None:
        """Believe nothing of a conversation that the log has lost something of."""
        lane = self._lane_of(channel)
        if lane is not None:
            self._forget(lane)

    def doubted(self, concerns: Callable[[str], bool]) -> None:
        """Believe nothing of the conversations that the log may have lost something of."""
        for lane in self._lanes.all():
            if concerns(_PREFIX + lane.id):
                self._forget(lane)

    def _lane_of(self, channel: str) -> Lane | None:
        return self._lanes.get(channel[len(_PREFIX) :]) if channel.startswith(_PREFIX) else None

    def _forget(self, lane: Lane) -> None:
        if lane.loading:
            lane.doubted = True
        elif lane.idle:
            self._lanes.drop(lane)
        else:
            lane.conversation = None
            self._pump(lane)


def _is_behind(lane: Lane, offset: int) -> bool:
    return lane.conversation is not None and lane.conversation.last_offset < offset

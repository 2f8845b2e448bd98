"""What is heard in a lane, and who it is for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgpack

from straks.log.log import Entry
from straks.log.redis.codec import unpack_live
from straks.log.redis.ear import Ear
from straks.log.redis.follower import Follower, Source
from straks.log.redis.keys import TELL, wake_name
from straks.log.redis.lane import Lane
from straks.log.redis.nodes import TOKEN_LENGTH, RedisNodes
from straks_protocol import Position

__all__ = ["Hearing"]

_ENTRY: Final = b"e"
_TELL: Final = TELL.encode()


class Hearing:
    """The ear of a lane and the channels it follows."""

    def __init__(
        self,
        lane: Lane,
        nodes: RedisNodes,
        source: Source,
        *,
        deliver: Callable[[Sequence[Entry]], None],
        grown: Callable[[int], None],
        synced: Callable[[str, Position], None],
        forked: Callable[[str], None],
        current: set[str],
    ) -> None:
        """``current``: kept for all lanes, see :class:`straks.log.redis.follower.Follower`.

        ``grown``: told of a partition whose feed another node has added to.
        """
        self.lane: Final = lane
        self.ear: Final = Ear(lane.master, lane.talk, nodes.token, self)
        self.follower: Final = Follower(
            source,
            self.ear,
            deliver=deliver,
            synced=synced,
            forked=forked,
            current=current,
        )
        self._nodes = nodes
        self._own = nodes.token.encode()
        self._deliver = deliver
        self._grown = grown
        self._wakes = {wake_name(number).encode(): number for number in lane.partitions}
        self._entries: list[Entry] = []
        if 0 in lane.partitions:
            self.ear.want(TELL)

    def tend(self, partition: int) -> None:
        """Hear of what is added to a feed while it is this node's to read."""
        if self._nodes.tenure(partition) is not None:
            self.ear.want(wake_name(partition))
        else:
            self.ear.drop(wake_name(partition))

    # --- from the ear ---------------------------------------------------------------------

    def heard(self, name: bytes, payload: bytes) -> None:
        partition = self._wakes.get(name)
        if partition is not None:
            if payload[:TOKEN_LENGTH] != self._own:
                self._grown(partition)
            return
        own = payload[1 : TOKEN_LENGTH + 1] == self._own
        if payload[:1] == _ENTRY:
            channel = self.follower.channel_of(name)
            # An own entry was delivered when it was appended, if that is known to have been done.
            if channel is not None and (not own or self.lane.unsettled):
                self._entry(channel, payload[TOKEN_LENGTH + 1 :])
        elif not own:
            channel = "" if name == _TELL else self.follower.channel_of(name)
            if channel is not None:
                self.drained()  # What was appended before is to be seen before.
                token = payload[1 : TOKEN_LENGTH + 1]
                self._nodes.heard(channel, token, payload[TOKEN_LENGTH + 1 :])

    def _entry(self, channel: str, packed: bytes) -> None:
        try:
            before, entry = unpack_live(channel, packed)
        except (ValueError, TypeError, msgpack.exceptions.UnpackException):
            self.follower.suspect(channel)  # Not understood; what the log holds counts.
            return
        self._entries += self.follower.take(before, entry)

    def drained(self) -> None:
        if self._entries:
            entries, self._entries = self._entries, []
            self._deliver(entries)

    def up(self, name: bytes) -> None:
        partition = self._wakes.get(name)
        if partition is not None:
            self._grown(partition)
        elif name == _TELL:
            self._nodes.synced("")
        else:
            self.follower.up(name)
            channel = self.follower.channel_of(name)
            if channel is not None:
                self._nodes.synced(channel)

    def down(self) -> None:
        self.drained()
        self.follower.down()
        for partition in self._wakes.values():
            self._grown(partition)

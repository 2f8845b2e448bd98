"""Whole channels, as commands that write them and as what is read of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final, TypeAlias

from straks.log.limits import Limits
from straks.log.log import Entry
from straks.log.moving import Head, with_states
from straks.log.redis.codec import key_digest, pack_entry
from straks.log.redis.keys import ChannelKeys, channel_keys
from straks.log.redis.wire import Command
from straks_protocol import Position

__all__ = ["ChannelWriter", "read_head"]

Ask: TypeAlias = Callable[..., Awaitable[list[Any]]]
"""Sends commands to the master of a partition."""

_LIMITS: Final = Limits()


class ChannelWriter:
    """Writes a channel where there is none, some entries at a time."""

    def __init__(self, head: Head, keys: ChannelKeys | None = None) -> None:
        """``keys``: where to; those of its name unless given."""
        self._head = head
        self.name: Final = head.name
        self.keys: Final = keys or channel_keys(head.name)
        self._state: int | None = None
        """The last state offset that was written."""

    def commands(self, entries: Sequence[Entry]) -> list[Command]:
        """Give the commands that write the next entries, and the head."""
        head, keys = self._head, self.keys
        state = self._state
        if state is None:
            first = entries[0].offset
            state = head.state if head.state < first else first - 1
        remembered = _LIMITS.max_keys(head.name)
        commands: list[Command] = []
        digests: list[Any] = []
        for entry, entry_state in with_states(entries, state):
            state = entry_state
            digest = key_digest(entry)
            fields = ("e", pack_entry(entry), "t", entry.at, "g", state)
            more = () if remembered is None else ("k", digest)
            commands.append(("XADD", keys.log, f"0-{entry.offset}", *fields, *more))
            if remembered is None or entry.offset > head.position.offset - remembered:
                digests += (digest, entry.offset)
        self._state = state
        last = ("o", head.position.offset, "t", head.at, "g", head.state, "i", head.position.id)
        # Who writes to the feed, too, says where.
        feed = ("f", f"0:{head.position.offset}")
        commands.append(("HSET", keys.state, *last, *feed, *digests))
        if head.marks:
            marks = [value for pair in head.marks.items() for value in pair]
            commands.append(("HSET", keys.marks, *marks))
        return commands


async def read_head(ask: Ask, channel: str) -> Head | None:
    """Read a channel's head; None when Redis does not have it.

    Raises:
        LogUnavailableError: it cannot be read now.
    """
    keys = channel_keys(channel)
    (offset, entry_id, at, state), flat = await ask(
        keys.partition, ("HMGET", keys.state, "o", "i", "t", "g"), ("HGETALL", keys.marks)
    )
    if offset is None:
        return None
    marks = {reader.decode(): int(mark) for reader, mark in zip(flat[::2], flat[1::2], strict=True)}
    return Head(
        name=channel,
        position=Position(offset=int(offset), id=entry_id.decode()),
        at=int(at),
        state=int(state),
        marks=dict(sorted(marks.items())),
    )

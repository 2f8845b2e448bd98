"""What the embedded log knows by heart of the channels that are written to."""

from __future__ import annotations

import json
import sqlite3
from collections import OrderedDict
from collections.abc import Iterable

from straks.log.limits import Limits
from straks.log.sqlite_sql import QUERIES
from straks_protocol import Position

__all__ = ["ActiveChannels", "ChannelState"]


class ChannelState:
    """The end of a channel, and the keys that have been used in it."""

    __slots__ = (
        "at",
        "counted",
        "id",
        "keys",
        "last",
        "max_entries",
        "max_keys",
        "offset",
        "state",
    )

    def __init__(self, max_entries: int | None, max_keys: int | None) -> None:
        self.id = 0
        """Its number in the file; 0 while it has no entries."""
        self.offset = 0
        self.last = ""
        """The id of the entry at ``offset``."""
        self.state = 0
        self.at = 0
        self.keys: dict[tuple[str, str], int] = {}
        """Sender and key to offset, oldest first."""
        self.counted = 0
        self.max_entries = max_entries
        self.max_keys = max_keys

    def ends_with(self, position: Position) -> bool:
        """Tell whether the last entry is this one."""
        return self.offset == position.offset and self.last == position.id

    def use(self, key: tuple[str, str], offset: int) -> None:
        """Remember a key; the oldest is forgotten where only some are kept."""
        keys = self.keys
        keys[key] = offset
        if self.max_keys is not None and len(keys) > self.max_keys:
            del keys[next(iter(keys))]


class ActiveChannels:
    """The channels last written to; others are read from their own rows when they are needed.

    Bounded by channels and by keys: the least recently written is forgotten.
    """

    def __init__(self, connection: sqlite3.Connection, limits: Limits) -> None:
        self._connection = connection
        self._limits = limits
        self._channels: OrderedDict[str, ChannelState] = OrderedDict()
        self._keys = 0

    def __len__(self) -> int:
        return len(self._channels)

    def get(self, names: Iterable[str]) -> dict[str, ChannelState]:
        """Give the states of these channels.

        Raises:
            sqlite3.Error: they cannot be read.
        """
        active = self._channels
        found: dict[str, ChannelState] = {}
        cold: list[str] = []
        for name in names:
            state = active.get(name)
            if state is not None:
                active.move_to_end(name)
                found[name] = state
            elif name not in found:
                found[name] = self._state(name)
                cold.append(name)
        if cold:
            self._load(found, cold)
        return found

    def keep(self, states: dict[str, ChannelState]) -> None:
        """Remember states as they are after a commit; the oldest beyond the bounds go."""
        active = self._channels
        for name, state in states.items():
            active[name] = state
            self._keys += len(state.keys) - state.counted
            state.counted = len(state.keys)
        limits = self._limits
        while len(active) > limits.active_channels or (active and self._keys > limits.active_keys):
            _, state = active.popitem(last=False)
            self._keys -= state.counted

    def forget(self, names: Iterable[str]) -> None:
        """Forget channels of which memory may be wrong."""
        for name in names:
            state = self._channels.pop(name, None)
            if state is not None:
                self._keys -= state.counted

    def _state(self, name: str) -> ChannelState:
        return ChannelState(self._limits.max_entries(name), self._limits.max_keys(name))

    def _load(self, found: dict[str, ChannelState], cold: list[str]) -> None:
        whole = [name for name in cold if found[name].max_keys is None]
        if whole:
            rows = self._connection.execute(
                QUERIES["load_channels"], {"channels": json.dumps(whole)}
            )
            self._add(found, rows)
        for name in cold:
            if (limit := found[name].max_keys) is not None:
                rows = self._connection.execute(
                    QUERIES["load_recent"], {"channel": name, "limit": limit}
                )
                self._add(found, reversed(rows.fetchall()))

    def _add(
        self,
        found: dict[str, ChannelState],
        rows: Iterable[tuple[str, int, int, int, int, str, str, str]],
    ) -> None:
        for name, number, offset, state_offset, at, sender, key, entry_id in rows:
            state = found[name]
            state.id, state.offset, state.state, state.at = number, offset, state_offset, at
            state.last = entry_id
            state.keys[sender, key] = offset

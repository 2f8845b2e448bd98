"""What has to be true of the lines of an export, one after the other."""

from __future__ import annotations

from typing import Final

from straks.log.limits import Limits
from straks.log.moving import Head
from straks.moving.lines import FORMAT, Channel, Header, Line, Said, TableRow, Waiting
from straks_protocol.channels import parse

__all__ = ["Order"]

_LARGEST: Final = 2**63 - 1
"""That every database stores."""
_LIMITS: Final = Limits()


class Order:
    """Finds what no export writes, before a log or a database does not take it."""

    def __init__(self) -> None:
        self._head: Head | None = None
        self._offset = 0
        self._ends: dict[str, int] = {}
        """Offset of the last entry, by channel."""
        self._state = 0
        """Offset of the last entry of the channel that changed its state."""
        self._keys: set[tuple[str, str]] = set()
        """Senders and keys of the channel."""

    def flaw(self, number: int, line: Line) -> str | None:
        """Say what is wrong with the next line; ``number``: from 1."""
        if isinstance(line, Header) != (number == 1):
            return "an export begins with one header"
        if isinstance(line, Header) and line.format != FORMAT:
            return f"it has format {line.format}, this release reads {FORMAT}"
        if not _in_range(line):
            return "a number is out of range"
        match line:
            case Said():
                return self._flaw_of_entry(line)
            case Channel():
                return self.flaw_of_end() or self._flaw_of_channel(line)
            case TableRow() if not all(
                isinstance(v, str | int | None) for v in line.values.values()
            ):
                return "a record holds text, whole numbers, true, false and null alone"
            case Waiting() if line.pending.offset > self._ends.get(line.pending.channel, 0):
                return f"there is no entry {line.pending.offset} of {line.pending.channel}"
        return self.flaw_of_end()

    def flaw_of_end(self) -> str | None:
        """Say what is wrong if no entry follows."""
        if self._head is not None and self._offset != self._head.position.offset:
            return f"entries of {self._head.name} are missing"
        return None

    def _flaw_of_channel(self, line: Channel) -> str | None:
        self._head, self._offset = line.head, 0
        name, end = line.head.name, line.head.position.offset
        try:
            parse(name)
        except ValueError as error:
            return str(error)
        if name in self._ends:
            return f"{name} comes twice"
        if not end > 0:
            return f"{name} has no entries"
        if line.head.state > end or not all(0 < mark <= end for mark in line.head.marks.values()):
            return f"{name} ends at {end}, and says something of what comes after"
        if "" in line.head.marks:
            return f"{name} was read by nobody"
        self._ends[name] = end
        self._state = 0
        self._keys.clear()
        return None

    def _flaw_of_entry(self, line: Said) -> str | None:
        if self._head is None:
            return "an entry is out of place"
        # A channel without end has lost its first entries.
        endless = _LIMITS.max_entries(self._head.name) is None
        if line.offset != self._offset + 1 and (self._offset or not endless):
            return "an entry is out of place"
        self._offset = line.offset
        if line.offset < 1 or line.offset > self._head.position.offset:
            return "an entry is out of place"
        if line.advances:
            self._state = line.offset
        if not endless:
            if (line.sender, line.key) in self._keys:
                return f"the sender used the key {line.key} before"
            self._keys.add((line.sender, line.key))
        if line.offset == self._head.position.offset:
            if (line.id, line.at) != (self._head.position.id, self._head.at):
                return f"the last entry of {self._head.name} is another"
            if self._state != self._head.state and not (endless and not self._state):
                return f"the state of {self._head.name} is another"
        return None


def _in_range(line: Line) -> bool:
    match line:
        case Said():
            return 0 <= line.offset <= _LARGEST and 0 <= line.at <= _LARGEST
        case Channel(head=head):
            numbers = (head.position.offset, head.at, head.state, *head.marks.values())
            return min(numbers) >= 0 and max(numbers) <= _LARGEST
        case Waiting():
            return 0 <= line.pending.offset <= _LARGEST
        case TableRow():
            numbers = tuple(value for value in line.values.values() if isinstance(value, int))
            return not numbers or (min(numbers) >= -_LARGEST and max(numbers) <= _LARGEST)
    return True

"""Read watermarks that are not stored yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

__all__ = ["MarkSet", "Marks", "by_lane"]

MarkSet: TypeAlias = dict[str, dict[str, int]]
"""Channel to reader to offset."""


class Marks:
    """Watermarks between ``mark`` and the disk; the newest of each reader and channel alone.

    So there are never more than connected readers times the channels that each of them reads.
    """

    def __init__(self) -> None:
        self._waiting: MarkSet = {}
        self._writing: list[MarkSet] = []

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def put(self, channel: str, reader: str, offset: int) -> None:
        """Raise a watermark."""
        readers = self._waiting.setdefault(channel, {})
        if offset > readers.get(reader, 0):
            readers[reader] = offset

    def take(self) -> MarkSet:
        """Give what is to be stored; :meth:`stored` or :meth:`failed` must follow."""
        marks, self._waiting = self._waiting, {}
        if marks:
            self._writing.append(marks)
        return marks

    def stored(self, marks: MarkSet) -> None:
        """Forget what is on the disk."""
        if marks:
            self._drop(marks)

    def failed(self, marks: MarkSet) -> None:
        """Keep for the next time what could not be stored."""
        if marks:
            self._drop(marks)
            for channel, readers in marks.items():
                for reader, offset in readers.items():
                    self.put(channel, reader, offset)

    def merge(self, channel: str, stored: Mapping[str, int], last: int) -> dict[str, int]:
        """Raise what storage says by what it does not know yet, no higher than ``last``."""
        merged = dict(stored)
        for reader, offset in self._of(channel):
            merged[reader] = max(merged.get(reader, 0), min(offset, last))
        return {reader: offset for reader, offset in merged.items() if offset > 0}

    def _of(self, channel: str) -> Iterator[tuple[str, int]]:
        for marks in (*self._writing, self._waiting):
            yield from marks.get(channel, {}).items()

    def _drop(self, marks: MarkSet) -> None:
        self._writing = [other for other in self._writing if other is not marks]


def by_lane(marks: MarkSet, lane_of: Callable[[str], int]) -> dict[int, MarkSet]:
    """Sort watermarks by the lane of their channel."""
    lanes: dict[int, MarkSet] = {}
    for channel, readers in marks.items():
        lanes.setdefault(lane_of(channel), {})[channel] = readers
    return lanes

"""What joins in a tick."""

from __future__ import annotations

from collections.abc import Callable

from straks.edge.flush import Flusher


class Turns:
    """An event loop's queue."""

    def __init__(self) -> None:
        self.soon: list[Callable[[], object]] = []

    def call_soon(self, callback: Callable[[], object], /) -> None:
        self.soon.append(callback)


class Writer:
    def __init__(self) -> None:
        self.flushed = 0

    def flush(self) -> None:
        self.flushed += 1


def test_one_call_per_tick_flushes_all() -> None:
    turns, writers = Turns(), [Writer() for _ in range(5)]
    flusher = Flusher(turns)
    assert flusher.tick() == flusher.tick()
    for writer in writers:
        flusher.add(writer)
    assert len(turns.soon) == 1
    turns.soon.pop()()
    assert [writer.flushed for writer in writers] == [1] * 5
    assert turns.soon == []


def test_each_tick_in_which_somebody_asks_has_its_number() -> None:
    flusher = Flusher(turns := Turns())
    first = flusher.tick()
    turns.soon.pop()()
    assert flusher.tick() > first > 0
    assert len(turns.soon) == 1

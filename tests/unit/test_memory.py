"""What the collector of cycles passes over."""

from __future__ import annotations

import gc
import weakref

from straks import memory


class Node:
    def __init__(self) -> None:
        self.itself: Node | None = None


def test_the_collector_passes_over_what_there_was_and_not_over_what_comes() -> None:
    before = Node()
    before.itself = before
    try:
        memory.settle()
        assert gc.get_freeze_count() > 0
        after = Node()
        after.itself = after
        old, new = weakref.ref(before), weakref.ref(after)
        del before, after
        gc.collect()
        assert old() is not None
        assert new() is None
    finally:
        gc.unfreeze()


def test_what_is_garbage_by_then_is_freed() -> None:
    garbage = Node()
    garbage.itself = garbage
    seen = weakref.ref(garbage)
    del garbage
    try:
        memory.settle()
        assert seen() is None
    finally:
        gc.unfreeze()

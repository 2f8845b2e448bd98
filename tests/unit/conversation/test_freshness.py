"""What is in memory of a conversation counts only while nothing of it can have been missed."""

from __future__ import annotations

from typing import Any

import pytest

from straks.conversation.freshness import Freshness
from straks.conversation.lane import Lane, Lanes
from straks_protocol import Position


class Heard:
    """A log that follows some channels."""

    def __init__(self) -> None:
        self.channels: set[str] = set()

    def follows(self, channel: str) -> bool:
        return channel in self.channels


class Fold:
    """What matters here of a conversation."""

    def __init__(self, offset: int, entry_id: str) -> None:
        self.last_offset = offset
        self.last_id = entry_id


class Watched:
    """A freshness, its lanes, and what was pumped."""

    def __init__(self) -> None:
        self.heard = Heard()
        self.lanes = Lanes(10)
        self.pumped: list[str] = []
        log: Any = self.heard
        self.freshness = Freshness(log, self.lanes, lambda lane: self.pumped.append(lane.id))

    def lane(self, ident: str = "a", *, offset: int = 5) -> Lane:
        lane = self.lanes.add(ident)
        fold: Any = Fold(offset, f"id{offset}")
        lane.conversation = fold
        return lane


@pytest.fixture
def watched() -> Watched:
    return Watched()


def at(offset: int, entry_id: str | None = None) -> Position:
    return Position(offset=offset, id=entry_id or f"id{offset}")


def test_what_is_not_heard_of_is_stale_when_it_is_used(watched: Watched) -> None:
    lane = watched.lane()
    assert watched.freshness.use("a") is lane
    assert lane.stale


def test_what_is_heard_of_is_believed(watched: Watched) -> None:
    watched.heard.channels.add("conversation:a")
    lane = watched.lane()
    assert watched.freshness.use("a") is lane
    assert not lane.stale
    assert watched.freshness.peek("a", 0) is lane.conversation


def test_a_fold_behind_what_the_log_has_is_not_used(watched: Watched) -> None:
    watched.heard.channels.add("conversation:a")
    lane = watched.lane(offset=5)
    assert watched.freshness.peek("a", 5) is lane.conversation
    assert watched.freshness.peek("a", 6) is None
    watched.freshness.use("a", 5)
    assert watched.freshness.peek("a", 5) is lane.conversation
    watched.freshness.use("a", 6)
    assert lane.stale
    assert watched.freshness.peek("a", 5) is None


def test_what_is_being_loaded_must_come_to_what_is_asked_for(watched: Watched) -> None:
    lane = watched.lane()
    lane.loading = True
    watched.freshness.use("a", 9)
    watched.freshness.use("a")
    assert lane.seen == 9


def test_what_is_not_heard_of_or_not_in_memory_is_not_seen(watched: Watched) -> None:
    watched.lane()
    assert watched.freshness.peek("a", 0) is None
    assert watched.freshness.peek("other", 0) is None


def test_what_is_being_loaded_is_left_alone(watched: Watched) -> None:
    lane = watched.lane()
    lane.loading = True
    watched.freshness.use("a")
    assert not lane.stale


def test_what_is_not_in_memory_is_not_found(watched: Watched) -> None:
    assert watched.freshness.use("other") is None


def test_a_fold_at_the_logs_last_entry_is_fresh_again(watched: Watched) -> None:
    lane = watched.lane(offset=5)
    lane.stale = True
    watched.freshness.synced("conversation:a", at(5))
    assert not lane.stale


def test_a_fold_behind_the_log_is_stale(watched: Watched) -> None:
    lane = watched.lane(offset=5)
    watched.freshness.synced("conversation:a", at(6))
    assert lane.stale


def test_a_fold_ahead_of_what_was_read_is_left_as_it_is(watched: Watched) -> None:
    lane = watched.lane(offset=5)
    watched.freshness.synced("conversation:a", at(4))
    assert not lane.stale
    assert lane.conversation is not None


def test_another_entry_at_the_same_offset_is_a_fork(watched: Watched) -> None:
    watched.lane(offset=5)
    watched.freshness.synced("conversation:a", at(5, "another"))
    assert watched.lanes.get("a") is None


def test_what_is_loaded_must_reach_what_was_heard_of_meanwhile(watched: Watched) -> None:
    lane = watched.lane()
    lane.loading = True
    watched.freshness.synced("conversation:a", at(9))
    watched.freshness.synced("conversation:a", at(7))
    assert lane.seen == 9


def test_other_channels_do_not_matter(watched: Watched) -> None:
    lane = watched.lane()
    watched.freshness.synced("desk:a", at(9))
    watched.freshness.forked("inbox:default")
    assert watched.lanes.get("a") is lane
    assert not lane.stale


def test_a_fork_drops_what_nobody_uses(watched: Watched) -> None:
    watched.lane()
    watched.freshness.forked("conversation:a")
    assert watched.lanes.get("a") is None
    assert watched.pumped == []


def test_a_fork_reads_anew_what_is_in_use(watched: Watched) -> None:
    lane = watched.lane()
    lane.in_flight = 1
    watched.freshness.forked("conversation:a")
    assert watched.lanes.get("a") is lane
    assert lane.conversation is None
    assert watched.pumped == ["a"]


def test_a_fork_while_loading_has_it_loaded_again(watched: Watched) -> None:
    lane = watched.lane()
    lane.loading = True
    watched.freshness.forked("conversation:a")
    assert lane.doubted
    assert lane.conversation is not None


def test_only_what_a_doubt_concerns_is_forgotten(watched: Watched) -> None:
    watched.lane("a")
    kept = watched.lane("b")
    watched.freshness.doubted(lambda channel: channel == "conversation:a")
    assert watched.lanes.get("a") is None
    assert watched.lanes.get("b") is kept

"""Lanes that nobody uses are forgotten, others never."""

from __future__ import annotations

from straks.conversation.lane import Lanes


def test_the_longest_unused_goes_first() -> None:
    lanes = Lanes(2)
    lanes.add("a")
    lanes.add("b")
    lanes.use("a")
    lanes.add("c")
    assert [each for each in "abc" if lanes.get(each)] == ["a", "c"]


def test_lanes_in_use_stay_whatever_the_capacity() -> None:
    lanes = Lanes(1)
    lanes.add("a").in_flight = 1
    lanes.add("b").loading = True
    lanes.add("c")
    assert [each for each in "abc" if lanes.get(each)] == ["a", "b", "c"]
    lanes.add("d")
    assert [each for each in "abcd" if lanes.get(each)] == ["a", "b", "d"]


def test_a_new_lane_is_not_forgotten_for_itself() -> None:
    lanes = Lanes(0)
    lanes.add("a")
    assert lanes.get("a") is not None


def test_excess_shrinks_again_when_lanes_become_idle() -> None:
    lanes = Lanes(4)
    busy = [lanes.add(f"busy{n}") for n in range(40)]
    for lane in busy:
        lane.in_flight = 1
    for lane in busy:
        lane.in_flight = 0
    for n in range(200):
        lanes.add(f"new{n}")
    assert len(lanes) <= 4

"""Watermarks on their way to the disk."""

from __future__ import annotations

from straks.log.marks import Marks


def test_the_highest_counts() -> None:
    marks = Marks()
    for offset in (3, 5, 4):
        marks.put("a", "me", offset)
    assert marks.take() == {"a": {"me": 5}}
    assert not marks


def test_what_is_being_stored_is_still_told() -> None:
    marks = Marks()
    marks.put("a", "me", 5)
    taken = marks.take()
    marks.put("a", "you", 2)
    assert marks.merge("a", {"me": 1}, 9) == {"me": 5, "you": 2}
    marks.stored(taken)
    assert marks.merge("a", {"me": 5}, 9) == {"me": 5, "you": 2}


def test_what_could_not_be_stored_is_tried_again() -> None:
    marks = Marks()
    marks.put("a", "me", 5)
    taken = marks.take()
    marks.put("a", "me", 4)
    marks.put("b", "me", 1)
    marks.failed(taken)
    assert marks.take() == {"a": {"me": 5}, "b": {"me": 1}}


def test_none_is_higher_than_the_log_is_long() -> None:
    marks = Marks()
    marks.put("a", "me", 50)
    marks.put("a", "you", 0)
    assert marks.merge("a", {"them": 2}, 7) == {"them": 2, "me": 7}
    assert marks.merge("a", {}, 0) == {}

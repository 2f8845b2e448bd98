"""Positions see gaps and forks."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from straks_protocol import START, Entry, Principal, Step, judge, position_of
from straks_protocol.position import follows


def entry(offset: int, log: str = "a") -> Entry:
    """An entry of a log; two logs have no ids in common."""
    return Entry(
        offset=offset,
        id=f"{log}{offset}",
        at=0,
        sender=Principal(kind="app", id="x"),
        kind="a",
        data={},
    )


@pytest.mark.parametrize(
    ("pushed", "step"),
    [
        (entry(4), Step.NEXT),
        (entry(4, "b"), Step.NEXT),
        (entry(3), Step.KNOWN),
        (entry(3, "b"), Step.FORK),
        (entry(2), Step.FORK),
        (entry(1, "b"), Step.FORK),
        (entry(5), Step.GAP),
        (entry(500), Step.GAP),
    ],
)
def test_a_push_is_judged_by_offset_and_id(pushed: Entry, step: Step) -> None:
    assert judge(position_of(entry(3)), pushed) is step
    assert step.resubscribe == (step in {Step.GAP, Step.FORK})


def test_the_first_entry_follows_the_start() -> None:
    assert judge(START, entry(1)) is Step.NEXT
    assert judge(START, entry(2)) is Step.GAP


@given(first=st.integers(0, 5), offsets=st.lists(st.integers(1, 12), max_size=6))
def test_only_entries_without_gaps_follow(first: int, offsets: list[int]) -> None:
    here = START if first == 0 else position_of(entry(first))
    expected = offsets == list(range(first + 1, first + 1 + len(offsets)))
    assert follows(here, [entry(offset) for offset in offsets]) == expected

"""What a run lost, got twice or got in another order is counted right."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from bench.tally import Tally

CHANNEL = "conversation:a"


def history(*offsets: int) -> list[dict[str, Any]]:
    return [{"offset": offset, "id": f"e{offset}"} for offset in offsets]


def run(arrived: list[int], stored: list[dict[str, Any]], acked: tuple[int, ...] = ()) -> Tally:
    tally = Tally()
    for offset in arrived:
        tally.stream("agent", CHANNEL).arrived(offset, f"e{offset}")
    for offset in acked:
        tally.ack(CHANNEL, f"k{offset}", offset, f"e{offset}")
    tally.compare(CHANNEL, stored)
    return tally


def faults(tally: Tally) -> tuple[int, int, int]:
    counts = tally.counts()
    return counts["lost"], counts["duplicated"], counts["reordered"]


def test_a_run_without_faults() -> None:
    tally = run([1, 2, 3], history(1, 2, 3), acked=(1, 3))
    assert faults(tally) == (0, 0, 0)
    assert (tally.counts()["acked"], tally.counts()["delivered"]) == (2, 3)


def test_what_was_acknowledged_and_is_not_stored_is_lost() -> None:
    assert faults(run([], history(1, 2), acked=(1, 2, 3))) == (1, 0, 0)


def test_what_was_acknowledged_and_is_another_entry_is_lost() -> None:
    stored = [{"offset": 1, "id": "e1"}, {"offset": 2, "id": "other"}]
    assert faults(run([], stored, acked=(1, 2))) == (1, 0, 0)


def test_what_is_stored_and_did_not_arrive_is_lost() -> None:
    assert faults(run([2, 4], history(1, 2, 3, 4, 5))) == (2, 0, 0)  # who came at 2 misses 3 and 5


def test_an_entry_that_is_stored_twice_is_duplicated() -> None:
    stored = [*history(1, 2), {"offset": 3, "id": "e2"}]
    assert faults(run([], stored)) == (0, 1, 0)


def test_a_stored_gap_is_another_order() -> None:
    assert faults(run([], history(1, 3, 4))) == (0, 0, 1)


def test_each_channel_and_receiver_has_books_of_its_own() -> None:
    tally = Tally()
    for receiver in ("agent", "visitor"):
        tally.stream(receiver, CHANNEL).arrived(1, "e1")
        tally.stream(receiver, "conversation:b").arrived(1, "x1")
    tally.compare(CHANNEL, history(1))
    tally.compare("conversation:b", [{"offset": 1, "id": "x1"}])
    assert faults(tally) == (0, 0, 0)
    assert tally.counts()["delivered"] == 4


@settings(max_examples=100)
@given(st.integers(1, 12), st.data())
def test_any_arrivals_are_counted_as_a_plain_model_counts_them(
    last: int, data: st.DataObject
) -> None:
    arrived = data.draw(st.lists(st.integers(1, last), max_size=30))
    first_times = [offset for n, offset in enumerate(arrived) if offset not in arrived[:n]]
    late = sum(offset < max(first_times[: n + 1]) for n, offset in enumerate(first_times))
    expected = set(range(min(arrived), last + 1)) if arrived else set()
    lost, duplicated, reordered = faults(run(arrived, history(*range(1, last + 1))))
    assert lost == len(expected - set(arrived))
    assert duplicated == len(arrived) - len(first_times)
    assert reordered == late

"""How often and how many."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from straks.edge.limits import AddressCounts, AddressRates, Bucket, Rate


def test_a_burst_goes_through_then_the_rate_holds() -> None:
    bucket = Bucket(Rate(2, 3), now=10.0)
    assert [bucket.take(10.0) for _ in range(3)] == [0, 0, 0]
    assert bucket.take(10.0) == pytest.approx(0.5)
    assert bucket.take(10.5) == 0
    assert bucket.take(10.5) > 0


@given(st.lists(st.floats(0, 2), max_size=200))
def test_no_pattern_gets_more_than_burst_and_rate(gaps: list[float]) -> None:
    bucket, now, taken = Bucket(Rate(5, 10), now=0.0), 0.0, 0
    for gap in gaps:
        now += gap
        taken += bucket.take(now) == 0
    assert taken <= 10 + 5 * now + 1e-6


@given(st.floats(0.01, 5))
def test_who_waits_as_told_gets_one(start: float) -> None:
    bucket = Bucket(Rate(3, 1), now=0.0)
    bucket.take(start)
    wait = bucket.take(start)
    assert bucket.take(start + wait + 1e-9) == 0


def test_addresses_have_their_own_buckets() -> None:
    rates = AddressRates(Rate(1, 1))
    assert rates.take("a", 0.0) == 0
    assert rates.take("a", 0.0) > 0
    assert rates.take("b", 0.0) == 0


def test_the_table_of_addresses_is_bounded() -> None:
    rates = AddressRates(Rate(1, 1), capacity=3)
    for name in "abacd":
        rates.take(name, 0.0)
    assert len(rates) == 3
    assert rates.take("a", 0.0) > 0, "the address that was used last is still known"


def test_connections_are_counted_and_forgotten() -> None:
    counts = AddressCounts(2)
    assert counts.enter("a")
    assert counts.enter("a")
    assert not counts.enter("a")
    counts.leave("a")
    assert counts.enter("a")
    counts.leave("a")
    counts.leave("a")
    assert len(counts) == 0

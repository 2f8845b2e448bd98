"""How often and how many."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from straks.edge.limits import AddressCounts, AddressRates, Rate, take


def test_a_burst_goes_through_then_the_rate_holds() -> None:
    buckets: dict[str, float] = {}
    rate = Rate(2, 3)
    assert [take(buckets, "a", rate, 10.0) for _ in range(3)] == [0, 0, 0]
    assert take(buckets, "a", rate, 10.0) == pytest.approx(0.5)
    assert take(buckets, "a", rate, 10.5) == 0
    assert take(buckets, "a", rate, 10.5) > 0


@given(st.floats(0.1, 1000), st.integers(1, 1000), st.floats(0, 1e8))
def test_a_full_bucket_has_all_of_its_burst(per_second: float, burst: int, now: float) -> None:
    buckets: dict[str, float] = {}
    rate = Rate(per_second, burst)
    assert [take(buckets, "a", rate, now) for _ in range(burst)] == [0] * burst


@given(st.lists(st.floats(0, 2), max_size=200))
def test_no_pattern_gets_more_than_burst_and_rate(gaps: list[float]) -> None:
    buckets: dict[str, float] = {}
    now, taken = 0.0, 0
    for gap in gaps:
        now += gap
        taken += take(buckets, "a", Rate(5, 10), now) == 0
    assert taken <= 10 + 5 * (now + 1e-4) + 1e-6


@given(st.floats(0.01, 5))
def test_who_waits_as_told_gets_one(start: float) -> None:
    buckets: dict[str, float] = {}
    take(buckets, "a", Rate(3, 1), start)
    wait = take(buckets, "a", Rate(3, 1), start)
    assert take(buckets, "a", Rate(3, 1), start + wait + 1e-9) == 0


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

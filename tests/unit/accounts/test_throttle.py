"""Growing delays."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from straks.accounts.throttle import Throttle, network_of
from straks.clock import ManualClock


def test_the_first_five_failures_are_free_and_the_wait_doubles(clock: ManualClock) -> None:
    throttle = Throttle(clock, longest=10)
    waits = []
    for _ in range(11):
        throttle.failed("a")
        waits.append(throttle.wait("a"))
    assert waits == [0, 0, 0, 0, 0, 1, 2, 4, 8, 10, 10]
    assert throttle.wait("b") == 0


def test_time_and_success_forget(clock: ManualClock) -> None:
    throttle = Throttle(clock, longest=10)
    for _ in range(8):
        throttle.failed("a")
        throttle.failed("b")
    clock.advance(3)
    assert throttle.wait("a") == 1
    throttle.succeeded("a")
    assert throttle.wait("a") == 0
    clock.advance(3601)
    throttle.failed("b")
    assert throttle.wait("b") == 0


def test_a_failure_taken_back_leaves_those_before_it(clock: ManualClock) -> None:
    throttle = Throttle(clock, longest=10)
    for _ in range(6):
        throttle.failed("a")
    throttle.forgive("a")
    assert throttle.wait("a") == 0
    throttle.failed("a")
    assert throttle.wait("a") == 1
    throttle.forgive("never failed")


def test_a_jump_of_the_wall_clock_changes_nothing(clock: ManualClock) -> None:
    throttle = Throttle(clock, longest=10)
    for _ in range(7):
        throttle.failed("a")
    clock.jump(-86_400)
    assert throttle.wait("a") == 2


@settings(max_examples=50)
@given(st.lists(st.integers(0, 40), max_size=200))
def test_the_table_is_bounded_and_keeps_who_failed_last(names: list[int]) -> None:
    throttle = Throttle(ManualClock(), longest=10, capacity=8)
    for name in names:
        for _ in range(6):
            throttle.failed(str(name))
    assert len(throttle) <= 8
    assert all(throttle.wait(str(name)) > 0 for name in names[-1:])


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("not an address", "not an address"),
    ],
)
def test_an_ipv6_customer_counts_as_one(address: str, counted: str) -> None:
    assert network_of(address) == counted

"""Delays have full jitter, grow to their cap, and start again after a success."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import given
from hypothesis import strategies as st

from straks_protocol import BACKOFF_BASE, BACKOFF_CAP, Backoff, full_jitter

fractions = st.floats(0, 1)


@given(attempt=st.integers(0, 10**6), fraction=fractions)
def test_a_delay_lies_between_nothing_and_the_doubled_base_or_the_cap(
    attempt: int, fraction: float
) -> None:
    longest = min(BACKOFF_CAP, BACKOFF_BASE * 2 ** min(attempt, 30))
    assert 0 <= full_jitter(attempt, fraction) <= longest
    assert full_jitter(attempt, 1.0) == longest


def test_delays_grow_until_the_cap_and_start_again() -> None:
    backoff = Backoff(lambda: 1.0)
    assert [backoff.next() for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 20, 20]
    backoff.reset()
    assert backoff.next() == 0.5


def test_what_a_closing_server_asks_for_replaces_the_first_delay_only() -> None:
    backoff = Backoff(lambda: 1.0)
    assert backoff.next(reconnect_after=7.5) == 7.5
    assert backoff.next(reconnect_after=7.5) == 1.0
    backoff.reset()
    assert backoff.next(reconnect_after=-1) == 0


def test_randomness_is_the_callers() -> None:
    def numbers() -> Iterator[float]:
        yield from (0.0, 0.5, 1.0)

    source = numbers()
    backoff = Backoff(lambda: next(source))
    assert [backoff.next() for _ in range(3)] == [0.0, 0.5, 2.0]

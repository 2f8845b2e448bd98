"""When an answer is given."""

from __future__ import annotations

import dataclasses
import datetime

import pytest

from straks.answers.answer import Answer

ALWAYS = Answer(id="a", lang="en", title="A", text="b", html="b", phrases=(), tags=())


def days(first: int | None, last: int | None) -> Answer:
    return dataclasses.replace(ALWAYS, valid_from=day(first), valid_until=day(last))


def day(number: int | None) -> datetime.date | None:
    return None if number is None else datetime.date(2026, 12, number)


@pytest.mark.parametrize(
    ("answer", "held"),
    [
        (days(None, None), [1, 2, 3, 4]),
        (days(2, None), [2, 3, 4]),
        (days(None, 2), [1, 2]),
        (days(2, 3), [2, 3]),
        (days(3, 3), [3]),
    ],
)
def test_it_holds_from_its_first_day_to_its_last(answer: Answer, held: list[int]) -> None:
    found = [n for n in range(1, 5) if answer.holds_on(datetime.date(2026, 12, n))]
    assert found == held


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [
        (days(None, None), days(None, None), True),
        (days(None, 2), days(3, None), False),
        (days(None, 3), days(3, None), True),
        (days(1, 4), days(2, 3), True),
        (days(1, 2), days(3, 4), False),
    ],
)
def test_two_meet_that_hold_on_the_same_day(one: Answer, other: Answer, meet: bool) -> None:
    assert one.meets(other) is other.meets(one) is meet

"""Who comes on a day, and what is kept of it."""

from __future__ import annotations

import itertools
from statistics import mean
from typing import Any

import pytest

from bench.day.books import Books
from bench.day.day import told
from bench.day.plan import TALKS, Visit, Wish, busyness, plan
from bench.day.samples import Sample, slope

QUESTIONS = ("where is it?", "what is it?")


def visits(seed: int = 1, seconds: float = 100.0, rate: float = 20.0, **more: Any) -> list[Visit]:
    return list(plan(seed, seconds, rate, questions=QUESTIONS, **more))


def test_a_day_is_the_same_for_the_same_seed() -> None:
    assert visits() == visits()
    assert visits() != visits(seed=2)


def test_visits_come_in_order_and_as_often_as_is_wanted() -> None:
    some = visits(seconds=500.0)
    assert [visit.number for visit in some] == list(range(len(some)))
    assert all(a.at <= b.at for a, b in itertools.pairwise(some))
    assert some[0].at >= 0
    assert max(visit.at + visit.stay for visit in some) <= 500
    assert len(some) == pytest.approx(20 * 500, rel=0.15)


def test_an_average_day_is_as_busy_as_is_wanted_the_campaign_aside() -> None:
    times = [step / 10_000 for step in range(10_000)]
    usual = [busyness(time) for time in times if not 0.58 <= time < 0.60]
    assert mean(usual) == pytest.approx(1.0, abs=0.02)
    assert busyness(0.1) < 0.3 < 1.5 < busyness(0.46)
    assert busyness(0.59) > 3 * busyness(0.57)


def test_several_days_go_by() -> None:
    some = visits(seconds=400.0, day=100.0)
    nights = [visit for visit in some if visit.at % 100 < 15]
    noons = [visit for visit in some if 39 <= visit.at % 100 < 54]
    assert len(noons) > 5 * len(nights)
    assert {int(visit.at // 100) for visit in noons} == {0, 1, 2, 3}


def test_visitors_look_ask_or_want_a_person() -> None:
    some = visits()
    assert {visit.wish for visit in some} == set(Wish)
    for visit in some:
        said = {
            Wish.LOOK: not visit.texts,
            Wish.ASK: set(visit.texts) <= set(QUESTIONS) and len(visit.texts) > 0,
            Wish.PERSON: visit.texts in TALKS,
        }
        assert said[visit.wish]
        assert len(visit.pauses) == len(visit.outages) == len(visit.texts)
    flaky = sum(any(visit.outages) for visit in some if visit.texts)
    assert 0 < flaky < len(some) / 4


def test_a_delivery_counts_once_whichever_of_its_ends_is_told_first() -> None:
    books = Books()
    books.said("acked first", 0.0)
    books.heard("acked first", live=True)
    books.heard("heard first", live=True)
    books.said("heard first", 0.0)
    assert len(books.waits["delivery"]) == 2
    books.said("missed", 0.0)
    books.heard("missed", live=False)
    books.heard("history", live=False)
    assert len(books.waits["delivery"]) == 2


def test_what_did_not_come_is_lost() -> None:
    books = Books()
    assert books.row()["lost"] == 0
    books.faults.append("no answer")
    books.unrecovered = 1
    assert books.row()["lost"] == 2


def test_what_went_wrong_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    books = Books()
    told(books, books.row())
    assert capsys.readouterr().err == ""
    books.faults.append("conversation:a: no answer to entry 1")
    told(books, books.row())
    assert capsys.readouterr().err.splitlines() == [
        "conversation:a: no answer to entry 1",
        "Not everything arrived once and in order: {'lost': 1}",
    ]


def sample(at: float, uss_kib: int, stored: int) -> Sample:
    return Sample(
        at=at, rss_kib=9, uss_kib=uss_kib, cpu_s=1, descriptors=5, connections=2, stored=stored
    )


def test_a_slope_is_growth_for_each_unit() -> None:
    some = [sample(0, 100, 0), sample(10, 120, 5), sample(20, 140, 10), sample(30, 160, 15)]
    assert slope(some, "uss_kib", "at", 3_600) == pytest.approx(7_200)
    assert slope(some, "uss_kib", "stored") == pytest.approx(4)
    assert slope(some, "rss_kib", "at") == 0


@pytest.mark.parametrize(
    "some", [[], [sample(0, 1, 0), sample(1, 2, 1)], [sample(at, at, 7) for at in range(5)]]
)
def test_too_little_has_no_slope(some: list[Sample]) -> None:
    assert slope(some, "uss_kib", "stored") is None

"""Which answers come nearest, and what speaks for each."""

from __future__ import annotations

from itertools import pairwise

from straks.answers.ranking import Ranker

RANKER = Ranker([["when are you open", "opening hours"], ["return a lamp"], ["gift card"]], "en")


def test_the_first_is_before_the_others_by_its_gap() -> None:
    first, second, third = RANKER.rank("what are the opening hours")
    assert (first.answer, first.phrase) == (0, "opening hours")
    assert first.gap == first.margin - second.margin > 0
    assert second.gap == second.margin - first.margin < 0
    assert second.margin >= third.margin
    assert first.nearest >= first.nearness


def test_words_that_nobody_knows_rank_nothing() -> None:
    assert RANKER.rank("") == []
    assert RANKER.rank("漢字") == []


def test_of_answers_that_are_as_likely_the_first_comes_first() -> None:
    same = ["where is my order", "track my parcel"]
    ranker = Ranker([*([same] * 7), ["gift cards", "buy a gift card"]], "en")
    found = ranker.rank("where is my parcel")
    margins = [each.margin for each in found]
    assert margins == sorted(margins, reverse=True)
    for one, other in pairwise(found):
        if one.margin == other.margin:
            assert one.answer < other.answer

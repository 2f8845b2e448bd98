"""Grams are counted alike in one text and in many."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from straks.answers.grams import NEAR, Block, Characters, Pairs, Texts, counted, different

TEXTS = Texts(["a b a c", "c d", "", "b"])


def test_words_are_numbered_as_they_come_and_counted_in_each_text() -> None:
    assert TEXTS.words == ["a", "b", "c", "d"]
    assert TEXTS.counts.toarray().tolist() == [
        [2, 1, 1, 0],
        [0, 0, 1, 1],
        [0, 0, 0, 0],
        [0, 1, 0, 0],
    ]


def test_pairs_follow_each_other_or_stand_near_in_any_order_within_one_text() -> None:
    pairs = Pairs(TEXTS.tokens, TEXTS)
    assert pairs.following.toarray().tolist() == [
        [1, 1, 1, 0],  # a b, a c, b a
        [0, 0, 0, 1],  # c d
        [0, 0, 0, 0],
        [0, 0, 0, 0],
    ]
    assert pairs.together.toarray().tolist() == [
        [1, 2, 2, 1, 0],  # a a, a b twice, a c twice, b c
        [0, 0, 0, 0, 1],
        [0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0],
    ]


@given(st.lists(st.integers(-1, 3), max_size=12))
def test_the_pairs_of_one_text_are_found_as_they_were_counted(stems: list[int]) -> None:
    learned = Pairs(TEXTS.tokens, TEXTS)
    found, unmet = learned.find(np.array(stems, np.int64))
    following = learned.following.shape[1]
    met = [pair for pair in pairwise(stems) if pair in {(0, 1), (0, 2), (1, 0), (2, 3)}]
    assert int((found < following).sum()) == len(met)
    assert len(unmet) == max(0, len(stems) - 1) - len(met)
    near = {frozenset(each) for each in ("aa", "ab", "ac", "bc", "cd")}
    together = [
        (one, two)
        for place, one in enumerate(stems)
        for two in stems[place + 1 : place + 1 + NEAR]
        if min(one, two) >= 0 and frozenset("abcd"[each] for each in (one, two)) in near
    ]
    assert int((found >= following).sum()) == len(together)


def test_pairs_that_were_never_met_are_told_by_where_they_begin() -> None:
    pairs = Pairs(TEXTS.tokens, TEXTS)
    _, unmet = pairs.find(np.array([2, 3, -1, 0, 1]))
    assert unmet.tolist() == [1, 2]  # d and a stranger, a stranger and a
    for alone in ([2], []):
        found, unmet = pairs.find(np.array(alone, np.int64))
        assert len(found) == len(unmet) == 0


def test_texts_of_one_word_have_no_pairs() -> None:
    single = Texts(["a", "b"])
    pairs = Pairs(single.tokens, single)
    assert pairs.following.shape == pairs.together.shape == (2, 0)
    found, unmet = pairs.find(np.array([0, 1]))
    assert (len(found), unmet.tolist()) == (0, [0])


def test_characters_are_those_of_words() -> None:
    characters = Characters(Texts(["aa bb", "aa"]))
    known, unknown = characters.find("aa")
    assert sorted(known.tolist()) == characters.counts[1].indices.tolist()
    assert unknown.tolist() == []
    known, unknown = characters.find("ab")
    assert len(known) == 2  # its beginning and its end
    assert unknown.tolist() == [hash(gram) for gram in ("ab", " ab", "ab ", " ab ")]


@given(st.lists(st.integers(0, 9)))
def test_different_numbers_are_counted(numbers: list[int]) -> None:
    found, times = different(np.array(numbers, np.intp))
    assert dict(zip(found.tolist(), times.tolist(), strict=True)) == Counter(numbers)
    assert found.tolist() == sorted(set(numbers))


def weighed(block: Block, times: list[int], unknown: list[str]) -> list[float]:
    weights = ((1 + np.log(times)) * block.scales).astype(np.float32)
    block.scale(weights, unknown)
    found: list[float] = weights.tolist()
    return found


def test_block_weighs_one_text_as_it_weighs_many() -> None:
    counts = counted(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]), (3, 2))
    block = Block(counts, 10, length=0.5)
    assert block.end == 12
    rows = block.rows(counts)
    weights = weighed(block, [2, 1], [])
    assert weights == pytest.approx(rows[0].toarray()[0].tolist())
    assert np.linalg.norm(weights) == pytest.approx(0.5)
    assert rows[2].nnz == 0


def test_unknown_grams_take_from_the_length_of_a_block_of_length_one_only() -> None:
    counts = csr_matrix(np.eye(1))
    whole, part = Block(counts, 0), Block(counts, 0, length=0.5)
    assert weighed(whole, [1], []) == [1.0]
    scale, unknown = math.log(2 / 2) + 1, math.log(2) + 1
    for strange, square in ((["x", "x", "y"], (1 + math.log(2)) ** 2 + 1), (["x", "y"], 2)):
        length = math.sqrt(scale**2 + unknown**2 * square)
        assert weighed(whole, [1], strange) == pytest.approx([scale / length])
    assert weighed(part, [1], ["x"]) == [0.5]
    nothing = np.zeros(0, np.float32)
    whole.scale(nothing, ["x"])
    assert len(nothing) == 0

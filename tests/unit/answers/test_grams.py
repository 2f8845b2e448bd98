"""Grams are counted alike in one text and in many."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from straks.answers.grams import Block, Characters, Pairs, Texts, counted

TEXTS = Texts(["a b a c", "c d", "", "b"])


def test_words_are_numbered_as_they_come_and_counted_in_each_text() -> None:
    assert TEXTS.words == ["a", "b", "c", "d"]
    assert TEXTS.counts.toarray().tolist() == [
        [2, 1, 1, 0],
        [0, 0, 1, 1],
        [0, 0, 0, 0],
        [0, 1, 0, 0],
    ]


@pytest.mark.parametrize(
    ("ordered", "farthest", "first_text"),
    [(True, 1, ["a b", "a c", "b a"]), (False, 1, ["a b", "a b", "a c"])]
    + [(False, 3, ["a a", "a b", "a b", "a c", "a c", "b c"])],
)
def test_pairs_are_of_one_text_and_near(
    ordered: bool, farthest: int, first_text: list[str]
) -> None:
    pairs = Pairs(TEXTS.tokens, TEXTS, farthest, ordered=ordered)
    assert pairs.counts.sum(axis=1).ravel().tolist() == [[len(first_text), 1, 0, 0]]
    found, unknown = pairs.find(np.array([0, 1, 0, 2]), list("abac"))
    assert unknown == []
    assert sorted(pairs.counts[0].indices.tolist()) == sorted(set(found.tolist()))
    assert len(found) == len(first_text)
    assert len(set(found.tolist())) == len(set(first_text))


def test_pairs_that_were_never_met_are_told_apart() -> None:
    pairs = Pairs(TEXTS.tokens, TEXTS, 1, ordered=True)
    found, unknown = pairs.find(np.array([2, 3, -1, 0, 1]), list("cdxab"))
    assert len(found) == 2  # c d, and a b
    assert unknown == [("d", "x"), ("x", "a")]
    alone, none = pairs.find(np.array([2]), ["c"])
    assert len(alone) == len(none) == 0


def test_texts_of_one_word_have_no_pairs() -> None:
    single = Texts(["a", "b"])
    pairs = Pairs(single.tokens, single, 5, ordered=False)
    assert pairs.counts.shape == (2, 0)
    found, unknown = pairs.find(np.array([0, 1]), ["a", "b"])
    assert (len(found), unknown) == (0, [("a", "b")])


def test_characters_are_those_of_words() -> None:
    characters = Characters(Texts(["aa bb", "aa"]))
    known, unknown = characters.find(["aa"])
    assert sorted(known.tolist()) == characters.counts[1].indices.tolist()
    assert unknown == []
    known, unknown = characters.find(["ab"])
    assert len(known) == 2  # its beginning and its end
    assert sorted(unknown) == [" ab", " ab ", "ab", "ab "]
    nothing, none = characters.find([])
    assert len(nothing) == len(none) == 0


def test_block_weighs_one_text_as_it_weighs_many() -> None:
    counts = counted(np.array([0, 0, 0, 1]), np.array([0, 0, 1, 1]), (3, 2))
    block = Block(counts, 10, length=0.5)
    rows = block.rows(counts)
    numbers, weights = block.weigh(np.array([1, 0, 0]), [])
    assert numbers.tolist() == [10, 11]
    assert weights.tolist() == pytest.approx(rows[0].toarray()[0].tolist())
    assert np.linalg.norm(weights) == pytest.approx(0.5)
    assert rows[2].nnz == 0


def test_unknown_grams_take_from_the_length_of_a_block_of_length_one_only() -> None:
    counts = csr_matrix(np.eye(2))
    whole, part = Block(counts, 0), Block(counts, 0, length=0.5)
    _, known = whole.weigh(np.array([0]), [])
    _, among_strangers = whole.weigh(np.array([0]), ["x", "x", "y"])
    assert known.tolist() == [1.0]
    scale, unknown = math.log(3 / 2) + 1, math.log(3) + 1
    square = scale**2 + unknown**2 * ((1 + math.log(2)) ** 2 + 1)
    assert among_strangers.tolist() == pytest.approx([scale / math.sqrt(square)])
    assert part.weigh(np.array([0]), ["x"])[1].tolist() == [0.5]
    assert len(whole.weigh(np.array([], np.int64), ["x"])[0]) == 0

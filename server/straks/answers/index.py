"""N-gram features of short texts, weighted by how much they tell apart."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import lru_cache
from threading import Lock
from typing import Final, NamedTuple, TypeVar

import numpy as np
import snowballstemmer
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack

from straks.answers import languages
from straks.answers.detection import everyday
from straks.answers.grams import Block, Characters, Pairs, Texts, counted, different
from straks.answers.patience import go_on
from straks.answers.spelling import Spelling
from straks.answers.text import clean
from straks.answers.vectors import WordVectors

__all__ = ["Index", "Vector"]


class Vector(NamedTuple):
    """What a text looks like."""

    numbers: NDArray[np.intp]
    """Of the grams that it has: their features, ascending."""
    weights: NDArray[np.float32]
    """One for each of them."""
    meaning: NDArray[np.float32] | None
    """The weights of the features of meaning, which come after those of grams; None: all are 0."""


class _Word(NamedTuple):
    """What is the same for a word wherever it stands."""

    stem: int
    """Its number; -1: it is unknown."""
    name: str
    characters: NDArray[np.intp]
    """The features of its grams of characters."""
    strange: NDArray[np.int64]
    """The hashes, which need less room, of those that have no feature."""
    meaning: int
    """Its number among the words that have a meaning; -1: it is not there."""


_Found = TypeVar("_Found")

_STEMS_KEPT: Final = 20_000
_WORDS_KEPT: Final = 8192
"""Words of questions that are kept, since they come again and again."""
_LONGEST_KEPT: Final = 24
"""Letters of a word that is kept. It takes 1.5 KiB then, and all words that are 12 MiB, whoever
fills a language with words that nobody has written before."""
_PAIRS: Final = 0.5
"""The length of the block of pairs."""


class Index:
    """Features of texts in blocks.

    Word 1-2-grams of stems, 2-5-grams of characters in words, pairs of stems that stand near each
    other in any order, all weighted by TF-IDF; and the mean of the words' vectors, where the
    language has any. Each block of a text has length 1, that of the pairs less. Grams that no
    training text had have no feature, but count for the length, except for pairs: a text full of
    unknown words is far from everything.
    """

    def __init__(self, texts: Sequence[str], lang: str) -> None:
        """Learn the features of ``texts``, which are cleaned, in one language."""
        self._stem = _stemmer(lang)
        self._meaning = WordVectors.load(lang)
        usual = {word for line in everyday(lang) for word in clean(line).split()}
        meaning = self._meaning
        self._spelling = Spelling(
            texts, lambda word: word in usual or (meaning is not None and word in meaning)
        )
        go_on()
        read = Texts(texts)
        self._stems: dict[str, int] = {}
        stems = np.array([self._number(word) for word in read.words], np.int64)
        of_tokens = stems[read.tokens]
        single = counted(read.rows, of_tokens, (len(texts), len(self._stems)))
        self._near = Pairs(of_tokens, read)
        go_on()
        self._spelled = Characters(read)
        go_on()
        words = hstack([single, self._near.following], "csr")
        self._words = Block(words, 0)
        self._pairs = Block(self._near.together, self._words.end, length=_PAIRS)
        self._characters = Block(self._spelled.counts, self._pairs.end)
        self.characters = slice(self._pairs.end, self._characters.end)
        """The features that are grams of characters."""
        self.first_meaning = self.size = self._characters.end
        """Number of the first feature of meaning; the others are rare in a text, these are not."""
        blocks = self._words, self._pairs, self._characters
        self._ends = np.array([block.end for block in blocks])
        self._scales = np.concatenate([block.scales for block in blocks]).astype(np.float32)
        self._word = _reader(self._stem, self._stems, self._spelled, self._pairs.end, meaning)
        self.longest = 2 + _PAIRS * _PAIRS
        """The square of the length that a text has at most."""
        go_on()
        rows = [
            self._words.rows(words),
            self._pairs.rows(self._near.together),
            self._characters.rows(self._spelled.counts),
        ]
        if self._meaning is not None:
            self.size += self._meaning.size
            self.longest += 1
            rows.append(csr_matrix(self._meaning.of_all(read.words, read.counts)))
        self.rows = hstack(rows, "csr")
        """The features of ``texts``, a row for each."""
        self._frequent = _frequent(read)

    def warm_up(self) -> None:
        """Learn ahead what the words of the texts are made of, as far as it is kept."""
        for word in self._frequent:
            go_on()
            self._word(word)

    def completed(self, text: str) -> str:
        """Give a cleaned text with its last word as it will be, if it has only begun."""
        return self._spelling.completed(text)

    def vector(self, text: str) -> Vector:
        """Weigh the features of a cleaned text; what is mistyped in it counts as it was meant."""
        words = [self._word(word) for word in self._spelling.mend(text)]
        if not words:
            return Vector(np.zeros(0, np.intp), np.zeros(0, np.float32), None)
        stems = np.array([word.stem for word in words], np.int64)
        pairs, unmet = self._near.find(stems)
        pairs += len(self._stems)
        columns = [stems[stems >= 0], pairs, *[word.characters for word in words]]
        numbers, times = different(np.concatenate(columns))
        weights = self._scales[numbers]
        weights *= 1 + np.log(times, dtype=np.float32)
        first, second, _ = numbers.searchsorted(self._ends).tolist()
        strange: list[Hashable] = [word.name for word in words if word.stem < 0]
        strange += [(words[place].name, words[place + 1].name) for place in unmet.tolist()]
        self._words.scale(weights[:first], strange)
        self._pairs.scale(weights[first:second], ())
        unmet_grams = [gram for word in words for gram in word.strange.tolist()]
        self._characters.scale(weights[second:], unmet_grams)
        meaning = self._meaning
        direction = None if meaning is None else meaning.of([word.meaning for word in words])
        return Vector(numbers, weights, direction)

    def _number(self, word: str) -> int:
        return self._stems.setdefault(self._stem(word), len(self._stems))


def _reader(
    stem: Callable[[str], str],
    stems: Mapping[str, int],
    spelled: Characters,
    first: int,
    meaning: WordVectors | None,
) -> Callable[[str], _Word]:
    """Make what looks words up. ``first``: the number of the first feature of ``spelled``.

    It does not know the index, which would else know itself: an index must go when its model does.
    """

    def look_up(word: str) -> _Word:
        name = stem(word)
        characters, strange = spelled.find(word)
        row = -1 if meaning is None else meaning.row(word)
        return _Word(stems.get(name, -1), name, characters + first, strange, row)

    return _keeping(_WORDS_KEPT, look_up)


def _frequent(texts: Texts) -> Sequence[str]:
    """Give the words that questions have most, the most frequent last."""
    order = np.argsort(texts.counts.sum(axis=0).A1, kind="stable")
    return [texts.words[place] for place in order[-_WORDS_KEPT:].tolist()]


def _stemmer(lang: str) -> Callable[[str], str]:
    name = languages.stemmer_name(lang)
    if name is None:
        return str
    # It keeps the word that it is at: two threads may match at once.
    one, lock = snowballstemmer.stemmer(name), Lock()

    def stem(word: str) -> str:
        with lock:
            stemmed: str = one.stemWord(word)
            return stemmed

    return _keeping(_STEMS_KEPT, stem)


def _keeping(count: int, found: Callable[[str], _Found]) -> Callable[[str], _Found]:
    """Keep what was found for so many words that are not too long."""
    kept = lru_cache(count)(found)
    return lambda word: kept(word) if len(word) <= _LONGEST_KEPT else found(word)

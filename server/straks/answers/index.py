"""N-gram features of short texts, weighted by how much they tell apart."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from threading import Lock
from typing import Final, TypeAlias

import numpy as np
import snowballstemmer
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, hstack

from straks.answers import languages
from straks.answers.detection import everyday
from straks.answers.grams import Block, Characters, Pairs, Texts, counted
from straks.answers.patience import go_on
from straks.answers.spelling import Spelling
from straks.answers.text import clean
from straks.answers.vectors import WordVectors

__all__ = ["Index", "Vector"]

Vector: TypeAlias = tuple[NDArray[np.intp], NDArray[np.float64]]
"""Numbers of the features that a text has, ascending, and their weights."""

_STEMS_KEPT: Final = 20_000
_NEAR: Final = 5
"""Words after a word that make a pair with it."""
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
        self._following = Pairs(of_tokens, read, 1, ordered=True)
        self._together = Pairs(of_tokens, read, _NEAR, ordered=False)
        go_on()
        self._spelled = Characters(read)
        go_on()
        words = hstack([single, self._following.counts], "csr")
        self._words = Block(words, 0)
        self._pairs = Block(self._together.counts, self._words.end, length=_PAIRS)
        self._characters = Block(self._spelled.counts, self._pairs.end)
        self.characters = slice(self._pairs.end, self._characters.end)
        """The features that are grams of characters."""
        self.first_meaning = self.size = self._characters.end
        """Number of the first feature of meaning; the others are rare in a text, these are not."""
        self.longest = 2 + _PAIRS * _PAIRS
        """The square of the length that a text has at most."""
        go_on()
        rows = [
            self._words.rows(words),
            self._pairs.rows(self._together.counts),
            self._characters.rows(self._spelled.counts),
        ]
        if self._meaning is not None:
            self.size += self._meaning.size
            self.longest += 1
            rows.append(csr_matrix(self._meaning.of_all(read.words, read.counts)))
        self.rows = hstack(rows, "csr")
        """The features of ``texts``, a row for each."""

    def completed(self, text: str) -> str:
        """Give a cleaned text with its last word as it will be, if it has only begun."""
        return self._spelling.completed(text)

    def vector(self, text: str) -> Vector:
        """Weigh the features of a cleaned text; what is mistyped in it counts as it was meant."""
        words = self._spelling.mend(text).split()
        names = [self._stem(word) for word in words]
        stems = np.array([self._stems.get(name, -1) for name in names], np.int64)
        following, followers = self._following.find(stems, names)
        single = stems[stems >= 0]
        strangers = [name for name in names if name not in self._stems]
        weighed = [
            self._words.weigh(
                np.concatenate([single, following + len(self._stems)]), [*strangers, *followers]
            ),
            self._pairs.weigh(*self._together.find(stems, names)),
            self._characters.weigh(*self._spelled.find(words)),
        ]
        direction = None if self._meaning is None else self._meaning.of(words)
        if direction is not None:
            weighed.append((np.arange(self.first_meaning, self.size), direction))
        numbers, weights = zip(*weighed, strict=True)
        return np.concatenate(numbers), np.concatenate(weights)

    def _number(self, word: str) -> int:
        return self._stems.setdefault(self._stem(word), len(self._stems))


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

    return lru_cache(_STEMS_KEPT)(stem)

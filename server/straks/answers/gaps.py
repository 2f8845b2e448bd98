"""What visitors ask in vain, put together by likeness."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Final

import numpy as np
import snowballstemmer
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import csr_matrix, hstack
from scipy.spatial.distance import squareform

from straks.answers import languages
from straks.answers.detection import EVERYDAY, everyday
from straks.answers.text import clean

__all__ = ["MOST_GROUPED", "Gap", "Question", "gaps"]

MOST_GROUPED: Final = 2_000
"""Questions that are looked at: the time grows with the square of their number."""
ALIKE: Final = 0.25
"""The least likeness, on average, of those in a group."""

_GRAM_SIZES: Final = (3, 4)
_WORDS: Final = 0.3
"""What words count for; the rest are the characters in them, that mistyped words share."""
_RARE: Final = 0.005
"""The part of what people say that counts as none."""
_FEW: Final = 200
_STEMS_KEPT: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """Something that somebody asked in vain."""

    text: str
    lang: str | None
    visitor: str
    seconds: int
    """What it cost people."""
    answer: str | None
    """The answer that it got, and that did not help; None: it got none."""
    conversation: str
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Questions that are alike: the next answer to write, or to write anew."""

    questions: Sequence[Question]
    """The most typical first, then one of each other wording, then the same again."""
    people: int
    seconds: int

    @property
    def text(self) -> str:
        """The most typical wording."""
        return self.questions[0].text

    @property
    def lang(self) -> str | None:
        """The language that most of them are in."""
        return _most(question.lang for question in self.questions)

    @property
    def answer(self) -> str | None:
        """The answer that most often did not help; None: none was given."""
        return _most(question.answer for question in self.questions)

    @property
    def unhelpful(self) -> int:
        """How many of them got an answer that did not help."""
        return sum(question.answer is not None for question in self.questions)


def gaps(questions: Iterable[Question]) -> list[Gap]:
    """Group questions by likeness, the worst first: those of most people, then of most time.

    Only the first :data:`MOST_GROUPED` are looked at. Takes up to a second: call it in a thread.
    """
    wordings: dict[str, list[Question]] = {}
    for question in list(questions)[:MOST_GROUPED]:
        if cleaned := clean(question.text):
            wordings.setdefault(cleaned, []).append(question)
    if not wordings:
        return []
    texts = list(wordings)
    likeness = _likeness([(text, _most(q.lang for q in wordings[text])) for text in texts])
    members: dict[int, list[int]] = {}
    for number, group in enumerate(_groups(likeness)):
        members.setdefault(group, []).append(number)
    found = [
        _gap([wordings[texts[number]] for number in group], likeness[np.ix_(group, group)])
        for group in members.values()
    ]
    return sorted(found, key=lambda gap: (-gap.people, -gap.seconds, -len(gap.questions), gap.text))


def _gap(wordings: Sequence[Sequence[Question]], likeness: NDArray[np.float64]) -> Gap:
    times = np.array([len(wording) for wording in wordings], np.float64)
    order = np.argsort(-(likeness @ times), kind="stable")
    first = [wordings[number][0] for number in order]
    again = [question for number in order for question in wordings[number][1:]]
    return Gap(
        questions=(*first, *again),
        people=len({question.visitor for question in (*first, *again)}),
        seconds=sum(question.seconds for question in (*first, *again)),
    )


def _groups(likeness: NDArray[np.float64]) -> Sequence[int]:
    """Number the groups; those of a group are alike on average (average linkage)."""
    if len(likeness) == 1:
        return [0]
    distance = np.clip(1.0 - likeness, 0.0, 1.0)
    np.fill_diagonal(distance, 0.0)
    joined = linkage(squareform(distance, checks=False), "average")
    numbers: list[int] = fcluster(joined, 1.0 - ALIKE, "distance").tolist()
    return numbers


def _likeness(texts: Sequence[tuple[str, str | None]]) -> NDArray[np.float64]:
    """Tell how alike each two cleaned texts are, 0…1; each comes with its language."""
    words = _rows([_stems(text, lang) for text, lang in texts], _usual().words)
    characters = _rows([_grams(text) for text, _ in texts], _usual().grams)
    rows = hstack([words * math.sqrt(_WORDS), characters * math.sqrt(1 - _WORDS)], "csr")
    alike: NDArray[np.float64] = (rows @ rows.T).toarray()
    return alike


def _rows(texts: Sequence[Sequence[str]], usual: Mapping[str, float]) -> csr_matrix:
    """Weigh what is in each text by how much it tells: what people say anyway tells little."""
    seen: Counter[str] = Counter()
    for text in texts:
        seen.update(set(text))
    # Of a few texts, what all have in common is rather what they are about.
    total = len(texts) + _FEW
    numbers = {each: number for number, each in enumerate(seen)}
    weights = {
        each: -math.log(max(usual.get(each, 0.0), (times - 1) / total) + _RARE)
        for each, times in seen.items()
    }
    ends = [0]
    columns: list[int] = []
    values: list[float] = []
    for text in texts:
        found = list(dict.fromkeys(text))
        length = math.sqrt(sum(weights[each] ** 2 for each in found)) or 1.0
        columns.extend(numbers[each] for each in found)
        values.extend(weights[each] / length for each in found)
        ends.append(len(columns))
    return csr_matrix((values, columns, ends), shape=(len(texts), len(numbers)))


@dataclass(frozen=True, slots=True)
class _Usual:
    """In which part of what people say anyway there is a stem or a gram, in any language."""

    words: Mapping[str, float]
    grams: Mapping[str, float]


@lru_cache(1)
def _usual() -> _Usual:
    words: dict[str, float] = {}
    grams: dict[str, float] = {}
    for lang in EVERYDAY:
        said = [clean(line) for line in everyday(lang)]
        for found, split in ((words, partial(_stems, lang=lang)), (grams, _grams)):
            counts = Counter(each for line in said for each in set(split(line)))
            for each, times in counts.items():
                found[each] = max(found.get(each, 0.0), times / len(said))
    return _Usual(words, grams)


def _stems(text: str, lang: str | None) -> list[str]:
    stem = _stemmer(lang)
    return [stem(word) for word in text.split()]


def _grams(text: str) -> list[str]:
    grams: list[str] = []
    for word in text.split():
        padded = f" {word} "
        for size in _GRAM_SIZES:
            grams += [padded[start : start + size] for start in range(len(padded) - size + 1)]
    return grams


@lru_cache(16)
def _stemmer(lang: str | None) -> Callable[[str], str]:
    name = None if lang is None else languages.stemmer_name(lang)
    if name is None:
        return str
    stem: Callable[[str], str] = snowballstemmer.stemmer(name).stemWord
    return lru_cache(_STEMS_KEPT)(stem)


def _most(values: Iterable[str | None]) -> str | None:
    counted = Counter(value for value in values if value is not None).most_common(1)
    return counted[0][0] if counted else None

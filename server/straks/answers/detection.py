"""Which language somebody writes."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Final

import numpy as np

from straks.answers import languages
from straks.answers.text import MAX_MATCHED

__all__ = ["EVERYDAY", "Detected", "Detector", "everyday"]

EVERYDAY: Final = ("da", "en", "nb", "nl", "pl", "sv")
"""The languages that we have everyday sentences of."""

_LONGEST: Final = 5
"""Characters of the longest gram."""
_FEWEST_WORDS: Final = 3
"""Fewer words may be a name, or the same in several languages."""
_PSEUDO_COUNT: Final = 0.3
_DEPENDENCE: Final = 4.0
"""By so much the grams of a word say the same as each other."""
_WORD: Final = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True, slots=True)
class Detected:
    """A language, and the chance in 0…1 that it is this one and not another of the known."""

    lang: str
    chance: float


class Detector:
    """Naive Bayes over the grams of words (Cavnar and Trenkle, *N-Gram-Based Text Categorization*,
    1994, with likelihoods in place of ranks), each language as likely as the others."""

    def __init__(self, lines: Mapping[str, Iterable[str]]) -> None:
        """Learn from lines of text in each language; there is at least one language."""
        self._languages = list(lines)
        counts = [Counter(gram for line in lines[lang] for gram in _grams(line)) for lang in lines]
        grams = sorted(set().union(*counts))
        self._rows = {gram: row for row, gram in enumerate(grams)}
        table = np.array([[count[gram] for count in counts] for gram in grams], np.float64)
        table = table.reshape(len(grams), len(counts)) + _PSEUDO_COUNT
        self._logs = np.log(table / table.sum(axis=0)).astype(np.float32)

    def detect(self, text: str) -> Detected | None:
        """Tell the likeliest language; None for fewer than three words, or none that is known."""
        text = text[:MAX_MATCHED]
        if len(_words(text)) < _FEWEST_WORDS:
            return None
        find = self._rows.get
        rows = [row for gram in _grams(text) if (row := find(gram)) is not None]
        if not rows:
            return None
        sums = self._logs[rows].sum(axis=0, dtype=np.float64) / _DEPENDENCE
        best = int(sums.argmax())
        return Detected(self._languages[best], float(1 / np.exp(sums - sums[best]).sum()))


def everyday(lang: str) -> list[str]:
    """Give sentences as people type them in a language; none where we have none."""
    folder = resources.files("straks.answers") / "everyday"
    file = folder / f"{languages.base(lang)}.txt"
    if not file.is_file():
        return []
    source = file.read_text(encoding="utf-8").splitlines()
    return [line for line in source if line and not line.startswith("#")]


def _words(text: str) -> list[str]:
    # Marks stay on their letters: they tell more than anything else.
    return _WORD.findall(unicodedata.normalize("NFC", text).casefold())


def _grams(text: str) -> Iterator[str]:
    for word in _words(text):
        padded = f" {word} "
        length = len(padded)
        yield padded
        for size in range(1, min(_LONGEST, length) + 1):
            for start in range(length - size + 1):
                gram = padded[start : start + size]
                if gram != " ":
                    yield gram

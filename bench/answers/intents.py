"""What many people asked, sorted by what they wanted."""

from __future__ import annotations

import csv
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, TypeAlias

from bench.files import BadFileError

__all__ = ["Intents", "few", "load", "some_unknown", "split", "title"]

Intents: TypeAlias = Mapping[str, Sequence[str]]
"""The questions of each intent."""

_TESTED: Final = 0.2
"""The part of each intent's questions that is kept for the test."""
_UNKNOWN: Final = 1 / 3


def load(path: Path) -> Intents:
    """Read a CSV file with the columns ``text`` and ``category``, such as banking77's.

    Raises:
        BadFileError: it is not such a file, or an intent has too few questions to be split.
        OSError: it cannot be read.
    """
    intents: dict[str, list[str]] = {}
    with path.open(encoding="utf-8", newline="") as file:
        try:
            for row in csv.DictReader(file, strict=True):
                intents.setdefault(row["category"], []).append(row["text"])
        except (KeyError, ValueError, csv.Error) as error:
            raise BadFileError(f"{path}: no CSV of text and category: {error!r}") from error
    if len(intents) < 3:
        raise BadFileError(f"{path}: fewer than 3 categories")
    for intent, texts in intents.items():
        if len(texts) < 5:
            raise BadFileError(f"{path}: fewer than 5 texts of {intent!r}")
    return intents


def title(intent: str) -> str:
    """Make words of an intent's name."""
    return intent.replace("_", " ")


def split(intents: Intents, seed: int) -> tuple[Intents, Intents]:
    """Split each intent's questions into those to learn from and those to test with."""
    chance = random.Random(seed)
    known: dict[str, Sequence[str]] = {}
    tested: dict[str, Sequence[str]] = {}
    for intent in sorted(intents):
        texts = chance.sample(intents[intent], len(intents[intent]))
        count = max(1, round(_TESTED * len(texts)))
        tested[intent], known[intent] = texts[:count], texts[count:]
    return known, tested


def few(intents: Intents, count: int | None, seed: int) -> Intents:
    """Choose ``count`` questions of each intent; None: all."""
    if count is None:
        return intents
    chance = random.Random(seed)
    return {
        intent: chance.sample(texts, min(count, len(texts))) for intent, texts in intents.items()
    }


def some_unknown(intents: Intents, seed: int) -> frozenset[str]:
    """Choose a third of the intents: those that nothing is learned of."""
    names = sorted(intents)
    return frozenset(random.Random(seed).sample(names, round(_UNKNOWN * len(names))))

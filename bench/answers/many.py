"""A book of very many answers, made of the questions of fewer."""

from __future__ import annotations

import json
import random
from itertools import product
from pathlib import Path
from typing import Final

from bench.answers.intents import Intents, load
from bench.files import BadFileError
from straks.answers.files import AnswerBook
from straks.answers.source import MAX_LINE

__all__ = ["ANSWERS", "PHRASES", "many", "write_many"]

ANSWERS: Final = 1000
PHRASES: Final = 20

_SYLLABLES: Final = [c + v for c in "bdfgklmnprstv" for v in "aeiou"]


def many(intents: Intents, seed: int) -> tuple[Intents, Intents]:
    """Give phrases of a thousand answers, and other questions about them.

    Each answer is what one of the intents asks, about a thing of its own that has a made-up name.
    """
    chance = random.Random(seed)
    names = sorted(intents)
    learned: dict[str, list[str]] = {}
    asked: dict[str, list[str]] = {}
    things = chance.sample(["".join(each) for each in product(_SYLLABLES, repeat=3)], ANSWERS)
    for number, thing in enumerate(things):
        intent = names[number % len(names)]
        texts = chance.sample(intents[intent], len(intents[intent]))
        about = [_about(text, thing) for text in texts]
        phrases = [text for text in about[2:] if len(text) <= MAX_LINE]
        learned[f"{intent}_{thing}"] = phrases[:PHRASES]
        asked[f"{intent}_{thing}"] = about[:2]
    return learned, asked


def _about(text: str, thing: str) -> str:
    """Let a question end with a thing: before its last mark, or it would be two sentences."""
    words = text.rstrip(".?! ")
    return f"{words} {thing}{text[len(words) :].strip()}"


def write_many(bank: Path, folder: Path) -> list[str]:
    """Write a thousand answers into a folder; give questions about them, each once, mixed.

    Raises:
        BadFileError: it is no such bank, or what was made of it is no answer.
        OSError: it cannot be read.
    """
    learned, asked = many(load(bank), seed=0)
    for name, phrases in learned.items():
        written = json.dumps(phrases)  # which is YAML as well
        front = f"title: {json.dumps(name)}\nphrases: {written}"
        path = folder / f"{name.lower().replace('?', '')}.md"
        path.write_text(f"---\n{front}\n---\nThis is what to know of {name}.\n", "utf-8")
    book = AnswerBook.load(folder)
    if book.errors:
        raise BadFileError(f"{bank}: {len(book.errors)} answers of it are none: {book.errors[0]}")
    questions = [text for texts in asked.values() for text in texts]
    random.Random(0).shuffle(questions)
    return questions

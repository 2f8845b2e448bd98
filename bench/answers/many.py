"""A book of very many answers, made of the questions of fewer."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Final

from bench.answers.intents import Intents, load

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
    for number in range(ANSWERS):
        intent = names[number % len(names)]
        thing = "".join(chance.choices(_SYLLABLES, k=3))
        texts = chance.sample(intents[intent], min(PHRASES + 2, len(intents[intent])))
        about = [_about(text, thing) for text in texts]
        learned[f"{intent}_{thing}"] = about[:-2]
        asked[f"{intent}_{thing}"] = about[-2:]
    return learned, asked


def _about(text: str, thing: str) -> str:
    """Let a question end with a thing: before its last mark, or it would be two sentences."""
    words = text.rstrip(".?! ")
    return f"{words} {thing}{text[len(words) :].strip()}"


def write_many(bank: Path, folder: Path) -> list[str]:
    """Write a thousand answers into a folder; give questions about them, each once, mixed."""
    learned, asked = many(load(bank), seed=0)
    for name, phrases in learned.items():
        written = json.dumps(phrases)  # which is YAML as well
        front = f"title: {json.dumps(name)}\nphrases: {written}"
        path = folder / f"{name.lower().replace('?', '')}.md"
        path.write_text(f"---\n{front}\n---\nThis is what to know of {name}.\n", "utf-8")
    questions = [text for texts in asked.values() for text in texts]
    random.Random(0).shuffle(questions)
    return questions

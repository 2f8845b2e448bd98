"""Near ties that a visitor is offered as a choice, and what comes of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from straks.answers import languages
from straks.answers.files import AnswerBook
from straks.answers.shelf import Match, nearest_variant
from straks.answers.source import DEFAULT_LANG
from straks.answers.text import clean

__all__ = ["offer", "picked"]


def offer(question: int, ties: Sequence[Match]) -> dict[str, Any]:
    """Give the data of an ``answer`` that leaves the choice between several, all of a language."""
    best = ties[0]
    return {
        "question": question,
        "answer": None,
        "lang": best.answer.lang,
        "score": round(best.score, 3),
        "choices": [{"answer": tie.answer.id, "title": tie.answer.title} for tie in ties],
    }


def picked(book: AnswerBook, offered: bytes, text: str, lang: str | None = None) -> Match | None:
    """Find the answer that a visitor picks by its title, of those ``offered``; None: they do not.

    ``lang``: the visitor's, for a bot need not say in which language it offers.

    The same title may be that of another answer elsewhere: what is offered goes before it.
    """
    offer = orjson.loads(offered)
    said = text.strip()
    choices = offer["choices"]
    for alike in (_same, _alike):
        for choice in choices:
            if alike(choice["title"], said):
                return _match(book, choice, offer.get("lang") or lang, clean(said))
    return None


def _same(title: str, said: str) -> bool:
    return title.strip() == said


def _alike(title: str, said: str) -> bool:
    return clean(title) == clean(said) != ""


def _match(book: AnswerBook, choice: dict[str, str], lang: str | None, said: str) -> Match | None:
    variants = [
        answer
        for answer in book.answers
        if answer.id == choice["answer"]
        and languages.base(answer.lang) == languages.base(lang or DEFAULT_LANG)
        and not answer.is_reply
    ]
    if not variants:
        return None  # it was taken away meanwhile
    named = [answer for answer in variants if answer.title == choice["title"]]
    return Match(nearest_variant(named or variants, lang), 1.0, said)

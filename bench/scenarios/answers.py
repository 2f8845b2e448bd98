"""How many questions get the right answer: of a bank in English, and of the demo in six languages.

Beside the floor that a plain script reaches on the same splits.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from argparse import Namespace
from collections.abc import Mapping, Sequence
from typing import Any, Final

from bench.answers.baseline import Baseline
from bench.answers.engine import Engine
from bench.answers.intents import Intents, few, load, some_unknown, split
from bench.answers.many import ANSWERS, PHRASES, many
from bench.answers.questions import LANGUAGES, Question, demo_book, questions
from straks.answers.detection import Detector
from straks.answers.matcher import Matcher, detector

__all__ = ["run"]

_COUNTS: Final = (None, 10, 5, 1)
"""How many each intent has; None: all."""


async def run(options: Namespace) -> list[dict[str, Any]]:
    """Measure accuracy; one row for each number of phrases, two for unknowns, one a language."""
    intents = load(options.file)
    return await asyncio.to_thread(_measure, intents, range(options.seeds))


def _measure(intents: Intents, seeds: Sequence[int]) -> list[dict[str, Any]]:
    rows = [_accuracy(intents, count, seeds) for count in _COUNTS]
    rows += _unknown(intents, seeds)
    rows.append(_many(intents))
    book = demo_book()
    matcher, languages = Matcher.train(book), detector(book)
    assert languages is not None  # the demo has six
    rows += [_language(matcher, languages, lang) for lang in LANGUAGES]
    return rows


def _accuracy(intents: Intents, count: int | None, seeds: Sequence[int]) -> dict[str, Any]:
    floor: list[float] = []
    ours: list[float] = []
    took: list[float] = []
    for seed in seeds:
        known, tested = split(intents, seed)
        learned = few(known, count, seed)
        asked = [text for texts in tested.values() for text in texts]
        wanted = [intent for intent, texts in tested.items() for _ in texts]
        floor.append(_share(Baseline(learned).first(asked), wanted))
        began = time.perf_counter()
        engine = Engine(learned)
        took.append(time.perf_counter() - began)
        ours.append(_share(engine.first(asked), wanted))
    return {
        "case": f"{count or 'all'} phrases each",
        "right_percent": statistics.mean(ours),
        "floor_percent": statistics.mean(floor),
        "ahead_points": statistics.mean(ours) - statistics.mean(floor),
        "train_s": statistics.median(took),
    }


def _unknown(intents: Intents, seeds: Sequence[int]) -> list[dict[str, Any]]:
    """Measure what is answered when a third is unknown, and when a choice is offered instead."""
    given: list[dict[str, float]] = []
    chosen: list[dict[str, float]] = []
    for seed in seeds:
        known, tested = split(intents, seed)
        unknown = some_unknown(intents, seed)
        engine = Engine({name: texts for name, texts in known.items() if name not in unknown})
        engine.calibrate()
        found = {name: engine.given(texts) for name, texts in tested.items()}
        of_known = [each for name in found if name not in unknown for each in found[name]]
        of_unknown = [each for name in unknown for each in found[name]]
        all_given = [(each, name) for name in found for each in found[name] if each is not None]
        given.append(
            {
                "known_answered_percent": 100 - _share(of_known, [None] * len(of_known)),
                "given_right_percent": _share(*map(list, zip(*all_given, strict=True))),
                "unknown_declined_percent": _share(of_unknown, [None] * len(of_unknown)),
            }
        )
        chosen.append(_choices({n: engine.judged(t) for n, t in tested.items()}, unknown))
    return [
        {"case": "a third of the intents unknown", **_mean(given)},
        {"case": "choices, a third unknown", **_mean(chosen)},
    ]


def _choices(
    judged: Mapping[str, Sequence[tuple[str, ...]]], unknown: frozenset[str]
) -> dict[str, float]:
    """Tell how often several answers are offered, and the right one is among them."""
    known = [(name, each) for name in judged if name not in unknown for each in judged[name]]
    strange = [each for name in unknown for each in judged[name]]
    offered = [(name, each) for name, each in known if len(each) > 1]
    return {
        "known_choice_percent": _percent(len(offered), len(known)),
        "choice_has_right_percent": _percent(
            sum(name in each for name, each in offered), len(offered)
        ),
        "unknown_choice_percent": _percent(sum(len(each) > 1 for each in strange), len(strange)),
    }


def _mean(rows: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: statistics.mean(row[name] for row in rows) for name in rows[0]}


def _many(intents: Intents) -> dict[str, Any]:
    learned, asked = many(intents, seed=0)
    began = time.perf_counter()
    engine = Engine(learned)
    train = time.perf_counter() - began
    texts = [text for of_one in asked.values() for text in of_one]
    engine.first(texts[:100])
    found: list[str | None] = []
    took: list[float] = []
    for text in texts:
        began = time.perf_counter()
        found += engine.first([text])
        took.append(time.perf_counter() - began)
    return {
        "case": f"{ANSWERS} answers of {PHRASES} phrases",
        "right_percent": _share(found, [name for name, of_one in asked.items() for _ in of_one]),
        "train_s": train,
        "match_p50_ms": 1000 * statistics.median(took),
        "match_p99_ms": 1000 * statistics.quantiles(took, n=100)[98],
    }


def _language(matcher: Matcher, languages: Detector, lang: str) -> dict[str, Any]:
    asked = list(questions(lang))
    long = [each.text for each in asked if len(each.text.split()) >= 3]
    found = [None if (d := languages.detect(text)) is None else d.lang for text in long]
    return {
        "case": f"the demo in {lang}",
        "right_percent": _right(matcher, lang, asked),
        "hard_right_percent": _right(matcher, lang, list(questions(lang, hard=True))),
        "language_percent": _share(found, [lang] * len(long)),
        "questions": len(asked),
    }


def _right(matcher: Matcher, lang: str, asked: Sequence[Question]) -> float:
    matches = [matcher.likeliest(each.text, lang) for each in asked]
    first = [None if match is None else match.answer.id for match in matches]
    return _share(first, [each.answer for each in asked])


def _share(found: Sequence[str | None], wanted: Sequence[str | None]) -> float:
    """Tell how many of a hundred are as wanted."""
    same = sum(one == other for one, other in zip(found, wanted, strict=True))
    return _percent(same, len(wanted))


def _percent(part: int, whole: int) -> float:
    return 100 * part / whole if whole else 100.0

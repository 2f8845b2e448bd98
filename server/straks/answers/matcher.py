"""Which answer fits a visitor's words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from straks.answers import languages
from straks.answers.answer import Answer
from straks.answers.files import AnswerBook
from straks.answers.text import MAX_MATCHED, clean

if TYPE_CHECKING:
    from straks.answers.detection import Detector
    from straks.answers.model import Model

__all__ = ["THRESHOLD", "Match", "Matcher", "detector"]

THRESHOLD: Final = 0.5
"""The least score of an answer that is given: below it, saying nothing is better."""
SUGGESTED: Final = 0.15
"""The least score of what is offered while a visitor types."""

_CLEARLY: Final = 0.95
"""The least chance of a language that is not the visitor's own and counts before it."""
_FEWEST_TYPED: Final = 3
"""Characters from which on there is something to look up."""
_MOST_SENTENCES: Final = 5
_DEFAULT_LANG: Final = "en"
_SENTENCE_END: Final = re.compile(r"[.!?\n]+(?:\s|$)")


@dataclass(frozen=True, slots=True)
class Match:
    """An answer that may fit. ``score`` is in 0…1; at 0.5 it is worth giving."""

    answer: Answer
    score: float
    phrase: str
    """The phrase that comes nearest, cleaned."""


class Matcher:
    """Finds answers by the words of a question."""

    def __init__(
        self,
        book: AnswerBook,
        rooms: Mapping[str, _Room],
        detector: Detector | None = None,
        *,
        threshold: float = THRESHOLD,
    ) -> None:
        """``rooms``: what was learned, by language; :meth:`train` makes them.

        ``detector``: what tells languages apart, where there are several.
        """
        self.book = book
        self._rooms = rooms
        self._detector = detector
        self._threshold = threshold

    @classmethod
    def train(cls, book: AnswerBook, *, threshold: float = THRESHOLD) -> Matcher:
        """Learn from a book's phrases. Takes a second or so: call it in a thread.

        ``threshold``: the least score of an answer that is given.
        """
        # Slow to import, and nothing else needs it.
        from straks.answers.model import Model

        by_lang: dict[str, list[Answer]] = {}
        for answer in book.answers:
            if answer.phrases and not answer.is_reply:
                by_lang.setdefault(languages.base(answer.lang), []).append(answer)
        rooms: dict[str, _Room] = {}
        for lang, answers in by_lang.items():
            phrases = [_phrases(answer) for answer in answers]
            rooms[lang] = _Room(answers, _exact(answers), Model(phrases, lang))
        return cls(book, rooms, detector(book), threshold=threshold)

    def calibrate(self) -> None:
        """Learn how far to trust what was learned. Takes seconds: call it in a thread.

        Meanwhile and where there are too few phrases, scores are as in other books.
        """
        for room in self._rooms.values():
            room.model.calibrate()

    def match(self, text: str, lang: str | None = None) -> Match | None:
        """Find the answer to a question; None when none is known well enough.

        It is looked for in the languages that have it word for word, in the one that it is clearly
        in, in the visitor's, ``lang``, and in English. Only the first 500 characters count; when
        all of them together say nothing, each sentence is looked at by itself.
        """
        text = text[:MAX_MATCHED]
        rooms = self._order(text, lang)
        found = self._best(clean(text), rooms)
        if found is not None:
            return found
        sentences = [part for part in _SENTENCE_END.split(text) if part.strip()]
        if len(sentences) < 2:
            return None
        each = (self._best(clean(part), rooms) for part in sentences[:_MOST_SENTENCES])
        return max((m for m in each if m is not None), key=lambda m: m.score, default=None)

    def judge(self, text: str, lang: str | None = None) -> Match | tuple[Match, ...] | None:
        """Find the answer to a question, or near ties of which one is very probably right."""
        return self.match(text, lang)

    def greeting(self, lang: str | None = None) -> Match | None:
        """Find what is said to who only greets, as other answers are looked for; None: nothing."""
        found: dict[str, Answer] = {}
        for answer in self.book.answers:
            if answer.is_greeting:
                found.setdefault(languages.base(answer.lang), answer)
        for language in (*self._languages(lang), _DEFAULT_LANG):
            if language in found:
                return Match(found[language], 1.0, "")
        return None

    def suggest(self, text: str, lang: str | None = None, limit: int = 3) -> Sequence[Match]:
        """Find what might answer a text that is still being typed, best first."""
        cleaned = clean(text)
        if len(cleaned) < _FEWEST_TYPED:
            return []
        best: dict[str, Match] = {}
        for room in self._order(text, lang):
            for match in room.matches(cleaned, limit, typed=True):
                best.setdefault(match.answer.id, match)
        likely = [match for match in best.values() if match.score >= SUGGESTED]
        return sorted(likely, key=lambda match: -match.score)[:limit]

    def explain(self, text: str, lang: str | None = None, limit: int = 3) -> Sequence[Match]:
        """Find the answers that come nearest, with the phrase that each is nearest by, best first.

        Unlike :meth:`suggest` it leaves none out for its score.
        """
        for room in self._order(text, lang):
            found = list(room.matches(clean(text), limit))[:limit]
            if found:
                return found
        return []

    @property
    def threshold(self) -> float:
        """The least score of an answer that is given."""
        return self._threshold

    def likeliest(self, text: str, lang: str | None = None) -> Match | None:
        """Find the answer that comes nearest, however far it is; None: no word is known."""
        cleaned = clean(text)
        found = (match for room in self._order(text, lang) for match in room.matches(cleaned, 1))
        return next(found, None)

    def _best(self, cleaned: str, rooms: Sequence[_Room]) -> Match | None:
        if not cleaned:
            return None
        for room in rooms:
            for match in room.matches(cleaned, 1):
                if match.score >= self._threshold:
                    return match
        return None

    def _order(self, text: str, lang: str | None) -> Sequence[_Room]:
        """Say where to look for a text, in turn."""
        cleaned = clean(text)
        usual = [language for language in self._languages(lang) if language in self._rooms]
        order = [each for each in (*usual, *self._rooms) if cleaned in self._rooms[each].exact]
        if not order and self._detector is not None:
            found = self._detector.detect(text)
            if found is not None and found.chance >= _CLEARLY and found.lang in self._rooms:
                order.append(found.lang)
        return [self._rooms[each] for each in dict.fromkeys((*order, *usual))]

    def _languages(self, lang: str | None) -> Iterable[str]:
        wanted = languages.base(lang) if lang else _DEFAULT_LANG
        default = _DEFAULT_LANG if _DEFAULT_LANG in self._rooms else next(iter(self._rooms), "")
        return dict.fromkeys((wanted, default))


@dataclass(frozen=True, slots=True)
class _Room:
    """The answers of one language."""

    answers: Sequence[Answer]
    exact: Mapping[str, int]
    model: Model

    def matches(self, cleaned: str, limit: int, *, typed: bool = False) -> Iterator[Match]:
        """Rank answers; ``typed``: to choose from, while the last word may only have begun."""
        number = self.exact.get(cleaned)
        if number is not None:
            yield Match(self.answers[number], 1.0, cleaned)
        text = self.model.completed(cleaned) if typed else cleaned
        for ranked, score, phrase in self.model.rank(text, limit, alone=typed):
            if ranked != number:
                yield Match(self.answers[ranked], score, phrase)


def detector(book: AnswerBook) -> Detector | None:
    """Learn what tells the languages apart: from the answers, and how people talk anyway.

    None where all are in one language: then nothing is to be told apart.
    """
    from straks.answers.detection import EVERYDAY, Detector, everyday

    lines = {lang: everyday(lang) for lang in EVERYDAY}
    own: set[str] = set()
    for answer in book.answers:
        lang = languages.base(answer.lang)
        own.add(lang)
        lines.setdefault(lang, []).extend((answer.title, *answer.phrases, answer.text))
    return Detector(lines) if len(own) > 1 else None


def _phrases(answer: Answer) -> list[str]:
    cleaned = (clean(phrase) for phrase in (*answer.phrases, answer.title))
    return list(dict.fromkeys(phrase for phrase in cleaned if phrase))


def _exact(answers: Sequence[Answer]) -> dict[str, int]:
    """Tell by what was written word for word; a phrase goes before another answer's title."""
    exact: dict[str, int] = {}
    for number, answer in enumerate(answers):
        for phrase in answer.phrases:
            exact.setdefault(clean(phrase), number)
    for number, answer in enumerate(answers):
        exact.setdefault(clean(answer.title), number)
    exact.pop("", None)
    return exact

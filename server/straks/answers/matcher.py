"""Which answer fits a visitor's words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

from straks.answers import languages
from straks.answers.answer import Answer
from straks.answers.files import AnswerBook
from straks.answers.shelf import Match, Shelf, nearest_variant
from straks.answers.text import MAX_MATCHED, clean

if TYPE_CHECKING:
    from straks.answers.detection import Detector

__all__ = ["THRESHOLD", "Match", "Matcher", "detector"]

THRESHOLD: Final = 0.5
"""The least score of an answer that is given: below it, saying nothing is better."""
_SENTENCE: Final = 0.9
"""The least score of an answer to one sentence of several, where scores are learned from many
phrases: each is a chance more to be wrong, and two of five below are right."""
SUGGESTED: Final = 0.15
"""The least score of what is offered while a visitor types."""

_CLEARLY: Final = 0.95
"""The least chance of a language that is not the visitor's own and counts before it."""
_FEWEST_TYPED: Final = 3
"""Characters from which on there is something to look up."""
_MOST_SENTENCES: Final = 5
_DEFAULT_LANG: Final = "en"
_SENTENCE_END: Final = re.compile(r"[.!?\n]+(?:\s|$)")


class Matcher:
    """Finds answers by the words of a question."""

    def __init__(
        self,
        book: AnswerBook,
        shelves: Mapping[str, Shelf],
        detector: Detector | None = None,
        *,
        threshold: float = THRESHOLD,
    ) -> None:
        """``shelves``: what was learned, by language; :meth:`train` makes them.

        ``detector``: what tells languages apart, where there are several.
        """
        self.book = book
        self._shelves = shelves
        self._detector = detector
        self._threshold = threshold

    @classmethod
    def train(cls, book: AnswerBook, *, threshold: float = THRESHOLD) -> Matcher:
        """Learn from a book's phrases. Takes a second or so: call it in a thread.

        ``threshold``: the least score of an answer that is given.
        """
        by_lang: dict[str, list[Answer]] = {}
        for answer in book.answers:
            if answer.phrases and not answer.is_reply:
                by_lang.setdefault(languages.base(answer.lang), []).append(answer)
        shelves = {lang: Shelf.learn(answers, lang) for lang, answers in by_lang.items()}
        return cls(book, shelves, detector(book), threshold=threshold)

    def calibrate(self) -> None:
        """Learn how far to trust what was learned. Takes seconds: call it in a thread.

        Meanwhile and where there are too few phrases, scores are as in other books.
        """
        for shelf in self._shelves.values():
            shelf.model.calibrate()

    def match(self, text: str, lang: str | None = None) -> Match | None:
        """Find the answer to a question; None when none is known well enough.

        It is looked for in the languages that have it word for word, in the one that it is clearly
        in, in the visitor's, ``lang``, and in English. Only the first 500 characters count; when
        all of them together say nothing, each sentence is looked at by itself. Of an answer with
        regional variants it is the one that is nearest to ``lang``.
        """
        return self._find(text, lang)[0]

    def judge(self, text: str, lang: str | None = None) -> Match | tuple[Match, ...] | None:
        """Find the answer to a question, or what it may be; None: nothing is known well enough.

        Several matches, 2…4, likeliest first: near ties. None is certain enough to be given, or
        the second is nearly as likely as the first, but very probably the right one is among
        them. Each has another id and a title that :meth:`match` finds word for word.

        Costs what :meth:`match` does, and gives what it gives where it gives no several.
        """
        found, ties = self._find(text, lang)
        return ties or found

    def _find(self, text: str, lang: str | None) -> tuple[Match | None, tuple[Match, ...]]:
        """Find the answer, and the near ties."""
        text = text[:MAX_MATCHED]
        shelves = self._order(text, lang)
        found, ties = self._best(clean(text), lang, shelves)
        if found is not None:
            return found, ties
        sentences = [part for part in _SENTENCE_END.split(text) if part.strip()]
        if len(sentences) < 2:
            return None, ties
        each = [
            self._best(clean(part), lang, shelves, of_several=True)
            for part in sentences[:_MOST_SENTENCES]
        ]
        answers = [(found, own) for found, own in each if found is not None]
        if answers:
            return max(answers, key=lambda answer: answer[0].score)
        return None, next((own for own in (ties, *(own for _, own in each)) if own), ())

    def greeting(self, lang: str | None = None) -> Match | None:
        """Find what is said to who only greets, as other answers are looked for; None: nothing."""
        found: dict[str, list[Answer]] = {}
        for answer in self.book.answers:
            if answer.is_greeting:
                found.setdefault(languages.base(answer.lang), []).append(answer)
        for language in (*self._languages(lang), _DEFAULT_LANG):
            if language in found:
                return Match(nearest_variant(found[language], lang), 1.0, "")
        return None

    def suggest(self, text: str, lang: str | None = None, limit: int = 3) -> Sequence[Match]:
        """Find what might answer a text that is still being typed, best first."""
        cleaned = clean(text)
        if len(cleaned) < _FEWEST_TYPED:
            return []
        best: dict[str, Match] = {}
        for shelf in self._order(text, lang):
            for match in shelf.matches(cleaned, lang, limit, typed=True):
                best.setdefault(match.answer.id, match)
        likely = [match for match in best.values() if match.score >= SUGGESTED]
        return sorted(likely, key=lambda match: -match.score)[:limit]

    def explain(self, text: str, lang: str | None = None, limit: int = 3) -> Sequence[Match]:
        """Find the answers that come nearest, with the phrase that each is nearest by, best first.

        Unlike :meth:`suggest` it leaves none out for its score.
        """
        for shelf in self._order(text, lang):
            found = list(shelf.matches(clean(text), lang, limit))[:limit]
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
        shelves = self._order(text, lang)
        found = (match for shelf in shelves for match in shelf.matches(cleaned, lang, 1))
        return next(found, None)

    def _best(
        self, cleaned: str, lang: str | None, shelves: Sequence[Shelf], *, of_several: bool = False
    ) -> tuple[Match | None, tuple[Match, ...]]:
        """Find the first answer on shelves, and the near ties: its own, or the first ones.

        ``of_several``: it is one sentence of a text that has no answer as a whole.
        """
        first: tuple[Match, ...] = ()
        if cleaned:
            for shelf in shelves:
                surer = of_several and shelf.model.is_calibrated
                least = max(_SENTENCE, self._threshold) if surer else self._threshold
                found, ties = shelf.judge(cleaned, lang, least)
                if found is not None:
                    return found, ties
                first = first or ties
        return None, first

    def _order(self, text: str, lang: str | None) -> Sequence[Shelf]:
        """Say where to look for a text, in turn."""
        cleaned = clean(text)
        usual = [language for language in self._languages(lang) if language in self._shelves]
        order = [each for each in (*usual, *self._shelves) if cleaned in self._shelves[each].exact]
        if not order and self._detector is not None:
            found = self._detector.detect(text)
            if found is not None and found.chance >= _CLEARLY and found.lang in self._shelves:
                order.append(found.lang)
        return [self._shelves[each] for each in dict.fromkeys((*order, *usual))]

    def _languages(self, lang: str | None) -> Iterable[str]:
        wanted = languages.base(lang) if lang else _DEFAULT_LANG
        default = _DEFAULT_LANG if _DEFAULT_LANG in self._shelves else next(iter(self._shelves), "")
        return dict.fromkeys((wanted, default))


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

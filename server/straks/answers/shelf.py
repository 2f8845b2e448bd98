"""The answers of one language, and what was learned from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from straks.answers import languages
from straks.answers.answer import Answer
from straks.answers.text import clean

if TYPE_CHECKING:
    from straks.answers.model import Model

__all__ = ["Match", "Shelf", "nearest_variant"]


@dataclass(frozen=True, slots=True)
class Match:
    """An answer that may fit. ``score`` is in 0…1; at 0.5 it is worth giving."""

    answer: Answer
    score: float
    phrase: str
    """The phrase that comes nearest, cleaned."""


@dataclass(frozen=True, slots=True)
class Shelf:
    """The answers of one language; those with the same id are variants of one."""

    answers: Sequence[Sequence[Answer]]
    """The variants of each, in the order of the book."""
    exact: Mapping[str, int]
    """Which answer each phrase and title is of."""
    model: Model

    @classmethod
    def learn(cls, answers: Sequence[Answer], lang: str) -> Shelf:
        """Learn from answers of one language; each has at least one phrase."""
        # Slow to import, and nothing else needs it.
        from straks.answers.model import Model

        by_id: dict[str, list[Answer]] = {}
        for answer in answers:
            by_id.setdefault(answer.id, []).append(answer)
        variants = list(by_id.values())
        phrases = [[clean(phrase) for each in one for phrase in each.phrases] for one in variants]
        titles = [[clean(each.title) for each in one] for one in variants]
        learned = [
            [phrase for phrase in dict.fromkeys((*of_one, *title)) if phrase]
            for of_one, title in zip(phrases, titles, strict=True)
        ]
        return cls(variants, _exact(phrases, titles), Model(learned, lang))

    def matches(
        self, cleaned: str, lang: str | None, limit: int, *, typed: bool = False
    ) -> Iterator[Match]:
        """Rank answers; ``typed``: to choose from, while the last word may only have begun.

        Of each it is the variant for a visitor whose language is ``lang``.
        """
        number = self.exact.get(cleaned)
        if number is not None:
            yield Match(self._variant(number, lang), 1.0, cleaned)
        text = self.model.completed(cleaned) if typed else cleaned
        for ranked, score, phrase in self.model.rank(text, limit, alone=typed):
            if ranked != number:
                yield Match(self._variant(ranked, lang), score, phrase)

    def judge(
        self, cleaned: str, lang: str | None, threshold: float
    ) -> tuple[Match | None, tuple[Match, ...]]:
        """Give the answer to a text, if it is known well enough, and near ties, if it has any.

        An answer and ties: it is in doubt whether the answer is better than a choice of them.
        """
        number = self.exact.get(cleaned)
        if number is not None:
            return Match(self._variant(number, lang), 1.0, cleaned), ()
        ranked = self.model.ranked(cleaned)
        matches = [
            Match(self._variant(each.answer, lang), self.model.score(cleaned, each), each.phrase)
            for each in ranked[: self.model.most_ties(cleaned, ranked, threshold) or 1]
        ]
        found = matches[0] if matches and matches[0].score >= threshold else None
        tied = tuple(
            match
            for match, each in zip(matches, ranked, strict=False)
            if self.exact.get(clean(match.answer.title)) == each.answer
        )
        return found, tied if len(tied) > 1 else ()

    def _variant(self, number: int, lang: str | None) -> Answer:
        return nearest_variant(self.answers[number], lang)


def nearest_variant(variants: Sequence[Answer], lang: str | None) -> Answer:
    """Choose for a visitor: what is in their very language, in the plain one, or the first.

    ``variants``: at least one, all of one language. An ``en-GB`` visitor gets ``en-GB`` before
    ``en``, and ``en`` before ``en-US``.
    """
    if len(variants) == 1:
        return variants[0]
    wanted = _subtags(lang or "")
    plain = languages.base(variants[0].lang)

    def nearness(answer: Answer) -> tuple[int, bool]:
        own = _subtags(answer.lang)
        return len(own) if own == wanted[: len(own)] else 0, own == [plain]

    return max(variants, key=nearness)  # the first of those that are as near


def _subtags(tag: str) -> list[str]:
    return tag.lower().replace("_", "-").split("-")


def _exact(phrases: Sequence[Sequence[str]], titles: Sequence[Sequence[str]]) -> dict[str, int]:
    """Tell by what was written word for word; a phrase goes before another answer's title."""
    exact: dict[str, int] = {}
    for lines in (phrases, titles):
        for number, of_one in enumerate(lines):
            for line in of_one:
                exact.setdefault(line, number)
    exact.pop("", None)
    return exact

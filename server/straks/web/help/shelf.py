"""The published answers of a book, by id and language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from straks.answers import languages
from straks.answers.answer import Answer
from straks.answers.files import AnswerBook

__all__ = ["Group", "Shelf"]

DEFAULT_LANG: Final = "en"
MOST_RELATED: Final = 5


@dataclass(frozen=True, slots=True)
class Group:
    """Answers about one subject; ``tag`` None: about none."""

    tag: str | None
    answers: Sequence[Answer]


class Shelf:
    """What pages are made from: of each answer one in each language, variants taken together.

    A language is named without its region here, and Norwegian has one name.
    """

    def __init__(self, book: AnswerBook) -> None:
        self.book = book
        self._answers: dict[str, dict[str, Answer]] = {}
        for answer in book.published():
            lang = languages.base(answer.lang)
            of_one = self._answers.setdefault(answer.id, {})
            if lang not in of_one or answer.lang == lang:
                of_one[lang] = answer
        self._listed: dict[str, list[Answer]] = {}
        for of_one in self._answers.values():
            for lang, answer in of_one.items():
                self._listed.setdefault(lang, []).append(answer)
        for answers in self._listed.values():
            answers.sort(key=lambda answer: (answer.title.casefold(), answer.id))
        self.languages: Sequence[str] = sorted(self._listed)

    def translations(self) -> Iterable[Mapping[str, Answer]]:
        """Give each answer in its languages."""
        return self._answers.values()

    def variants(self, answer_id: str) -> Mapping[str, Answer]:
        """Give an answer in each of its languages; none when there is no such answer."""
        return self._answers.get(answer_id, {})

    def find(self, answer_id: str, lang: str) -> Answer | None:
        """Give an answer in ``lang`` where it exists, else in English, else in any it has."""
        of_one = self.variants(answer_id)
        return of_one.get(lang) or of_one.get(DEFAULT_LANG) or next(iter(of_one.values()), None)

    def groups(self, lang: str) -> list[Group]:
        """Give the answers in a language by subject, those that have none last."""
        by_tag: dict[str | None, list[Answer]] = {}
        for answer in self._listed.get(lang, ()):
            by_tag.setdefault(_subject(answer), []).append(answer)
        tags = sorted(by_tag, key=lambda tag: (tag is None, tag))
        return [Group(tag, by_tag[tag]) for tag in tags]

    def related(self, answer: Answer) -> Sequence[Answer]:
        """Give some others about the same subject: those that come next in its list, all round."""
        subject = _subject(answer)
        listed = self._listed[languages.base(answer.lang)]
        same = [each for each in listed if _subject(each) == subject] if subject else [answer]
        at = next(number for number, each in enumerate(same) if each.id == answer.id)
        return [*same[at + 1 :], *same[:at]][:MOST_RELATED]


def _subject(answer: Answer) -> str | None:
    return answer.tags[0] if answer.tags else None

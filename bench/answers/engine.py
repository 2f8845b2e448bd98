"""The server's own matcher, beside the floor."""

from __future__ import annotations

from collections.abc import Sequence

from bench.answers.intents import Intents, title
from straks.answers.answer import Answer
from straks.answers.files import AnswerBook
from straks.answers.matcher import Match, Matcher

__all__ = ["Engine"]

_LANG = "en"


class Engine:
    """A matcher whose answers are intents."""

    def __init__(self, intents: Intents) -> None:
        """Learn; an intent's name is the title of its answer."""
        self._names = {f"intent-{number}": intent for number, intent in enumerate(intents)}
        answers = [
            Answer(
                id=name,
                lang=_LANG,
                title=title(intent),
                text="",
                html="",
                phrases=tuple(intents[intent]),
                tags=(),
            )
            for name, intent in self._names.items()
        ]
        self._matcher = Matcher.train(AnswerBook(tuple(answers)))

    def calibrate(self) -> None:
        """Learn from the phrases alone when to say nothing."""
        self._matcher.calibrate()

    def first(self, questions: Sequence[str]) -> list[str | None]:
        """Name the likeliest intent of each question, however unlikely; None: no word is known."""
        return [self._name(self._matcher.likeliest(question, _LANG)) for question in questions]

    def given(self, questions: Sequence[str]) -> list[str | None]:
        """Name the intent of the answer that each question gets; None: it gets none."""
        return [self._name(self._matcher.match(question, _LANG)) for question in questions]

    def judged(self, questions: Sequence[str]) -> list[tuple[str, ...]]:
        """Name the intent of the answer that each question gets, or those that it may choose from.

        Empty: it gets nothing.
        """
        found = [self._matcher.judge(question, _LANG) for question in questions]
        matches = [each if isinstance(each, tuple) else (each,) for each in found]
        return [tuple(self._names[m.answer.id] for m in of_one if m) for of_one in matches]

    def _name(self, match: Match | None) -> str | None:
        return None if match is None else self._names[match.answer.id]

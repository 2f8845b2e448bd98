"""Why a question gets the answer that it gets, for who writes answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from straks.answers.files import AnswerBook
from straks.answers.matcher import Matcher
from straks.answers.validity import today
from straks.clock import SystemClock

__all__ = ["explained"]


def explained(folder: Path, question: str, lang: str | None) -> Iterator[str]:
    """Learn the answers of a folder that hold today; tell what a question gets, line by line.

    Raises:
        StartError: there is no such folder, or it cannot be read.
    """
    matcher = Matcher.train(AnswerBook.load(folder).valid_on(today(SystemClock())))
    matcher.calibrate()
    judged = matcher.judge(question, lang)
    if isinstance(judged, tuple):
        yield f"Offered as a choice: {', '.join(tie.answer.id for tie in judged)}"
    else:
        yield f"Given: {judged.answer.id}" if judged else "Nothing is given."
    for match in matcher.explain(question, lang):
        near = f', nearest phrase "{match.phrase}"' if match.phrase else ""
        yield f"{match.score:.2f}  {match.answer.id} ({match.answer.lang}){near}"
    yield f"From {matcher.threshold:g} on an answer is given."

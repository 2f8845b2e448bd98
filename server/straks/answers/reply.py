"""What the entry says that answers a question."""

from __future__ import annotations

from typing import Any

from straks.answers.answer import Answer
from straks.answers.matcher import Match

__all__ = ["answered"]


def answered(question: int, match: Match | None) -> dict[str, Any]:
    """Give the data of an ``answer`` to the entry at the offset ``question`` (PROTOCOL.md §6)."""
    if match is None:
        return {"question": question, "answer": None, "score": 0.0}
    answer: Answer = match.answer
    said: dict[str, Any] = {
        "question": question,
        "answer": answer.id,
        "title": answer.title,
        **_text(answer),
        "lang": answer.lang,
        "score": round(match.score, 3),
        "tags": list(answer.tags),
    }
    if answer.buttons:
        said["buttons"] = list(answer.buttons)
    return said


def _text(answer: Answer) -> dict[str, Any]:
    """Give what an answer says: all at once, or step by step."""
    if answer.guide is None:
        return {"text": answer.text, "html": answer.html}
    steps = [
        {"title": step.title, "text": step.text, "html": step.html} for step in answer.guide.steps
    ]
    introduction = {"text": answer.guide.text, "html": answer.guide.html}
    return {**(introduction if answer.guide.text else {}), "steps": steps}

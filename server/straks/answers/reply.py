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
    return {
        "question": question,
        "answer": answer.id,
        "title": answer.title,
        "text": answer.text,
        "html": answer.html,
        "lang": answer.lang,
        "score": round(match.score, 3),
        "tags": list(answer.tags),
    }

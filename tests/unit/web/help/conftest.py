"""A help centre with a few answers."""

from __future__ import annotations

from typing import Any

import pytest

from straks.answers.answer import Answer
from tests.unit.web.conftest import Web

EVIL = """</script><script>alert("x")</script>'&"""


def an_answer(answer_id: str, lang: str = "en", **given: Any) -> Answer:
    """Make an answer with what is usual where nothing is said."""
    usual: dict[str, Any] = {
        "title": f"{answer_id} in {lang}",
        "text": f"The text of {answer_id}.",
        "html": f"<p>The text of {answer_id}.</p>",
        "phrases": (f"about {answer_id}",),
        "tags": (),
    }
    return Answer(id=answer_id, lang=lang, **{**usual, **given})


@pytest.fixture
def centre(web: Web) -> Web:
    """Answers in English and Danish; one of each in one of them only."""
    web.book.hold(
        an_answer("delivery", tags=("delivery", "orders")),
        an_answer("delivery", "da", tags=("delivery",)),
        an_answer("abroad/norway", tags=("delivery",)),
        an_answer("abroad/norway", "da", tags=("delivery",)),
        an_answer("hours"),
        an_answer("moms", "da", tags=("payment",)),
        an_answer("hello", tags=("greeting",), text="SECRET", title="SECRET"),
        an_answer("sorry", tags=("reply",), text="SECRET", title="SECRET"),
    )
    return web

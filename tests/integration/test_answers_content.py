"""What answers carry, and what visitors throw at them, through the log."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from straks.answers.files import AnswerBook
from straks.answers.matcher import Match, Matcher
from straks.answers.responder import Responder
from straks.conversation.consumer import Consumer
from tests.support.conversing import VISITOR, Conversing, conversing
from tests.support.safe_html import unsafe

HOURS = "---\ntitle: Opening hours\nphrases:\n  - when are you open\n---\nFrom 10 to 18.\n"
EMAIL = "---\ntitle: E-mail\nphrases:\n  - what is your e-mail address\n---\nme@shop.example\n"
STEP = "## {}\n\n" + "Så tænder du for lampen, og den lyser. " * 12 + "\n\n"
GUIDE = (
    "---\ntitle: Mounting\nguide: yes\nbuttons:\n  - And outdoors?\nphrases:\n"
    "  - how do i mount it\n---\n![The lamp](https://a.example/lamp.png)\n\n"
    + "".join(STEP.format(f"Step {number}") for number in range(20))
)
UNKNOWN = {"question": 1, "answer": None, "score": 0.0}


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> AnswerBook:
    folder = tmp_path_factory.mktemp("answers")
    for name, source in {"hours": HOURS, "e-mail": EMAIL, "mounting": GUIDE}.items():
        (folder / f"{name}.md").write_text(source, encoding="utf-8")
    found = AnswerBook.load(folder)
    assert found.errors == ()
    return found


@pytest.fixture(scope="module")
def matcher(book: AnswerBook) -> Matcher:
    return Matcher.train(book)


@asynccontextmanager
async def answering(here: Conversing, matcher: Matcher) -> AsyncIterator[None]:
    """Run a responder on the log."""
    responder = Responder(here.service, matcher, name="Nordlys")
    reader = Consumer("answers", here.log, responder.handle, urgent=responder.is_urgent)
    here.log.listen(reader.committed)
    task = asyncio.create_task(reader.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def replies(here: Conversing, channel: str, count: int = 1) -> list[dict[str, Any]]:
    """Wait until there are ``count`` replies; give what they say."""
    async with asyncio.timeout(20):
        while True:
            entries = await here.entries(channel)
            found = [each for each in entries if each.sender == "app:answers"]
            if len(found) >= count:
                return [orjson.loads(each.data) for each in found]
            await asyncio.sleep(0.002)


async def reply_to(tmp_path: Path, matcher: Matcher, text: str) -> dict[str, Any]:
    async with conversing(tmp_path) as here, answering(here, matcher):
        (reply,) = await replies(here, await here.opened(text=text))
    return reply


@pytest.mark.parametrize(
    "text",
    [
        "x" * 10_000,
        "blah " * 2_000,
        "? " * 5_000,
        "😡" * 10_000,
        "🤷",
        "😡😡😡",
        "?!?!",
        "\u200b\u202e",
        "you stupid idiot",
        "Fuck off!!!",
        "<script>alert(1)</script>",
        "![x](javascript:alert(1))",
        "'; DROP TABLE answers; --",
        "{{email}} {{7*7}} ${7*7} %s %n",
        "</script><!--",
        "\\u0000\\x00",
        "[" * 10_000,
    ],
)
async def test_what_asks_nothing_that_is_known_gets_no_silly_answer(
    tmp_path: Path, matcher: Matcher, text: str
) -> None:
    assert await reply_to(tmp_path, matcher, text) == UNKNOWN


@pytest.mark.parametrize(
    "text",
    [
        "When are you open? " + "Please tell me. " * 620,
        "when are you open 😡😡😡",
        "<b>when are you open</b>",
        "When the f*** are you open, idiots?",
        "wHeN aRe YoU oPeN" + "!" * 9_000,
    ],
)
async def test_a_question_that_is_wrapped_up_is_answered(
    tmp_path: Path, matcher: Matcher, text: str
) -> None:
    assert (await reply_to(tmp_path, matcher, text))["answer"] == "hours"


async def test_the_largest_guide_comes_back_from_the_log(tmp_path: Path, matcher: Matcher) -> None:
    assert 9_000 < len(GUIDE) <= 10_100
    reply = await reply_to(tmp_path, matcher, "how do i mount it")
    assert (reply["answer"], reply["text"], reply["buttons"]) == (
        "mounting",
        "The lamp",
        ["And outdoors?"],
    )
    assert [step["title"] for step in reply["steps"]] == [f"Step {n}" for n in range(20)]
    assert all(unsafe(each["html"]) == [] for each in (reply, *reply["steps"]))


class Torn(Matcher):
    """Is never sure, as among near ties."""

    def judge(self, text: str, lang: str | None = None) -> tuple[Match, ...]:
        first, second, *_ = self.book.answers
        return Match(first, 0.45, ""), Match(second, 0.4, "")


async def test_what_is_picked_of_near_ties_is_given_also_after_a_restart(
    tmp_path: Path, book: AnswerBook
) -> None:
    torn = Torn(book, {})
    async with conversing(tmp_path) as here:
        async with answering(here, torn):
            channel = await here.opened(text="how do I reach you")
            (offer,) = await replies(here, channel)
        titles = [choice["title"] for choice in offer["choices"]]
        assert (offer["answer"], titles) == (None, ["E-mail", "Opening hours"])
        async with answering(here, torn):
            await here.say(VISITOR, channel, titles[1])
            _, given = await replies(here, channel, 2)
    assert (given["answer"], given["score"]) == ("hours", 1.0)

"""Agents see what was asked in vain."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from straks.clock import ManualClock
from straks.records.questions import Asked, Judged, QuestionChanges
from tests.unit.web.conftest import OWN, Web

DAY = 86_400_000
VAIN = Asked(
    conversation="c1",
    offset=1,
    id="e1",
    at=0,
    visitor="vera",
    text="Can I bring my dog?",
    lang="en",
    answer=None,
    answer_lang=None,
    answered_at=2,
    score=0,
)
SOURCE = "---\ntitle: Dogs\nphrases:\n  - can I bring my dog\n---\nYes.\n"


@pytest.fixture
async def desk(web: Web) -> Web:
    assert (await web.sign_in()).status_code == 200
    return web


async def questions(web: Web, query: str = "") -> Any:
    response = await web.browser.get(f"/v1/questions{query}")
    assert response.status_code == 200, response.text
    return response.json()


async def save(web: Web, source: str = SOURCE) -> None:
    response = await web.browser.put(
        "/v1/answers/file?file=dogs.md", json={"source": source}, headers={"Origin": OWN}
    )
    assert response.status_code == 200, response.text
    web.classroom.learn()


async def test_where_nobody_asked_there_is_nothing(desk: Web) -> None:
    assert await questions(desk) == {
        "groups": [],
        "asked": 0,
        "answered": 0,
        "helped": 0,
        "asked_twice": {},
    }


async def test_gaps_are_told_with_what_they_cost(desk: Web, clock: ManualClock) -> None:
    now = clock.now_ms()
    vain = replace(VAIN, at=now - DAY)
    known = replace(vain, conversation="c2", visitor="olle", answer="pets", answer_lang="en")
    await desk.questions.apply(
        QuestionChanges(
            asked=[vain, known, replace(vain, conversation="c3", text="is there parking")],
            later=[Judged(conversation="c2", answered_at=2, judged_at=3, helped=False)],
            persons=[("c1", 3)],
            worked=[("c1", 4, now - DAY + 61_000)],
        )
    )
    await desk.twice.count_asked_twice("email", now)
    found = await questions(desk)
    assert found["groups"][0] == {
        "text": "Can I bring my dog?",
        "lang": "en",
        "people": 2,
        "minutes": 2,
        "times": 2,
        "reasons": {"unanswered": 1, "unhelpful": 1},
        "examples": [
            {"conversation": "c1", "offset": 1, "text": "Can I bring my dog?"},
            {"conversation": "c2", "offset": 1, "text": "Can I bring my dog?"},
        ],
        "answer": "pets",
    }
    assert [each["text"] for each in found["groups"]] == ["Can I bring my dog?", "is there parking"]
    assert (found["asked"], found["answered"], found["helped"]) == (3, 1, 0)
    assert found["asked_twice"] == {"email": 1}


async def test_only_the_last_days_count(desk: Web, clock: ManualClock) -> None:
    await desk.questions.apply(QuestionChanges(asked=[replace(VAIN, at=clock.now_ms() - 5 * DAY)]))
    assert (await questions(desk, "?days=4"))["groups"] == []
    assert len((await questions(desk, "?days=6"))["groups"]) == 1
    for days in ("0", "366", "x", "-1"):
        response = await desk.browser.get(f"/v1/questions?days={days}")
        assert (response.status_code, response.json()["field"]) == (400, "days")


async def test_what_an_answer_was_written_for_is_no_gap_any_more(
    desk: Web, clock: ManualClock
) -> None:
    await desk.questions.apply(
        QuestionChanges(
            asked=[
                replace(VAIN, at=clock.now_ms()),
                replace(VAIN, at=clock.now_ms(), conversation="c2", text="bring dog"),
            ]
        )
    )
    assert len((await questions(desk))["groups"]) == 1
    await save(desk)
    assert (await questions(desk))["groups"] == []


async def test_what_did_not_help_before_an_answer_was_written_anew_is_no_gap(
    desk: Web, clock: ManualClock
) -> None:
    before = replace(VAIN, at=clock.now_ms() - 1, answer="dogs", answer_lang="en")
    after = replace(before, conversation="c2", at=clock.now_ms() + 1)
    for each in (before, after):
        unhelpful = Judged(conversation=each.conversation, answered_at=2, judged_at=3, helped=False)
        await desk.questions.apply(QuestionChanges(asked=[each], later=[unhelpful]))
    await save(desk)
    (group,) = (await questions(desk))["groups"]
    assert [each["conversation"] for each in group["examples"]] == ["c2"]


async def test_hellos_and_what_was_redacted_are_no_gaps(desk: Web, clock: ManualClock) -> None:
    hello = replace(VAIN, at=clock.now_ms(), text="Hello!")
    redacted = replace(hello, conversation="c2", text="")
    await desk.questions.apply(QuestionChanges(asked=[hello, redacted]))
    found = await questions(desk)
    assert (found["groups"], found["asked"]) == ([], 2)

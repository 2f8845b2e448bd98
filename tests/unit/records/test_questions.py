"""What visitors asked, as the records keep it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from straks.records.database import Database
from straks.records.questions import (
    MOST_SECONDS,
    AnswerCounts,
    Answered,
    Asked,
    AskedQuestion,
    Judged,
    QuestionChanges,
    QuestionCounts,
    QuestionRecords,
    ShownAgain,
)

NOON = 1_700_000_000_000
DAY = 86_400_000

VAIN = Asked(
    conversation="c",
    offset=1,
    id="e1",
    at=NOON,
    visitor="vera",
    text="Can I bring my dog?",
    lang="en",
    answer=None,
    answer_lang=None,
    answered_at=2,
    score=0,
)
KNOWN = replace(
    VAIN, offset=3, id="e3", at=NOON + 1000, answer="dogs", answer_lang="en", answered_at=4
)


@pytest.fixture
def records(database: Database) -> QuestionRecords:
    return QuestionRecords(database)


async def kept(records: QuestionRecords) -> list[AskedQuestion]:
    """The questions, oldest first."""
    return list(reversed(await records.newest(100)))


async def test_nothing_new_is_nothing(records: QuestionRecords) -> None:
    await records.apply(QuestionChanges())
    assert await kept(records) == []
    assert await records.counts(0) == QuestionCounts(asked=0, answered=0, helped=0)
    assert await records.by_answer() == {}


async def test_the_same_again_changes_nothing(records: QuestionRecords) -> None:
    parts = [
        QuestionChanges(asked=[VAIN, KNOWN]),
        QuestionChanges(
            later=[
                Judged(conversation="c", answered_at=4, judged_at=5, helped=True),
                Judged(conversation="c", answered_at=4, judged_at=6, helped=False),
            ]
        ),
        QuestionChanges(persons=[("c", 7)], worked=[("c", 8, NOON + 121_000)], closed=[("c", 9)]),
        QuestionChanges(worked=[("c", 11, NOON + 500_000)]),
    ]
    for part in parts:
        await records.apply(part)
    first = await kept(records)
    assert [(each.helped, each.seconds) for each in first] == [(None, 0), (False, 120)]
    for part in (*parts, *parts[::-1]):
        await records.apply(part)
    assert await kept(records) == first


async def test_what_comes_together_is_as_what_comes_one_by_one(records: QuestionRecords) -> None:
    await records.apply(
        QuestionChanges(
            asked=[VAIN],
            persons=[("c", 3)],
            closed=[("c", 5), ("c", 9)],
            worked=[("c", 4, NOON + 60_000), ("c", 8, NOON + 240_000)],
        )
    )
    assert [each.seconds for each in await kept(records)] == [60]


async def test_without_a_person_nothing_is_paid(records: QuestionRecords) -> None:
    await records.apply(QuestionChanges(asked=[VAIN], worked=[("c", 3, NOON + 60_000)]))
    assert [each.seconds for each in await kept(records)] == [0]


async def test_a_night_costs_no_more_than_the_most(records: QuestionRecords) -> None:
    changes = QuestionChanges(asked=[VAIN], persons=[("c", 3)], worked=[("c", 4, NOON + DAY)])
    await records.apply(changes)
    assert [each.seconds for each in await kept(records)] == [MOST_SECONDS]


async def test_others_conversations_are_left_alone(records: QuestionRecords) -> None:
    other = replace(VAIN, conversation="d", visitor="olle")
    await records.apply(QuestionChanges(asked=[VAIN, other], persons=[("c", 3)]))
    await records.apply(QuestionChanges(worked=[("c", 4, NOON + 60_000), ("d", 4, NOON + 60_000)]))
    assert {each.visitor: each.seconds for each in await kept(records)} == {"vera": 60, "olle": 0}


async def test_a_choice_answers_the_question_it_was_offered_for(records: QuestionRecords) -> None:
    chosen = Answered(conversation="c", offset=1, answer="dogs", answer_lang="en", answered_at=4)
    judged = Judged(conversation="c", answered_at=4, judged_at=5, helped=True)
    await records.apply(QuestionChanges(asked=[VAIN], later=[chosen, judged]))
    await records.apply(QuestionChanges(asked=[VAIN]))
    (question,) = await kept(records)
    assert (question.answer, question.answer_lang, question.helped) == ("dogs", "en", True)


async def test_feedback_about_an_answer_that_was_shown_again_is_about_the_question(
    records: QuestionRecords,
) -> None:
    again = ShownAgain(conversation="c", answered_at=4, again_at=6)
    judged = Judged(conversation="c", answered_at=6, judged_at=7, helped=False)
    await records.apply(QuestionChanges(asked=[KNOWN], later=[again, judged]))
    assert [each.helped for each in await kept(records)] == [False]


async def test_of_a_redacted_question_no_text_is_left(records: QuestionRecords) -> None:
    await records.apply(QuestionChanges(asked=[VAIN, KNOWN]))
    await records.apply(QuestionChanges(redacted=[("c", 1), ("c", 2)]))
    assert [each.text for each in await kept(records)] == ["", KNOWN.text]


async def test_only_the_newest_are_kept(database: Database) -> None:
    records = QuestionRecords(database, most=10)
    made = [replace(VAIN, conversation=f"c{n}", at=NOON + n) for n in range(25)]
    for start in range(0, 25, 5):
        await records.apply(QuestionChanges(asked=made[start : start + 5]))
    assert [each.at - NOON for each in await kept(records)] == list(range(15, 25))
    await records.apply(QuestionChanges(asked=made[:5]))
    assert len(await kept(records)) == 10


async def test_open_are_those_that_got_nothing_or_nothing_of_help(
    records: QuestionRecords,
) -> None:
    helped = replace(KNOWN, offset=5, id="e5", answered_at=6)
    old = replace(VAIN, conversation="old", at=NOON - DAY)
    await records.apply(
        QuestionChanges(
            asked=[VAIN, KNOWN, helped, old],
            later=[
                Judged(conversation="c", answered_at=4, judged_at=7, helped=False),
                Judged(conversation="c", answered_at=6, judged_at=8, helped=True),
            ],
        )
    )
    found = await records.open_questions(NOON, 100)
    assert [each.offset for each in found] == [3, 1]
    assert len(await records.open_questions(NOON, 1)) == 1
    assert await records.counts(NOON) == QuestionCounts(asked=3, answered=2, helped=1)
    assert await records.by_answer() == {
        ("dogs", "en"): AnswerCounts(given=2, helped=1, unhelpful=1)
    }

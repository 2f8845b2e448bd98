"""What an edit changes for those who ask."""

from __future__ import annotations

from straks.answers.answer import Answer
from straks.answers.files import AnswerBook
from straks.answers.matcher import Matcher
from straks.answers.replay import MOST_CHANGES, Past, distinct, replay


def answer(answer_id: str, *phrases: str, title: str | None = None) -> Answer:
    return Answer(
        id=answer_id,
        lang="en",
        title=title or answer_id.capitalize(),
        text="Yes.",
        html="<p>Yes.</p>",
        phrases=phrases,
        tags=(),
    )


HOURS = answer("hours", "when are you open")
PARKING = answer("parking", "where can I park my car")


def matcher(*answers: Answer) -> Matcher:
    return Matcher.train(AnswerBook(answers)) if answers else Matcher(AnswerBook(()), {})


def test_what_is_asked_alike_is_counted_together_and_the_first_are_kept() -> None:
    asked = [("When?", "en"), ("when", "en"), ("when", "da"), ("", None), ("🙂", None), ("b", None)]
    assert distinct(asked, 2) == [Past("When?", "en", 2), Past("when", "da", 1)]
    assert distinct([("a", None), ("b", None), ("a", None)], 1) == [Past("a", None, 2)]


def test_only_what_gets_another_answer_is_a_change() -> None:
    past = [
        Past("when are you open", "en", 1),
        Past("where can I park my car", "en", 3),
        Past("xyzzy", None, 9),
    ]
    found = replay(past, matcher(HOURS), matcher(answer("hours", "where can I park my car")))
    assert [(each.past.text, each.before, each.after is not None) for each in found] == [
        ("where can I park my car", None, True),
        ("when are you open", HOURS, False),
    ]


def test_an_answer_that_is_worded_anew_is_the_same_answer() -> None:
    past = [Past("when are you open", "en", 1)]
    renamed = answer("hours", "when are you open", title="Our hours")
    assert replay(past, matcher(HOURS, PARKING), matcher(renamed, PARKING)) == []


def test_no_more_changes_are_told_than_anybody_reads() -> None:
    past = [Past("when are you open", f"{number}", number) for number in range(300)]
    found = replay(past, matcher(), matcher(HOURS))
    assert len(found) == MOST_CHANGES
    assert found[0].past.times == 299

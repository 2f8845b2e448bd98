"""What is asked in vain is put together."""

from __future__ import annotations

import random
import time

from hypothesis import given, settings
from hypothesis import strategies as st

from straks.answers.detection import everyday
from straks.answers.gaps import MOST_GROUPED, Question, gaps


def question(
    text: str, visitor: str = "v", seconds: int = 0, lang: str | None = "en", **rest: str
) -> Question:
    return Question(
        text=text,
        visitor=visitor,
        seconds=seconds,
        lang=lang,
        answer=rest.get("answer"),
        conversation=visitor,
        offset=1,
    )


def test_the_same_wish_in_other_words_is_one_gap() -> None:
    found = gaps(
        [
            question("Do you sell gift cards?", "a"),
            question("do you ship to Norway", "b"),
            question("can I buy a giftcard", "c"),
            question("Can you ship lamps to norway?", "d"),
            question("gift cards??", "e"),
        ]
    )
    assert [{each.visitor for each in gap.questions} for gap in found] == [
        {"a", "c", "e"},
        {"b", "d"},
    ]


def test_what_people_say_anyway_makes_nothing_alike() -> None:
    texts = ("how do I return a lamp", "how do I change my address", "how do I pay by invoice")
    assert len(gaps(question(text) for text in texts)) == 3


def test_a_mistyped_word_is_the_word_it_was_meant_to_be() -> None:
    found = gaps([question("what does the warranty cover"), question("waranty coverage")])
    assert len(found) == 1


def test_words_are_alike_in_each_form_of_their_language() -> None:
    found = gaps(
        [question("Czy macie lampy ogrodowe?", lang="pl"), question("lampa ogrodowa", lang="pl")]
    )
    assert len(found) == 1


def test_most_people_come_first_then_most_time() -> None:
    found = gaps(
        [
            *(question("is there parking", "same", 9_000) for _ in range(5)),
            question("do you deliver on sundays", "a", 10),
            question("sunday delivery", "b", 10),
            question("can I bring my dog", "c", 60),
        ]
    )
    assert [(gap.people, gap.seconds) for gap in found] == [(2, 20), (1, 45_000), (1, 60)]
    assert found[1].text == "is there parking"
    assert len(found[1].questions) == 5


def test_the_typical_wording_stands_for_the_gap_and_each_wording_before_the_same_again() -> None:
    found = gaps(
        [
            question("gift cards, the ones with a picture of a lamp", "a"),
            question("Do you sell gift cards?", "b"),
            question("do you sell gift cards", "c"),
            question("sell gift cards", "d"),
        ]
    )
    assert len(found) == 1
    assert found[0].text == "Do you sell gift cards?"
    assert [each.visitor for each in found[0].questions][-1] == "c"


def test_a_gap_tells_the_answer_that_did_not_help() -> None:
    (gap,) = gaps(
        [
            question("gift card", "a"),
            question("gift cards", "b", answer="cards"),
            question("a gift card", "c", answer="cards"),
            question("one gift card", "d", lang=None, answer="gifts"),
        ]
    )
    assert (gap.answer, gap.unhelpful, gap.lang) == ("cards", 3, "en")
    assert gaps([question("gift card")])[0].answer is None


def test_what_has_no_words_is_left_out() -> None:
    assert gaps([]) == []
    assert gaps([question("🙂🙂"), question("?!")]) == []


WORDS = st.sampled_from([word for line in everyday("en")[:40] for word in line.split()])
TEXTS = st.lists(WORDS, min_size=1, max_size=8).map(" ".join) | st.text(max_size=30)


@settings(deadline=None)
@given(
    st.lists(
        st.builds(
            question,
            TEXTS,
            st.sampled_from("abcd"),
            st.integers(0, 100),
            st.sampled_from(["en", "da", "xx", None]),
        ),
        max_size=25,
    )
)
def test_each_question_with_words_is_in_one_gap(questions: list[Question]) -> None:
    found = gaps(questions)
    grouped = [id(each) for gap in found for each in gap.questions]
    assert len(grouped) == len(set(grouped))
    assert {each.text for gap in found for each in gap.questions} >= {
        each.text for each in questions if any(c.isascii() and c.isalnum() for c in each.text)
    }
    for gap in found:
        assert gap.people == len({each.visitor for each in gap.questions})
        assert gap.seconds == sum(each.seconds for each in gap.questions)
    people = [gap.people for gap in found]
    assert people == sorted(people, reverse=True)
    assert gaps(questions) == found


def test_many_take_little_time_and_more_are_not_looked_at() -> None:
    words = sorted(
        {word for lang in ("en", "da") for line in everyday(lang) for word in line.split()}
    )
    rng = random.Random(1)
    made = [
        question(" ".join(rng.choices(words, k=8)), str(number))
        for number in range(2 * MOST_GROUPED)
    ]
    gaps(made[:2])  # what is learned once
    began = time.process_time()
    found = gaps(made)
    assert time.process_time() - began < 10
    assert sum(len(gap.questions) for gap in found) == MOST_GROUPED

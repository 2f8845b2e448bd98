"""One answer file and what may be wrong in it."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from straks.answers.answer import Answer
from straks.answers.source import MAX_FILE, AnswerFileError, parse, read
from tests.support.safe_html import unsafe

GOOD = """---
title: Opening hours
lang: en
tags: [shop]
phrases:
  - when are you open
  - opening hours
---
We are open from **10 to 18**.
"""


def answer_of(source: str, file: str = "a.md") -> Answer:
    return parse(file, source.encode())


def error_of(source: str | bytes, file: str = "a.md") -> AnswerFileError:
    with pytest.raises(AnswerFileError) as caught:
        parse(file, source if isinstance(source, bytes) else source.encode())
    return caught.value


def test_good_file_is_an_answer() -> None:
    draft = read("shop/opening-hours.md", GOOD.encode())
    answer = draft.answer
    assert draft.lines == (6, 7)
    assert answer.id == "shop/opening-hours"
    assert answer.file == draft.file == "shop/opening-hours.md"
    assert answer.lang == "en"
    assert answer.title == "Opening hours"
    assert answer.tags == ("shop",)
    assert answer.phrases == ("when are you open", "opening hours")
    assert answer.text == "We are open from 10 to 18."
    assert answer.html == "<p>We are open from <strong>10 to 18</strong>.</p>"
    assert (answer.buttons, answer.guide) == ((), None)
    assert (answer.valid_from, answer.valid_until) == (None, None)


@pytest.mark.parametrize(
    ("file", "said", "lang"),
    [("a.md", "", "en"), ("a.da.md", "", "da"), ("a.md", "lang: no\n", "no")],
)
def test_language_is_english_unless_the_name_or_the_file_says_another(
    file: str, said: str, lang: str
) -> None:
    answer = answer_of(GOOD.replace("lang: en\n", said), file)
    assert (answer.id, answer.lang) == ("a", lang)


def test_author_and_date_are_read() -> None:
    answer = answer_of(GOOD.replace("tags:", "author: Ann Ås\nconfirmed: 2026-11-29\ntags:"))
    assert (answer.author, answer.confirmed) == ("Ann Ås", datetime.date(2026, 11, 29))


def test_greeting_needs_no_phrases() -> None:
    assert answer_of("---\ntitle: Hi\ntags: [greeting]\n---\nHello!\n").is_greeting
    for_agents = answer_of("---\ntitle: Hi\ntags: [greeting, reply]\n---\nHello!\n")
    assert not for_agents.is_greeting


def test_reply_for_agents_needs_no_phrases() -> None:
    answer = answer_of("---\ntitle: Hi\ntags: [reply]\n---\nHello!\n")
    assert answer.is_reply
    assert answer.phrases == ()


def test_buttons_are_read_as_they_are_written() -> None:
    six = "buttons:\n  - Yes\n  - 'No'\n  - 12:30\n  - Ja, gerne 👨‍👩‍👧\n  - ~\n  - " + "x" * 80
    answer = answer_of(GOOD.replace("tags: [shop]", six))
    assert answer.buttons == ("Yes", "No", "12:30", "Ja, gerne 👨‍👩‍👧", "~", "x" * 80)
    assert answer_of(GOOD.replace("tags: [shop]", "buttons:")).buttons == ()


@pytest.mark.parametrize(
    ("said", "is_guide"), [("yes", True), ("Yes", True), ("true", True), ("no", False)]
)
def test_a_guide_says_that_it_is_one(said: str, is_guide: bool) -> None:
    source = GOOD.replace("tags: [shop]", f"guide: {said}") + "\n## Come in\n\nThe door is open."
    answer = answer_of(source)
    assert answer.text == "We are open from 10 to 18.\n\nCome in\n\nThe door is open."
    assert (answer.guide is not None) == is_guide


def test_days_are_read() -> None:
    period = "valid_from: 2026-12-01\nvalid_until: '2026-12-24'"
    answer = answer_of(GOOD.replace("tags: [shop]", period))
    assert answer.valid_from == datetime.date(2026, 12, 1)
    assert answer.valid_until == datetime.date(2026, 12, 24)
    one_day = "valid_from: 2026-12-01\nvalid_until: 2026-12-01"
    assert answer_of(GOOD.replace("tags: [shop]", one_day)).valid_until is not None


@pytest.mark.parametrize(
    ("source", "line", "word"),
    [
        ("", 1, "front matter"),
        ("# Title\n", 1, "front matter"),
        ("---\ntitle: A\n", 1, "closing"),
        (GOOD.replace("title: Opening hours", "title: [a"), 3, "YAML"),
        (GOOD.replace("phrases:", "\tphrases:"), 5, "YAML"),
        (GOOD.replace("title: Opening hours\n", ""), 1, "title"),
        (GOOD.replace("Opening hours\n", "\n"), 2, "title"),
        (GOOD.replace("Opening hours\n", '"two\\nlines"\n'), 2, "title"),
        (GOOD.replace("title: Opening hours", f"title: {'x' * 201}"), 2, "title"),
        ("---\ntitle: A\n---\nB\n", 1, "phrases"),
        ("---\ntitle: A\nphrases: []\n---\nB\n", 3, "phrases"),
        ("---\ntitle: A\nphrases:\n---\nB\n", 3, "phrases"),
        (GOOD.replace("- opening hours", "- '?!'"), 7, "phrase"),
        (GOOD.replace("- opening hours", "- {a: b}"), 7, "phrases"),
        (GOOD.replace("- opening hours", f"- {'x' * 201}"), 7, "phrase"),
        (GOOD.replace("phrases:", "phrase:"), 5, "phrase"),
        (GOOD.replace("lang: en", "lang: english"), 3, "lang"),
        (GOOD.replace("lang: en", "lang: xx"), 3, "lang"),
        (GOOD.replace("[shop]", "[Shop Hours]"), 4, "tag"),
        (GOOD.replace("tags: [shop]", "confirmed: yesterday"), 4, "date"),
        (GOOD.replace("tags: [shop]", "confirmed: 2026-W01-1"), 4, "date"),
        (GOOD.replace("tags: [shop]", "author: ''"), 4, "author"),
        (GOOD.replace("We are open from **10 to 18**.", "  "), 9, "no text"),
        (GOOD.replace("We are open from **10 to 18**.", "---"), 9, "nothing"),
        (GOOD.replace("We are open", "\nWe\n![](x) are open"), 11, "description"),
        (GOOD.replace("We are open", "We ![x](b.png) are"), 9, "https://"),
        (GOOD.replace("tags: [shop]", "buttons: yes"), 4, "list"),
        (GOOD.replace("tags: [shop]", "buttons: [a, {b: c}]"), 4, "quotes"),
        (GOOD.replace("tags: [shop]", "buttons: [a, '']"), 4, "button"),
        (GOOD.replace("tags: [shop]", 'buttons: [a, "b\\tc"]'), 4, "one line"),
        (GOOD.replace("tags: [shop]", "buttons: [a, b, a]"), 4, "twice"),
        (GOOD.replace("tags: [shop]", "buttons:\n- a\n- " + "x" * 81), 6, "button"),
        (
            GOOD.replace("tags: [shop]", "buttons:\n" + "".join(f"- {n}\n" for n in range(7))),
            11,
            "6",
        ),
        (GOOD.replace("tags: [shop]", "guide: maybe"), 4, "yes or no"),
        (GOOD.replace("tags: [shop]", "guide: [yes]"), 4, "single"),
        (GOOD.replace("tags: [shop]", "guide: yes"), 9, "without steps"),
        (GOOD.replace("tags: [shop]", "guide: yes") + "\n## A\n\nb\n\n##\n", 15, "nothing in it"),
        (GOOD.replace("tags: [shop]", "valid_from: 2026-02-29"), 4, "date"),
        (GOOD.replace("tags: [shop]", "valid_until: soon"), 4, "date"),
        (GOOD.replace("tags: [shop]", "valid_until: [2026-12-31]"), 4, "single"),
        (
            GOOD.replace("tags: [shop]", "valid_from: 2026-12-02\nvalid_until: 2026-12-01"),
            5,
            "before",
        ),
        (GOOD + "x" * 5_000, 9, "longer"),
        (GOOD.encode() + b"caf\xe9\n", 10, "UTF-8"),
        (GOOD + "x" * MAX_FILE, 1, "larger"),
    ],
)
def test_broken_file_names_the_line(source: str | bytes, line: int, word: str) -> None:
    error = error_of(source)
    assert (error.file, error.line, error.others) == ("a.md", line, ())
    assert word in error.message
    assert str(error) == f"a.md:{line}: {error.message}"


def test_all_that_is_wrong_in_a_file_is_told_in_order() -> None:
    source = GOOD.replace("Opening hours\n", "\n").replace("- opening hours", "- '?!'")
    error = error_of(source.replace("[shop]", "[Shop]").replace("**10", "![**10](x)"))
    assert [error.line, *(other.line for other in error.others)] == [2, 4, 7, 9]
    assert all(other.file == "a.md" for other in error.others)


def test_a_wrong_tag_is_all_that_is_wrong_with_a_reply_that_has_no_phrases() -> None:
    assert error_of("---\ntitle: Hi\ntags: [reply, A B]\n---\nHello!\n").others == ()


@pytest.mark.parametrize("name", ["Big.md", "a b.md", "a.b.c.md", "ø.md", "a.english.md", ".."])
def test_name_that_is_no_id_is_refused(name: str) -> None:
    assert error_of(GOOD, name).line == 1


def test_name_and_file_must_not_disagree_on_the_language() -> None:
    assert error_of(GOOD, "a.da.md").line == 3


PIECES = st.lists(
    st.sampled_from(
        ["---\n", "title: A\n", "phrases:\n", "  - one\n", "- two\n", "lang: da\n", "tags: [a]\n"]
        + ["buttons: [a]\n", "guide: yes\n", "valid_from: 2026-01-01\n", "## Step\n", "![a](b)\n"]
        + [
            "Body *x*\n",
            "[x](y)\n",
            "\t",
            ": ",
            "&a ",
            "*a ",
            "{",
            "]",
            "|\n",
            "'",
            '"',
            "\x00",
            "\\",
        ]
    ),
    max_size=20,
).map(lambda pieces: "".join(pieces).encode())


YAML = st.text().map(lambda text: b"---\n" + text.encode() + b"\n---\nBody")


def parsed(name: str, raw: bytes) -> Answer | AnswerFileError:
    try:
        return parse(name, raw)
    except AnswerFileError as error:
        return error


@given(st.binary(max_size=300) | PIECES | YAML)
def test_any_file_is_an_answer_or_refused(raw: bytes) -> None:
    found = parsed("a.md", raw)
    if isinstance(found, AnswerFileError):
        assert found.file == "a.md"
        assert 1 <= found.line <= raw.count(b"\n") + raw.count(b"\r") + 2
    else:
        assert found.title
        assert found.text
        assert unsafe(found.html) == []
        steps = found.guide.steps if found.guide else ()
        assert all(step.text and unsafe(step.html) == [] for step in steps)


@given(st.text(max_size=30))
def test_any_name_is_an_id_or_refused(name: str) -> None:
    found = parsed(f"{name}.md", GOOD.replace("lang: en\n", "").encode())
    if isinstance(found, AnswerFileError):
        assert found.line == 1
    else:
        assert name.startswith(found.id)

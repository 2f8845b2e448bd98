"""Answer files and what may be wrong in them."""

from __future__ import annotations

import datetime
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from straks.answers.answer import Answer
from straks.answers.files import AnswerBook
from straks.answers.source import MAX_FILE, AnswerFileError, parse
from straks.errors import StartError

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


def write(folder: Path, name: str, source: str | bytes) -> None:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(source if isinstance(source, bytes) else source.encode())


def problem(folder: Path) -> AnswerFileError:
    (error,) = AnswerBook.load(folder).errors
    return error


def test_good_file_is_an_answer(tmp_path: Path) -> None:
    write(tmp_path, "shop/opening-hours.md", GOOD)
    book = AnswerBook.load(tmp_path)
    assert book.errors == ()
    (answer,) = book.answers
    assert answer.id == "shop/opening-hours"
    assert answer.lang == "en"
    assert answer.title == "Opening hours"
    assert answer.tags == ("shop",)
    assert answer.phrases == ("when are you open", "opening hours")
    assert answer.text == "We are open from 10 to 18."
    assert answer.html == "<p>We are open from <strong>10 to 18</strong>.</p>"


def test_language_is_english_unless_the_name_or_the_file_says_another(tmp_path: Path) -> None:
    write(tmp_path, "a.md", GOOD.replace("lang: en\n", ""))
    write(tmp_path, "a.da.md", GOOD.replace("lang: en\n", "").replace("opening", "åbning"))
    write(tmp_path, "b.md", GOOD.replace("lang: en", "lang: no"))
    book = AnswerBook.load(tmp_path)
    assert book.errors == ()
    assert {(a.id, a.lang) for a in book.answers} == {("a", "en"), ("a", "da"), ("b", "no")}


def test_author_and_date_are_read(tmp_path: Path) -> None:
    told = "author: Ann Ås\nconfirmed: 2026-11-29\n"
    write(tmp_path, "a.md", GOOD.replace("tags:", f"{told}tags:"))
    (answer,) = AnswerBook.load(tmp_path).answers
    assert (answer.author, answer.confirmed) == ("Ann Ås", datetime.date(2026, 11, 29))


def test_greeting_needs_no_phrases(tmp_path: Path) -> None:
    write(tmp_path, "hello.md", "---\ntitle: Hi\ntags: [greeting]\n---\nHello!\n")
    write(tmp_path, "for-us.md", "---\ntitle: Hi\ntags: [greeting, reply]\n---\nHello!\n")
    for_agents, for_visitors = AnswerBook.load(tmp_path).answers
    assert for_visitors.is_greeting
    assert not for_agents.is_greeting


def test_reply_for_agents_needs_no_phrases(tmp_path: Path) -> None:
    write(tmp_path, "hi.md", "---\ntitle: Hi\ntags: [reply]\n---\nHello!\n")
    (answer,) = AnswerBook.load(tmp_path).answers
    assert answer.is_reply
    assert answer.phrases == ()


def test_list_gives_replies_first_and_each_answer_once(tmp_path: Path) -> None:
    write(tmp_path, "zebra.md", GOOD)
    write(tmp_path, "zebra.da.md", GOOD.replace("lang: en", "lang: da"))
    write(tmp_path, "hi.md", "---\ntitle: Yours truly\ntags: [reply]\n---\nHello!\n")
    book = AnswerBook.load(tmp_path)
    assert [(a.id, a.lang) for a in book.listed()] == [("hi", "en"), ("zebra", "en")]
    assert [(a.id, a.lang) for a in book.listed("da-DK")] == [("hi", "en"), ("zebra", "da")]
    assert [(a.id, a.lang) for a in book.listed("en")] == [("hi", "en"), ("zebra", "en")]


def test_what_everybody_may_read_is_neither_reply_nor_greeting(tmp_path: Path) -> None:
    write(tmp_path, "zebra.md", GOOD)
    for tag in ("greeting", "reply"):
        write(tmp_path, f"{tag}.md", f"---\ntitle: Hi\ntags: [x, {tag}]\n---\nHello!\n")
    assert [answer.id for answer in AnswerBook.load(tmp_path).published()] == ["zebra"]


def test_other_files_are_passed_over(tmp_path: Path) -> None:
    for name in ("README.md", ".hidden.md", "_draft.md", "note.txt", ".git/a.md", "_old/b.md"):
        write(tmp_path, name, "no front matter")
    assert AnswerBook.load(tmp_path) == AnswerBook((), ())


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
        (GOOD.replace("tags: [shop]", "author: ''"), 4, "author"),
        (GOOD.replace("We are open from **10 to 18**.", "  "), 9, "no text"),
        (GOOD.replace("We are open from **10 to 18**.", "![](x)"), 9, "nothing"),
        (GOOD + "x" * 5_000, 9, "longer"),
        (GOOD.encode() + b"caf\xe9\n", 10, "UTF-8"),
        (GOOD + "x" * MAX_FILE, 1, "larger"),
    ],
)
def test_broken_file_names_itself_and_the_line(
    tmp_path: Path, source: str | bytes, line: int, word: str
) -> None:
    write(tmp_path, "broken.md", source)
    write(tmp_path, "good.md", GOOD.replace("opening", "closing").replace("when", "until when"))
    error = problem(tmp_path)
    assert (error.file, error.line) == ("broken.md", line)
    assert word in error.message
    assert str(error) == f"broken.md:{line}: {error.message}"
    assert [answer.id for answer in AnswerBook.load(tmp_path).answers] == ["good"]


@pytest.mark.parametrize("name", ["Big.md", "a b.md", "a.b.c.md", "ø.md", "a.english.md", ".."])
def test_name_that_is_no_id_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(AnswerFileError):
        parse(name, GOOD.encode())


def test_name_and_file_must_not_disagree_on_the_language() -> None:
    with pytest.raises(AnswerFileError) as caught:
        parse("a.da.md", GOOD.encode())
    assert caught.value.line == 3


def test_same_answer_twice_in_a_language_keeps_the_first(tmp_path: Path) -> None:
    write(tmp_path, "a.en.md", GOOD)
    write(tmp_path, "a.md", GOOD.replace("opening", "closing"))
    error = problem(tmp_path)
    assert (error.file, error.line) == ("a.md", 1)
    assert "a.en.md" in error.message


def test_same_phrase_in_two_answers_keeps_the_first(tmp_path: Path) -> None:
    write(tmp_path, "a.md", GOOD)
    write(tmp_path, "b.md", GOOD.replace("when are you open", "say").replace("opening", "OPENING"))
    error = problem(tmp_path)
    assert (error.file, error.line) == ("b.md", 7)
    assert "a.md" in error.message
    assert [answer.id for answer in AnswerBook.load(tmp_path).answers] == ["a"]


def test_same_phrase_in_two_languages_is_fine(tmp_path: Path) -> None:
    write(tmp_path, "a.md", GOOD)
    write(tmp_path, "b.da.md", GOOD.replace("lang: en", "lang: da"))
    assert AnswerBook.load(tmp_path).errors == ()


def test_unreadable_entry_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "gone.md").symlink_to(tmp_path / "nowhere")
    assert problem(tmp_path).file == "gone.md"


def test_pipe_is_told_of_and_never_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    assert problem(tmp_path).message == "not a regular file"


def test_absent_folder_stops_the_start(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="does not exist"):
        AnswerBook.load(tmp_path / "absent")


PIECES = st.lists(
    st.sampled_from(
        ["---\n", "title: A\n", "phrases:\n", "  - one\n", "- two\n", "lang: da\n", "tags: [a]\n"]
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


@given(st.text(max_size=30))
def test_any_name_is_an_id_or_refused(name: str) -> None:
    found = parsed(f"{name}.md", GOOD.replace("lang: en\n", "").encode())
    if isinstance(found, AnswerFileError):
        assert found.line == 1
    else:
        assert name.startswith(found.id)

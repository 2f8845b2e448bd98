"""Folders of answer files."""

from __future__ import annotations

import datetime
import os
import shutil
import time
from pathlib import Path

import pytest

from straks.answers.files import AnswerBook, fingerprint
from straks.answers.source import AnswerFileError
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


def test_broken_file_names_itself_and_the_others_work(tmp_path: Path) -> None:
    write(tmp_path, "broken.md", GOOD.replace("lang: en", "lang: xx"))
    write(tmp_path, "good.md", GOOD)
    error = problem(tmp_path)
    assert (error.file, error.line) == ("broken.md", 3)
    assert str(error) == f"broken.md:3: {error.message}"
    assert [answer.id for answer in AnswerBook.load(tmp_path).answers] == ["good"]


def test_all_that_is_wrong_in_a_folder_is_told_in_order(tmp_path: Path) -> None:
    write(tmp_path, "b.md", GOOD.replace("lang: en", "lang: xx").replace("10 to 18", "![](x)"))
    write(tmp_path, "a.md", GOOD.replace("title: Opening hours", "title: ''"))
    book = AnswerBook.load(tmp_path)
    assert [(error.file, error.line) for error in book.errors] == [
        ("a.md", 2),
        ("b.md", 3),
        ("b.md", 9),
    ]
    assert book.answers == ()


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


@pytest.mark.parametrize(
    ("summer", "winter", "clash"),
    [
        ("valid_until: 2026-08-31", "valid_from: 2026-09-01", False),
        ("valid_until: 2026-08-31", "valid_from: 2026-08-31", True),
        ("valid_until: 2026-08-31", "valid_until: 2027-03-31", True),
        ("valid_until: 2026-08-31", "author: Bo", True),
    ],
)
def test_same_phrase_in_answers_that_never_meet_is_fine(
    tmp_path: Path, summer: str, winter: str, clash: bool
) -> None:
    write(tmp_path, "summer.md", GOOD.replace("lang: en", summer))
    write(tmp_path, "winter.md", GOOD.replace("lang: en", winter))
    assert [error.file for error in AnswerBook.load(tmp_path).errors] == ["winter.md"] * clash


def test_on_a_day_there_is_what_holds_on_it(tmp_path: Path) -> None:
    write(tmp_path, "summer.md", GOOD.replace("lang: en", "valid_until: 2026-08-31"))
    write(tmp_path, "winter.md", GOOD.replace("lang: en", "valid_from: 2026-09-01"))
    write(
        tmp_path,
        "always.md",
        GOOD.replace("when are you open", "parking").replace("opening hours", "car park"),
    )
    write(tmp_path, "broken.md", "")
    book = AnswerBook.load(tmp_path)
    for date, found in (
        (datetime.date(2026, 8, 31), ["always", "summer"]),
        (datetime.date(2026, 9, 1), ["always", "winter"]),
    ):
        there = book.valid_on(date)
        assert [answer.id for answer in there.answers] == found
        assert there.errors == book.errors


def test_a_file_that_breaks_keeps_a_phrase_that_another_has_at_other_times(tmp_path: Path) -> None:
    write(tmp_path, "summer.md", GOOD.replace("lang: en", "valid_until: 2026-08-31"))
    before = AnswerBook.load(tmp_path)
    write(tmp_path, "summer.md", "---\n")
    write(tmp_path, "winter.md", GOOD.replace("lang: en", "valid_from: 2026-09-01"))
    kept = AnswerBook.load(tmp_path).keeping(before)
    assert {answer.id: answer.phrases for answer in kept.answers} == {
        "summer": ("when are you open", "opening hours"),
        "winter": ("when are you open", "opening hours"),
    }


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


def test_a_folder_that_cannot_be_looked_at_stops_the_start_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="cannot be read: .*too long"):
        AnswerBook.load(tmp_path / ("n" * 300))


@pytest.mark.parametrize("hurries", [True, False])
def test_the_fingerprint_of_many_files_tells_what_has_changed(
    tmp_path: Path, hurries: bool
) -> None:
    files = [tmp_path / f"{number}.md" for number in range(70)]
    for file in files:
        file.write_text("a", "utf-8")
    (tmp_path / "README.md").write_text("not an answer", "utf-8")
    seen = [fingerprint(tmp_path, hurries=hurries)]
    assert len(seen[0]) == 70
    for change in (
        lambda: files[0].write_text("ab", "utf-8"),
        lambda: files[69].unlink(),
        lambda: files[1].rename(tmp_path / "other.md"),
        lambda: files[2].rename(tmp_path / "_hidden.md"),
    ):
        change()
        seen.append(fingerprint(tmp_path, hurries=hurries))
    assert len(set(seen)) == 5
    with pytest.raises(StartError, match="does not exist"):
        fingerprint(tmp_path / "none")


def test_a_folder_that_goes_while_many_files_are_looked_at_is_no_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "gone.md").write_text("a", "utf-8")
    files = [tmp_path / f"{number}.md" for number in range(70)]
    for file in files:
        file.write_text("a", "utf-8")
    breaths: list[float] = []

    def breathe(seconds: float) -> None:
        shutil.rmtree(tmp_path / "old", ignore_errors=True)
        breaths.append(seconds)

    monkeypatch.setattr(time, "sleep", breathe)
    seen = fingerprint(tmp_path)
    assert breaths
    assert {path for path, *_ in seen} >= {str(file) for file in files}
    after = fingerprint(tmp_path)
    assert after == {entry for entry in seen if "gone" not in entry[0]}
    assert len(after) == 70

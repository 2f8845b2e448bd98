"""The console's files over those of the folder."""

from __future__ import annotations

import pytest

from straks.answers.source import AnswerFileError
from straks.answers.sources import AnswerFile, Sources, console_files, folder_files
from straks.records.answer_files import AnswerFileRow


def source(title: str, phrase: str) -> str:
    return f"---\ntitle: {title}\nphrases:\n  - {phrase}\n---\nYes.\n"


def row(file: str, text: str | None, version: int = 1) -> AnswerFileRow:
    return AnswerFileRow(file=file, source=text, version=version, author="Bo", updated_at=0)


HOURS = source("Hours", "when are you open")
FOLDER = folder_files(
    {"hours.md": HOURS.encode(), "park.md": source("Parking", "is there parking").encode()}, {}
)
BOTH = Sources(FOLDER, {})


def titles(sources: Sources) -> list[str]:
    return [answer.title for answer in sources.book.answers]


def edited(*rows: AnswerFileRow) -> Sources:
    return BOTH.with_console(console_files(rows, {}))


def test_a_file_of_the_console_goes_before_the_folders_and_comes_beside_the_others() -> None:
    sources = edited(row("park.md", source("Cars", "where do I park")), row("x.md", "broken"))
    assert titles(sources) == ["Hours", "Cars"]
    assert [each.file for each in sources.book.errors] == ["x.md"]
    assert [(name, each.origin) for name, each in sources.files.items()] == [
        ("hours.md", "folder"),
        ("park.md", "console"),
        ("x.md", "console"),
    ]
    assert sources.edited == 2


def test_where_the_console_deletes_its_file_the_folders_comes_back() -> None:
    sources = edited(row("park.md", source("Cars", "where do I park")))
    back = sources.with_console(console_files([row("park.md", None, 2)], sources.console))
    assert titles(back) == ["Hours", "Parking"]
    assert back.edited == 0
    assert back.same(BOTH)


def test_what_is_older_changes_nothing() -> None:
    sources = edited(row("park.md", source("Cars", "where do I park"), 5))
    old = [AnswerFile.of(row("park.md", None, 4))]
    assert titles(sources.with_console(old)) == ["Hours", "Cars"]


def test_what_has_not_changed_is_not_read_again() -> None:
    again = folder_files({"hours.md": HOURS.encode(), "new.md": b"x"}, FOLDER)
    assert again["hours.md"] is FOLDER["hours.md"]
    sources = edited(row("park.md", HOURS))
    rows = [row("park.md", HOURS)]
    assert console_files(rows, sources.console)[0] is sources.console["park.md"]


def test_a_file_is_held_against_all_others_but_the_one_of_its_name() -> None:
    assert BOTH.check("hours.md", HOURS.encode()).answer.title == "Hours"
    with pytest.raises(AnswerFileError, match=r"already in hours\.md") as raised:
        BOTH.check("aaa.md", source("Open", "When are you open?").encode())
    assert raised.value.line == 4
    with pytest.raises(AnswerFileError, match=r"'hours' in language en is already in hours\.md"):
        BOTH.check("hours.en.md", source("Open", "opening times").encode())
    assert BOTH.check("aaa.da.md", source("Open", "when are you open").encode()).answer.lang == "da"


def test_a_version_is_that_of_the_text() -> None:
    one, two = AnswerFile.of(row("a.md", "x", 1)), AnswerFile.of(row("a.md", "x", 2))
    assert one.version == two.version != AnswerFile.of(row("a.md", "y")).version


def test_what_cannot_be_read_is_told() -> None:
    error = AnswerFileError("hours.md", 1, "cannot be read")
    sources = Sources(folder_files({"hours.md": error}, FOLDER), {})
    assert sources.book.errors == (error,)
    assert sources.files["hours.md"].source == ""

"""Reading and writing answer files, where others do the same."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from straks.answers.editor import ConflictError, Editor, NoFileError
from straks.answers.matcher import Matcher
from straks.answers.source import AnswerFileError
from straks.answers.watch import Watch
from straks.clock import ManualClock
from straks.conversation.errors import RefusedError
from straks.records.answer_files import AnswerFileRecords
from straks.records.database import Database
from straks.records.questions import QuestionRecords
from straks_protocol import ErrorCode


class Room:
    """Knows its files; learns only when it is let."""

    def __init__(self, folder: Path | None, records: AnswerFileRecords) -> None:
        self.watch = Watch(folder, records, every=1.0, clock=ManualClock())
        self.matcher = Matcher(self.watch.sources.book, {})
        self.may_settle = asyncio.Event()

    async def settled(self) -> Matcher:
        await self.may_settle.wait()
        return self.matcher


def text(title: str, phrase: str) -> str:
    return f"---\ntitle: {title}\nphrases:\n  - {phrase}\n---\nYes.\n"


HOURS = text("Hours", "when are you open")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "answers"
    made.mkdir()
    (made / "hours.md").write_text(HOURS)
    return made


def node(database: Database, folder: Path | None = None) -> tuple[Editor, Room]:
    """One of the servers that share the records."""
    records = AnswerFileRecords(database)
    room = Room(folder, records)
    return Editor(room, records, QuestionRecords(database), ManualClock()), room


async def test_a_file_of_the_folder_is_edited_from_what_it_is_and_comes_back(
    database: Database, folder: Path
) -> None:
    editor, room = node(database, folder)
    read = await editor.file("hours.md")
    assert (read.origin, read.source) == ("folder", HOURS)
    with pytest.raises(NoFileError):
        await editor.delete("hours.md", read.version, "Bo")
    with pytest.raises(ConflictError):
        await editor.save("hours.md", text("Times", "opening times"), None, "Bo")
    edited = await editor.save("hours.md", text("Times", "opening times"), read.version, "Bo")
    assert edited.origin == "console"
    assert [each.title for each in room.watch.sources.book.answers] == ["Times"]
    with pytest.raises(ConflictError):
        await editor.save("hours.md", HOURS, read.version, "Bo")
    await editor.delete("hours.md", edited.version, "Bo")
    assert await editor.file("hours.md") == read
    assert [each.title for each in room.watch.sources.book.answers] == ["Hours"]
    assert (folder / "hours.md").read_text() == HOURS


async def test_a_server_reads_what_another_has_just_written(database: Database) -> None:
    (one, _), (two, _) = node(database), node(database)
    saved = await one.save("hours.md", HOURS, None, "Bo")
    assert (await two.file("hours.md")).source == saved.source
    with pytest.raises(ConflictError):
        await two.save("hours.md", HOURS, None, "Cy")
    later = await two.save("hours.md", text("Times", "opening times"), saved.version, "Cy")
    with pytest.raises(ConflictError):
        await one.delete("hours.md", saved.version, "Bo")
    await one.delete("hours.md", later.version, "Bo")
    with pytest.raises(NoFileError):
        await two.file("hours.md")


async def test_of_those_who_write_at_once_one_wins(database: Database) -> None:
    editors = [node(database)[0] for _ in range(4)]
    outcomes = await asyncio.gather(
        *(each.save("hours.md", HOURS, None, f"Bo {n}") for n, each in enumerate(editors)),
        return_exceptions=True,
    )
    assert [type(each) for each in outcomes].count(ConflictError) == 3


async def test_what_the_operators_file_breaks_is_told_too(database: Database, folder: Path) -> None:
    (folder / "phone.md").write_text(text("Phone", "phone number") + "{{phone_number}}\n")
    editor, _ = node(database, folder)
    listed, errors = await editor.listed()
    assert [each.file.name for each in listed] == ["hours.md"]
    assert [(each.file, each.line) for each in errors] == [("phone.md", 7)]


async def test_what_was_saved_a_moment_ago_clashes_already(database: Database) -> None:
    editor, _ = node(database)
    await editor.save("hours.md", HOURS, None, "Bo")
    with pytest.raises(AnswerFileError, match=r"already in hours\.md"):
        await editor.save("times.md", HOURS, None, "Bo")


async def test_files_of_the_console_are_bounded(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("straks.answers.editor.MOST_FILES", 1)
    editor, _ = node(database)
    saved = await editor.save("hours.md", HOURS, None, "Bo")
    with pytest.raises(AnswerFileError, match="1 answers already"):
        await editor.save("times.md", text("Times", "opening times"), None, "Bo")
    assert (await editor.save("hours.md", HOURS, saved.version, "Bo")).source == saved.source


async def test_a_name_that_cannot_be_written_plainly_is_quoted_and_read_again(
    database: Database,
) -> None:
    editor, _ = node(database)
    saved = await editor.save("hours.md", HOURS, None, 'Bo "B": #1\n')
    ((listed,), errors) = await editor.listed()
    assert (listed.answer.author, errors) == ('Bo "B": #1', ())
    assert 'author: "Bo \\"B\\": #1"\n' in saved.source


async def test_only_a_few_edits_are_tried_at_a_time(database: Database) -> None:
    editor, room = node(database)
    tries = [asyncio.create_task(editor.tried("hours.md", HOURS, "Bo")) for _ in range(3)]
    async with asyncio.timeout(20):
        while editor.waiting < 3:
            await asyncio.sleep(0.005)
    with pytest.raises(RefusedError) as refused:
        await editor.tried("hours.md", HOURS, "Bo")
    assert refused.value.code is ErrorCode.RATE_LIMITED
    room.may_settle.set()
    assert [each.tried for each in await asyncio.gather(*tries)] == [0, 0, 0]
    assert (await editor.tried("hours.md", HOURS, "Bo")).changes == []

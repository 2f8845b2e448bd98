"""The console's files become files of a folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from straks.answers.export import export_files
from straks.errors import StartError
from straks.records.answer_files import AnswerFileRow


def row(file: str, source: str | None) -> AnswerFileRow:
    return AnswerFileRow(file=file, source=source, version=1, author="Bo", updated_at=0)


ROWS = (row("hours.md", "one\r\nø"), row("returns/how.da.md", "two"), row("gone.md", None))


def test_files_are_written_byte_for_byte_where_their_names_say(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "answers"
    assert export_files(ROWS, folder, force=False) == 2
    found = {each.relative_to(folder).as_posix() for each in folder.rglob("*") if each.is_file()}
    assert found == {"hours.md", "returns/how.da.md"}
    assert (folder / "hours.md").read_bytes() == "one\r\nø".encode()
    assert export_files(ROWS, folder, force=False) == 2


def test_nothing_is_written_over_without_force(tmp_path: Path) -> None:
    (tmp_path / "returns").mkdir()
    (tmp_path / "returns" / "how.da.md").write_text("mine")
    with pytest.raises(StartError, match=r"how\.da\.md; nothing was written.*--force"):
        export_files(ROWS, tmp_path, force=False)
    assert not (tmp_path / "hours.md").exists()
    export_files(ROWS, tmp_path, force=True)
    assert (tmp_path / "returns" / "how.da.md").read_text() == "two"


@pytest.mark.parametrize("file", ["../out.md", "/tmp/out.md", "a/../../out.md"])
def test_nothing_is_written_elsewhere(tmp_path: Path, file: str) -> None:
    with pytest.raises(StartError, match="nothing was written"):
        export_files([row(file, "x")], tmp_path / "in", force=True)
    assert not (tmp_path / "out.md").exists()


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StartError, match="cannot be written"):
        export_files(ROWS, tmp_path / "file", force=True)

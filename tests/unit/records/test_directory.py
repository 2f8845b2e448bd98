"""A data directory is used by nobody while something is imported into it."""

from __future__ import annotations

from pathlib import Path

import pytest

from straks.errors import StartError
from straks.records.directory import PLACING, check_whole, open_directory


def test_one_is_made_where_there_is_none(tmp_path: Path) -> None:
    assert open_directory(tmp_path / "a/b") == tmp_path / "a/b"
    check_whole(tmp_path / "a/b")


def test_what_is_no_directory_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    with pytest.raises(StartError, match="is a file"):
        open_directory(tmp_path / "a")


def test_it_is_not_used_while_something_is_imported(tmp_path: Path) -> None:
    (tmp_path / PLACING.parent).mkdir()
    with pytest.raises(StartError, match=r"wait until that has ended.*or remove"):
        open_directory(tmp_path)
    assert open_directory(tmp_path, arriving=True) == tmp_path


def test_half_an_import_is_not_used(tmp_path: Path) -> None:
    (tmp_path / PLACING.parent).mkdir()
    (tmp_path / PLACING).touch()
    with pytest.raises(StartError, match="interrupted; run `straks import` again"):
        open_directory(tmp_path)

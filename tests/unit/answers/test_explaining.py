"""Who writes answers is told why a question gets one."""

from __future__ import annotations

from pathlib import Path

import pytest

from straks.answers.explaining import explained
from straks.errors import StartError


def test_what_is_given_and_what_comes_near_is_told(tmp_path: Path) -> None:
    for name, phrase, more in (
        ("hours", "when are you open", ""),
        ("parking", "where can I park my car", ""),
        ("past", "when is the fair", "valid_until: 2020-01-01\n"),
    ):
        source = f"---\ntitle: {name}\n{more}phrases:\n  - {phrase}\n---\nYes.\n"
        (tmp_path / f"{name}.md").write_text(source)
    given, nearest, *_, last = explained(tmp_path, "When are you open?", "en")
    assert given == "Given: hours"
    assert nearest == '1.00  hours (en), nearest phrase "when are you open"'
    assert last == "From 0.5 on an answer is given."
    told = list(explained(tmp_path, "when is the fair", None))
    assert not any("past" in line for line in told)


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StartError):
        next(explained(tmp_path / "absent", "when", None))

"""How people talk whatever it is about."""

from __future__ import annotations

from straks.answers import background
from straks.answers.text import clean


def test_english_has_lines_and_they_are_clean() -> None:
    lines = background.lines("en-GB")
    assert len(lines) > 50
    assert all(line and line == clean(line) for line in lines)


def test_other_languages_may_have_none() -> None:
    assert background.lines("ja") == []

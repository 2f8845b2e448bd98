"""The text of an answer file."""

from __future__ import annotations

import pytest

from straks.answers import body
from straks.answers.markdown import MarkupError

QUOTES = ">" * 3_900


@pytest.mark.parametrize(
    ("source", "guide", "line", "word"),
    [
        ("", False, 1, "no text"),
        (" \n\n ", False, 1, "no text"),
        ("\n\nx\n![](y)", False, 4, "description"),
        ("\n\n\nx\n\n##\n", True, 6, "nothing in it"),
        ("\n" + "x" * 4_001, False, 2, "4000"),
        ("## A\n" + "x" * 10_000, True, 1, "10000"),
        ("---", False, 1, "nothing to read"),
        (f"{QUOTES} x", False, 1, "too much markup"),
        ("|" * 400 + "\n" + "|-" * 399 + "|\n" + "a\n" * 1_000, False, 1, "too much markup"),
        ("|" * 2_000 + "\n" + "|-" * 1_999 + "|\n" + "a\n" * 1_990, True, 1, "too much markup"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(
    source: str, guide: bool, line: int, word: str
) -> None:
    with pytest.raises(MarkupError) as caught:
        body.read(source, guide=guide)
    assert caught.value.line == line
    assert word in caught.value.message


def test_a_guide_has_its_text_as_a_whole_as_well() -> None:
    read = body.read("Two things:\n\n## One\n\nFirst.\n\n## Two\n\nThen.", guide=True)
    assert read.text == "Two things:\n\nOne\n\nFirst.\n\nTwo\n\nThen."
    assert read.html.count("<h4>") == 2
    assert read.guide is not None
    assert len(read.guide.steps) == 2


def test_headings_are_no_guide_where_none_is_wanted() -> None:
    assert body.read("## One\n\nFirst.", guide=False).guide is None

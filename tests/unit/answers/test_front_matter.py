"""YAML front matter, with the line of every value."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from straks.answers import front_matter
from straks.answers.front_matter import FrontMatterError

KNOWN = {"title", "phrases", "lang"}


def test_file_is_parted_in_two() -> None:
    document = front_matter.split("---\ntitle: A\n---\nBody\n---\nmore\n")
    assert document.front == "\ntitle: A"
    assert document.body == "Body\n---\nmore\n"
    assert document.body_line == 4


@pytest.mark.parametrize("source", ["", "title: A\n", "---\ntitle: A\n", " ---\na: b\n---\n"])
def test_file_without_front_matter_is_refused(source: str) -> None:
    with pytest.raises(FrontMatterError):
        front_matter.split(source)


def test_other_line_ends_are_taken() -> None:
    document = front_matter.split("---\r\ntitle: A\r\n---\r\nBody")
    assert front_matter.fields(document.front, known=KNOWN)["title"].scalar() == "A"


def test_values_have_their_lines_in_the_file() -> None:
    found = front_matter.fields("\ntitle: A\nphrases:\n  - one\n\n  - two", known=KNOWN)
    assert found["title"].line == 2
    assert found["phrases"].items() == [("one", 4), ("two", 6)]


@pytest.mark.parametrize("word", ["no", "yes", "12:30", "2024-01-01", "0x1F", "null", "~", "1e3"])
def test_value_is_kept_as_written(word: str) -> None:
    found = front_matter.fields(f"\nlang: {word}\nphrases:\n - {word}", known=KNOWN)
    assert found["lang"].scalar() == word
    assert found["phrases"].items() == [(word, 4)]


@pytest.mark.parametrize(
    ("front", "line"),
    [
        ("\ntitle: [", 2),
        ("\ntitle: A\nphrases:\n\t- one", 4),
        ("\ntitle: A\ntitle: B", 3),
        ("\ntitle: A\nfrases: B", 3),
        ("\n- a\n- b", 2),
        ("\ntitle: A: B", 2),
        ("\n? [a]\n: b", 2),
        ("\ntitle: a\nlang: \x07", 3),
        ("\ntitle: *unknown", 2),
    ],
)
def test_mistake_is_found_at_its_line(front: str, line: int) -> None:
    with pytest.raises(FrontMatterError) as caught:
        front_matter.fields(front, known=KNOWN)
    assert caught.value.line == line


@pytest.mark.parametrize("front", ['\ntitle: "\\UFFFFFFFF"', "\ntitle: " + "[" * 5_000])
def test_absurd_yaml_is_refused(front: str) -> None:
    with pytest.raises(FrontMatterError):
        front_matter.fields(front, known=KNOWN)


def test_list_where_a_text_belongs_is_refused() -> None:
    found = front_matter.fields("\ntitle: [a]\nphrases: one\nlang: {a: b}", known=KNOWN)
    for field, read in (("title", "scalar"), ("phrases", "items"), ("lang", "items")):
        with pytest.raises(FrontMatterError):
            getattr(found[field], read)()


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_any_yaml_is_read_or_refused(front: str) -> None:
    try:
        found = front_matter.fields("\n" + front, known=KNOWN)
    except FrontMatterError as error:
        line = error.line
    else:
        line = max((field.line for field in found.values()), default=1)
    assert line >= 1

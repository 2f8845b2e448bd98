"""Author and date come into a file; the rest of it stays."""

from __future__ import annotations

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from straks.answers.front_matter import FrontMatterError
from straks.answers.source import parse
from straks.answers.stamp import stamp

FRONTS = (
    "title: Hours\nphrases:\n  - when are you open\n",
    "title: Hours\nphrases: [when are you open]\nauthor: Old Man # of the sea\n",
    "  title: Hours\n  author: |\n    Old\n  phrases: [when are you open]\n",
    "title: Hours\nauthor:\nconfirmed: '2020-01-01'\nphrases:\n- when are you open\n",
    "title: Hours\nphrases: [when are you open]\nauthor: >-\n  Old\n  Man\n",
    "# what we say\ntitle: Hours\n\nconfirmed: 2020-01-01\nphrases: [when are you open]\n# end\n",
)
REPLACED = ("author", "confirmed", "Old", "Man")
NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z")) | st.just(" "), min_size=1
).filter(lambda name: name == name.strip() and len(name) <= 200 and name.isprintable())


@given(
    front=st.sampled_from(FRONTS),
    body=st.text("ab \n-#'\"ø\r", max_size=30),
    end=st.sampled_from(["\n", "\r\n"]),
    mark=st.sampled_from(["", "\ufeff"]),
    author=NAMES,
    day=st.dates(),
)
def test_a_stamped_file_says_who_and_when_and_what_it_said(
    front: str, body: str, end: str, mark: str, author: str, day: datetime.date
) -> None:
    top = f"{mark}---\n{front}".replace("\n", end)
    rest = f"---{end}Nine to five.{end}{body}"
    stamped = stamp(top + rest, {"author": author, "confirmed": day.isoformat()})
    assert stamped.endswith(rest)
    answer, before = parse("hours.md", stamped.encode()), parse("hours.md", _plain(top + rest))
    assert (answer.author, answer.confirmed) == (author, day)
    assert (answer.title, answer.phrases) == (before.title, before.phrases)
    for line in top.split(end):
        if (
            "author" not in line
            and "confirmed" not in line
            and "Old" not in line
            and "Man" not in line
        ):
            assert line in stamped
    assert stamp(stamped, {"author": author, "confirmed": day.isoformat()}) == stamped


def _plain(source: str) -> bytes:
    """An empty author is none that can be read."""
    return (
        source.replace("author:\n", "author: x\n").replace("author:\r\n", "author: x\r\n").encode()
    )


def test_what_stands_beside_a_value_stays() -> None:
    source = "---\ntitle: Hours\nauthor:  'Old' # of the sea\n---\nNine.\n"
    assert stamp(source, {"author": "Bo"}) == source.replace("'Old'", "Bo")


def test_a_value_that_is_another_ones_cannot_be_set() -> None:
    source = "---\ntitle: &name Bo\nauthor: *name\nphrases: [who]\n---\nBo.\n"
    with pytest.raises(FrontMatterError) as raised:
        stamp(source, {"author": "Cy"})
    assert raised.value.line == 3


def test_front_matter_in_one_line_cannot_be_set() -> None:
    with pytest.raises(FrontMatterError, match="one for each key"):
        stamp("---\n{title: Hours, phrases: [when]}\n---\nNine.\n", {"author": "Bo"})


def test_front_matter_that_yaml_ends_itself_cannot_be_set() -> None:
    source = "---\ntitle: Hours\nphrases:\n  - when\n...\n---\nNine.\n"
    assert parse("hours.md", source.encode()).title == "Hours"
    with pytest.raises(FrontMatterError, match="one for each key"):
        stamp(source, {"author": "Bo", "confirmed": "2026-12-31"})

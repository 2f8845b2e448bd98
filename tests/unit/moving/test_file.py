"""A file is what an export wrote, or it is refused."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from straks.log.log import Entry
from straks.log.moving import Head, Pending
from straks.moving.errors import MovingError
from straks.moving.file import ExportFile, read
from straks.moving.lines import (
    FORMAT,
    Channel,
    Counts,
    Header,
    Line,
    Said,
    Secret,
    TableRow,
    Waiting,
)
from straks_protocol import Position

HEADER = Header(format=FORMAT, straks="1.0", records="0002", at=1, consumers=("inbox",))
NUMBERED = count()
"""No two channels of a file have the same name."""
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
READERS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20)
NUMBERS = st.integers(min_value=0, max_value=2**53)


@st.composite
def channels(draw: st.DrawFn) -> list[Line]:
    """A channel that may have lost its first entries."""
    name = draw(st.sampled_from(["conversation", "inbox"])) + f":{next(NUMBERED)}"
    first = draw(st.integers(1, 5)) if name.startswith("inbox") else 1
    entries = [
        Entry(
            channel=name,
            offset=offset,
            id=draw(TEXTS),
            at=draw(NUMBERS),
            sender=draw(TEXTS),
            name=draw(st.none() | TEXTS),
            key=f"{draw(TEXTS)}{offset}",
            kind=draw(TEXTS),
            data=draw(st.binary(max_size=30) | TEXTS.map(str.encode)),
            advances=draw(st.booleans()),
        )
        for offset in range(first, first + draw(st.integers(1, 4)))
    ]
    last = entries[-1]
    head = Head(
        name=name,
        position=Position(offset=last.offset, id=last.id),
        at=last.at,
        state=max((entry.offset for entry in entries if entry.advances), default=0),
        marks=draw(st.dictionaries(READERS, st.integers(1, last.offset), max_size=3)),
    )
    said = [Said.of(entry) for entry in entries]
    assert [line.entry(name) for line in said] == entries
    return [Channel(head=head), *said]


ROWS = st.dictionaries(TEXTS, st.none() | st.booleans() | NUMBERS | TEXTS, max_size=4).map(
    lambda values: TableRow(table="agents", values=values)
)
PENDING = st.lists(TEXTS, max_size=3).map(
    lambda names: Waiting(pending=Pending(channel="desk:a", offset=1, consumers=tuple(names)))
)


def write(path: Path, lines: list[Line]) -> Counts:
    with ExportFile.create(path) as file:
        for line in lines:
            file.write(line)
    return file.counts


@given(
    secret=st.binary(max_size=40),
    rows=st.lists(ROWS, max_size=3),
    said=st.lists(channels(), max_size=3),
    pending=st.lists(PENDING, max_size=3),
)
def test_what_was_written_is_read(
    tmp_path_factory: pytest.TempPathFactory,
    secret: bytes,
    rows: list[Line],
    said: list[list[Line]],
    pending: list[Line],
) -> None:
    path = tmp_path_factory.mktemp("file") / "export.jsonl"
    lines: list[Line] = [HEADER, Secret(secret=secret), *rows, *sum(said, []), *DESK, *pending]
    counts = write(path, lines)

    assert list(read(path)) == lines
    assert (counts.rows, counts.channels, counts.pending) == (
        len(rows),
        len(said) + 1,
        len(pending),
    )


def said(offset: int, ident: str | None = None, key: str | None = None) -> Said:
    ident, key = ident or f"i{offset}", key or f"k{offset}"
    return Said(offset=offset, id=ident, at=1, sender="a", key=key, kind="message")


def channel(offset: int, name: str = "conversation:a", **others: Any) -> Channel:
    position = Position(offset=offset, id=f"i{offset}")
    known = {"at": 1, "state": 0, "marks": {}, **others}
    return Channel(head=Head(name=name, position=position, **known))


DESK: list[Line] = [channel(1, "desk:a"), said(1)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An export of one channel."""
    write(tmp_path / "a.jsonl", [HEADER, Secret(secret=b"s"), channel(2), said(1), said(2)])
    return tmp_path / "a.jsonl"


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda text: text[:-1], "it ends in line 6"),
        (lambda text: "", "it ends in line 0"),
        (lambda text: text.replace("message", "massage", 1), "changed, or damaged on the way"),
        (lambda text: text.replace('"format":1', '"format":2'), r"Line 1 .* has format 2"),
        (lambda text: "# hej\n" + text, "Line 1 of"),
        (lambda text: text + "more\n", "something follows the end"),
        (lambda text: text.split("\n", 1)[1], "begins with one header"),
        (lambda text: re.sub('{"type":"entry","offset":1.*\n', "", text), "out of place"),
        (lambda text: re.sub('{"type":"entry","offset":2.*\n', "", text), "are missing"),
        (lambda text: re.sub('{"type":"secret".*\n', "", text), "damaged on the way"),
        (
            lambda text: text.replace('"offset":2,"id":"i2"', '"offset":3,"id":"i3"', 1),
            "are missing",
        ),
        (lambda text: text.replace('{"type":"entry"', '{"type":"entrance"', 1), "Line 4 of"),
        (lambda text: text + "[" * 100_000 + "\n", "something follows the end"),
        (
            lambda text: text.replace('{"type":"entry"', '{"x":' + "[" * 100_000, 1),
            "Line 4 .* nested too deep",
        ),
        (
            lambda text: text.replace('"key":"k1"', '"key":"' + "k" * 2**24 + '"', 1),
            "Line 4 .* long",
        ),
    ],
)
def test_what_is_damaged_is_refused(path: Path, damage: Callable[[str], str], message: str) -> None:
    path.write_text(damage(path.read_text()))
    with pytest.raises(MovingError, match=message):
        list(read(path))


def waiting(name: str, offset: int) -> Waiting:
    return Waiting(pending=Pending(channel=name, offset=offset, consumers=("inbox",)))


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ([HEADER, said(1)], "an entry is out of place"),
        ([HEADER, channel(3), said(1), said(3)], "an entry is out of place"),
        ([HEADER, channel(2), said(1), said(2), said(3)], "an entry is out of place"),
        ([HEADER, channel(1), said(1, "other")], "is another"),
        ([HEADER, channel(2), said(1), channel(1, "desk:a"), said(1)], "a are missing"),
        ([HEADER, channel(0)], "has no entries"),
        ([HEADER, channel(2), said(2)], "an entry is out of place"),
        ([HEADER, channel(2), said(1), said(2, key="k1")], "used the key k1 before"),
        ([HEADER, channel(1, state=2)], "what comes after"),
        ([HEADER, channel(1, state=1), said(1)], "the state of conversation:a is another"),
        ([HEADER, channel(1, at=2), said(1)], "is another"),
        ([HEADER, channel(1, marks={"v": 2})], "what comes after"),
        ([HEADER, channel(1, marks={"v": 0})], "what comes after"),
        ([HEADER, channel(1, marks={"": 1})], "by nobody"),
        ([HEADER, channel(1)], "a are missing"),
        ([HEADER, *DESK, *DESK], "desk:a comes twice"),
        ([HEADER, channel(1, "")], "not a channel"),
        ([HEADER, channel(2**63), said(1)], "Line 2 .* <= "),
        ([HEADER, TableRow(table="agents", values={"created_at": -(2**64)})], "out of range"),
        ([HEADER, TableRow(table="agents", values={"created_at": 0.5})], "whole numbers"),
        ([HEADER, *DESK, waiting("desk:a", 2)], "no entry 2 of desk:a"),
        ([HEADER, *DESK, waiting("desk:b", 1)], "no entry 1 of desk:b"),
        ([HEADER, HEADER], "one header"),
    ],
)
def test_what_is_out_of_order_is_refused(tmp_path: Path, lines: list[Line], message: str) -> None:
    write(tmp_path / "a.jsonl", lines)
    with pytest.raises(MovingError, match=message):
        list(read(tmp_path / "a.jsonl"))


def test_only_its_owner_may_read_it(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_what_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), ExportFile.create(tmp_path / "a.jsonl"):
        raise RuntimeError
    assert not list(tmp_path.iterdir())


def test_what_an_earlier_attempt_left_is_replaced(tmp_path: Path) -> None:
    (tmp_path / ".a.jsonl.part").write_text("half")
    write(tmp_path / "a.jsonl", [HEADER])
    assert list(read(tmp_path / "a.jsonl")) == [HEADER]
    assert [file.name for file in tmp_path.iterdir()] == ["a.jsonl"]


def test_nothing_is_overwritten(path: Path) -> None:
    before = path.read_text()
    with pytest.raises(MovingError, match="is there already"):
        write(path, [HEADER])
    assert path.read_text() == before


def test_what_can_be_read_only_once_is_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    for path in (pipe, tmp_path):
        with pytest.raises(MovingError, match="is not a file"):
            next(read(path))


@pytest.mark.parametrize("name", ["/", ".", "..", ""])
def test_a_directory_is_not_written_to(name: str) -> None:
    with pytest.raises(MovingError, match="is there already"):
        write(Path(name), [HEADER])


def test_a_name_that_no_file_can_have_is_refused() -> None:
    with pytest.raises(MovingError, match="cannot be read"):
        next(read(Path("x" * 5_000)))

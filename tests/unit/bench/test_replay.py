"""Which chats a file holds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.files import BadFileError
from bench.scenarios.replay import load


def turn(text: Any = None, **fields: Any) -> dict[str, Any]:
    return {"from": "visitor", "text": text, **fields}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "chats.jsonl"


def write(file: Path, *chats: list[dict[str, Any]]) -> None:
    file.write_text("".join(json.dumps({"turns": turns}) + "\n" for turns in chats))


def test_only_what_visitors_say_counts(file: Path) -> None:
    write(file, [turn("Hej"), turn("Yes?", **{"from": "agent"}), turn("Where is it?")])
    chats = load(file, None)
    assert chats.conversations == [["Hej", "Where is it?"]]
    assert chats.skipped == 0


def test_blank_and_missing_turns_are_skipped_and_counted(file: Path) -> None:
    write(
        file, [turn("a"), turn(""), turn(" \n"), turn(), {"from": "visitor"}, turn(7)], [turn("")]
    )
    chats = load(file, None)
    assert chats.conversations == [["a"]]
    assert chats.skipped == 6


def test_a_limit_is_of_conversations_that_are_replayed(file: Path) -> None:
    write(file, [turn("a")], [turn("")], [turn("b")], [turn("c")])
    assert load(file, 2).conversations == [["a"], ["b"]]
    assert load(file, 9).conversations == [["a"], ["b"], ["c"]]


@pytest.mark.parametrize(
    "line", [b"{", b"[]", b"{}", b'{"turns": 3}', b'{"turns": ["x"]}', b'{"turns": ["\xff"]}', b""]
)
def test_a_line_that_is_no_chat_is_named(file: Path, line: bytes) -> None:
    write(file, [turn("a")])
    file.write_bytes(file.read_bytes() + line + b"\n")
    with pytest.raises(BadFileError) as caught:
        load(file, None)
    assert str(caught.value).startswith(f"{file}:2: not a chat")


def test_what_is_after_the_limit_is_not_read(file: Path) -> None:
    write(file, [turn("a")])
    file.write_text(file.read_text() + "{\n")
    assert load(file, 1).conversations == [["a"]]

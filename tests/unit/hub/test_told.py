"""What is understood of that which other nodes tell."""

from __future__ import annotations

from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from straks.hub.remote import MEMBERS
from straks.hub.told import (
    MalformedError,
    Told,
    ToldEnd,
    ToldMembers,
    ToldRead,
    ToldSignal,
    decode,
    decode_note,
    encode,
    encode_note,
)
from straks_protocol import CloseCode

HERE = "conversation:a"


@pytest.mark.parametrize(
    ("channel", "told"),
    [
        (HERE, ToldSignal("visitor:vera", None, "typing", {"on": True})),
        (HERE, ToldRead("agent:anna", "Anna", 7)),
        (HERE, ToldMembers(1, 2, [("visitor:vera", None), ("agent:anna", "Anna")], True)),
        (HERE, ToldMembers(1, 2, [], False)),
        ("", ToldEnd("s1", CloseCode.SIGNED_OUT)),
    ],
)
def test_what_is_told_is_understood(channel: str, told: Told) -> None:
    assert decode(channel, encode(told)) == told


def test_what_a_later_version_adds_is_passed_over() -> None:
    message = msgpack.packb(["read", "agent:anna", "Anna", 7, {"more": 1}])
    assert decode(HERE, message) == ToldRead("agent:anna", "Anna", 7)


@pytest.mark.parametrize(
    "told",
    [
        ["wave", "agent:anna"],
        ["read"],
        ["read", "anna", None, 7],
        ["read", "agent:", None, 7],
        ["read", "agent:" + "a" * 300, None, 7],
        ["read", "agent:anna", "A" * 1001, 7],
        ["read", "agent:anna", None, 0],
        ["read", "agent:anna", None, 2**53],
        ["read", "agent:anna", None, 1.5],
        ["signal", "agent:anna", None, "viewing", {}],
        ["signal", "agent:anna", None, "typing", {"on": 3}],
        ["signal", "agent:anna", None, "typing", []],
        ["members", 0, 1, [], False],
        ["members", 1, 0, [], False],
        ["members", 1, 1, [["vera", None]], False],
        ["members", 1, 1, [["visitor:vera"]], False],
        ["members", 1, 1, [["visitor:vera", None]] * (MEMBERS + 1), False],
        ["members", 1, 1, [], None],
        ["end", "s1", 4503],
        {"type": "read"},
        7,
    ],
)
def test_what_is_malformed_is_refused(told: Any) -> None:
    with pytest.raises(MalformedError):
        decode(HERE, msgpack.packb(told))


@pytest.mark.parametrize(
    "told",
    [
        ["end", "", 4503],
        ["end", "s" * 301, 4503],
        ["end", "s1", 1234],
        ["read", "agent:anna", None, 7],
        ["signal", "visitor:vera", None, "typing", {}],
        ["members", 1, 1, [], False],
    ],
)
def test_what_is_no_message_to_all_is_refused(told: Any) -> None:
    with pytest.raises(MalformedError):
        decode("", msgpack.packb(told))


@given(st.binary())
def test_any_bytes_are_understood_or_refused(message: bytes) -> None:
    for channel in ("", HERE, "no channel"):
        try:
            decode(channel, message)
        except MalformedError:
            continue
    try:
        decode_note(message)
    except MalformedError:
        return


def test_what_is_nested_without_end_is_refused() -> None:
    deep = b"\x95\xa6signal\xacvisitor:vera\xc0\xa6typing" + b"\x81\xa1a" * 100_000 + b"\xc0"
    with pytest.raises(MalformedError):
        decode(HERE, deep)


def test_a_note_names_the_agents_in_one_order() -> None:
    note = encode_note([("agent:bo", "Bo"), ("agent:anna", None)])
    assert note == encode_note([("agent:anna", "Anna"), ("agent:bo", "Bo")])
    assert decode_note(note) == ["agent:anna", "agent:bo"]
    assert decode_note(encode_note([])) == []
    assert decode_note(b"") == []


def test_a_note_has_room_for_so_many_agents() -> None:
    note = encode_note([(f"agent:{number}", None) for number in range(10_001)])
    assert len(decode_note(note)) == 10_000
    with pytest.raises(MalformedError):
        decode_note(msgpack.packb(["agent:a"] * 10_001))


@pytest.mark.parametrize("note", [b"\xc1", b"\xc0", msgpack.packb([1]), msgpack.packb(["a" * 301])])
def test_a_note_that_is_none_is_refused(note: bytes) -> None:
    with pytest.raises(MalformedError):
        decode_note(note)

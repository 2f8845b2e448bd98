"""Wire objects are measured and converted; errors name the field."""

from __future__ import annotations

from typing import Any

import pytest

from straks_protocol import MAX_DEPTH, ErrorCode, Publish, RemoteProtocolError
from straks_protocol.messages import CLIENT_TYPES, SERVER_TYPES
from straks_protocol.wire import from_wire, lift_senders, measure, request_id, to_wire


@pytest.mark.parametrize(
    ("obj", "strings"),
    [({}, 0), ({"a": 1}, 1), ({"a": "b"}, 2), ({"a": ["b", {"c": "d"}, []]}, 4)],
)
def test_measure_counts_names_and_texts(obj: dict[str, Any], strings: int) -> None:
    assert measure(obj, MAX_DEPTH) == strings


def test_measure_does_not_recurse() -> None:
    deep: dict[str, Any] = {}
    for _ in range(100_000):
        deep = {"x": deep}
    with pytest.raises(RemoteProtocolError) as caught:
        measure(deep, MAX_DEPTH)
    assert caught.value.code is ErrorCode.TOO_DEEP
    while deep:  # taking it apart by itself would recurse in the interpreter
        deep = deep["x"]


@pytest.mark.parametrize("value", [True, 0, -1, 1.0, "1", None, 2**53, [], {}])
def test_only_positive_integers_are_request_ids(value: object) -> None:
    assert request_id({"id": value}) is None
    assert request_id({}) is None


def test_none_is_left_out() -> None:
    obj = {"type": "publish", "id": 1, "channel": "app:a", "kind": "a", "data": {"x": None}}
    obj["key"] = "0193f4c2-7a10-7c31-9a55-1f0e6f2b8c01"
    message = from_wire(obj, CLIENT_TYPES)
    assert isinstance(message, Publish)
    assert to_wire(message) == obj


def test_sender_is_called_from_on_the_wire() -> None:
    obj = {
        "type": "read",
        "channel": "app:a",
        "from": {"kind": "app", "id": "a"},
        "sender": "something else",
        "offset": 1,
    }
    message = from_wire(lift_senders(obj), SERVER_TYPES)
    assert to_wire(message) == {key: obj[key] for key in ("type", "channel", "from", "offset")}
    assert obj["sender"] == "something else", "what was read is left as it is"


@pytest.mark.parametrize(
    ("obj", "message"),
    [
        ({"type": "ask", "id": 1}, "text: is missing"),
        ({"type": "ask", "id": "1", "text": "a"}, "id: must be int, got str"),
        ({"type": "ask", "id": 1, "text": "a" * 10_001}, "text: must be str of length <= 10000"),
        (
            {"type": "subscribe", "id": 1, "channel": "a"},
            "channel: must be conversation:ID, desk:ID, inbox:TEAM or app:NAME",
        ),
        (
            {"type": "subscribe", "id": 1, "channel": "app:a", "after": {"id": ""}},
            "after.offset: is missing",
        ),
        ({"id": 1}, "type: is missing"),
        ({"type": "dance"}, "type: 'dance' unknown"),
    ],
)
def test_errors_say_which_field_and_why(obj: dict[str, Any], message: str) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        from_wire(obj, CLIENT_TYPES)
    assert caught.value.message == message


def test_long_names_of_types_are_not_echoed_whole() -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        from_wire({"type": "x" * 10_000}, CLIENT_TYPES)
    assert len(caught.value.message) < 100

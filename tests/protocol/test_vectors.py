"""The vectors hold for this implementation, and cover what the protocol can refuse."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from straks_protocol import CODECS, EXPECT_REQUIRED, JSON, MSGPACK, ErrorCode, RemoteProtocolError
from straks_protocol.kinds import KINDS, encode_data, validate, validate_signal
from straks_protocol.messages import CLIENT_TYPES, SERVER_TYPES
from straks_protocol.wire import to_wire
from tests.support.vectors import dialogues, expand, load

MESSAGES = load("messages.json")
INVALID = load("invalid.json")
ALL_KINDS = load("kinds.json")

UNREADABLE = {"bad_frame", "unknown_type", "bad_field", "too_large", "too_deep"}


def named(case: Any) -> str:
    return str(case["name"])


def frame_of(case: dict[str, Any]) -> bytes:
    if "text" in case:
        return str(case["text"]).encode()
    if "hex" in case:
        return bytes.fromhex(case["hex"])
    if "parts" in case:
        return "".join(piece * times for piece, times in case["parts"]).encode()
    return b"".join(bytes.fromhex(piece) * times for piece, times in case["hex_parts"])


@pytest.mark.parametrize("case", MESSAGES, ids=named)
def test_valid_frames_are_read_alike_in_both_codecs(case: dict[str, Any]) -> None:
    text, packed = case["json"].encode(), bytes.fromhex(case["msgpack"])
    if case["from"] == "client":
        message: Any = JSON.decode_client(text)
        assert MSGPACK.decode_client(packed) == message
        assert JSON.decode_client(JSON.encode(message)) == message
    else:
        message = JSON.decode_server(text)
        assert MSGPACK.decode_server(packed) == message
        assert JSON.decode_server(JSON.encode(message)) == message
    assert to_wire(message).keys() == case["value"].keys()
    assert JSON.encode(message) == JSON.encode_raw(case["value"])


@pytest.mark.parametrize("case", INVALID, ids=lambda case: f"{case['codec']}: {case['name']}")
def test_invalid_frames_are_refused_with_their_code(case: dict[str, Any]) -> None:
    codec = CODECS[f"straks.v1.{case['codec']}"]
    decode = codec.decode_client if case["from"] == "client" else codec.decode_server
    with pytest.raises(RemoteProtocolError) as caught:
        decode(frame_of(case))
    assert (caught.value.code, caught.value.request_id) == (case["code"], case.get("id"))
    assert case.get("names", "") in caught.value.message
    assert len(caught.value.message) < 300


def test_every_type_of_frame_has_a_vector() -> None:
    shown = {(case["from"], case["value"]["type"]) for case in MESSAGES}
    assert {name for side, name in shown if side == "client"} == set(CLIENT_TYPES)
    assert {name for side, name in shown if side == "server"} == set(SERVER_TYPES)


@pytest.mark.parametrize("codec", ["json", "msgpack"])
def test_every_code_for_unreadable_frames_has_vectors(codec: str) -> None:
    assert {case["code"] for case in INVALID if case["codec"] == codec} == UNREADABLE


@pytest.mark.parametrize("case", ALL_KINDS["valid"], ids=named)
def test_valid_data_is_cleaned(case: dict[str, Any]) -> None:
    clean = validate(case["channel"], case["kind"], expand(case["data"]))
    assert clean == expand(case["clean"])
    assert validate(case["channel"], case["kind"], clean) == clean, "clean data stays as it is"
    encoded = encode_data(case["channel"], case["kind"], expand(case["data"]))
    assert orjson.loads(encoded) == clean


@pytest.mark.parametrize("case", ALL_KINDS["invalid"], ids=named)
def test_invalid_data_is_refused_with_its_code(case: dict[str, Any]) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        validate(case["channel"], case["kind"], expand(case["data"]))
    assert caught.value.code == case["code"]
    assert case["names"] in caught.value.message


def test_every_kind_has_vectors() -> None:
    shown = {(case["channel"], case["kind"]) for case in ALL_KINDS["valid"]}
    assert shown >= set(KINDS)
    assert set(ALL_KINDS["expect_required"]) == EXPECT_REQUIRED


@pytest.mark.parametrize("case", ALL_KINDS["valid_signals"], ids=named)
def test_valid_signals_are_cleaned(case: dict[str, Any]) -> None:
    assert validate_signal(case["channel"], case["kind"], case.get("data")) == case["clean"]


@pytest.mark.parametrize("case", ALL_KINDS["invalid_signals"], ids=named)
def test_invalid_signals_are_refused_with_their_code(case: dict[str, Any]) -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        validate_signal(case["channel"], case["kind"], case.get("data"))
    assert caught.value.code == case["code"]
    assert case["names"] in caught.value.message


def test_dialogues_send_only_frames_that_a_client_may_send_or_that_they_expect_errors_for() -> None:
    """A slip of the pen in a script would otherwise look like a fault of the server."""
    known = set(CLIENT_TYPES) | {"dance"}
    for dialogue in dialogues():
        assert dialogue.steps, dialogue.name
        for step in dialogue.steps:
            if "send" in step or "repeat" in step:
                assert step["frame"]["type"] in known, (dialogue.name, step)
            for frame in [step.get("frame", {}), *step.get("frames", [])]:
                if frame.get("type") == "error":
                    assert frame["code"] in set(ErrorCode), (dialogue.name, step)

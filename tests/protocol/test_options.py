"""Addresses are completed, codecs are found by name."""

from __future__ import annotations

import pytest

from straks_client.options import codec_named, socket_url
from straks_protocol import JSON, MSGPACK


@pytest.mark.parametrize(
    ("given", "completed"),
    [
        ("http://127.0.0.1:8080", "ws://127.0.0.1:8080/v1/socket"),
        ("https://chat.example.com/", "wss://chat.example.com/v1/socket"),
        ("ws://a/v1/socket", "ws://a/v1/socket"),
        ("wss://a/chat/v1/socket", "wss://a/chat/v1/socket"),
    ],
)
def test_an_address_is_completed(given: str, completed: str) -> None:
    assert socket_url(given) == completed


@pytest.mark.parametrize("wrong", ["", "chat.example.com", "ftp://a", "http:///v1/socket"])
def test_what_is_no_address_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="not the address"):
        socket_url(wrong)


def test_codecs_have_short_names() -> None:
    assert codec_named("json") is codec_named("straks.v1.json") is JSON
    assert codec_named("msgpack") is MSGPACK
    with pytest.raises(ValueError, match=r"straks\.v1\.msgpack"):
        codec_named("xml")

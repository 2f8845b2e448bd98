"""Errors say whose fault it was."""

from __future__ import annotations

from straks_protocol import ErrorCode, LocalProtocolError, ProtocolError, RemoteProtocolError


def test_the_two_sides_have_their_own_errors() -> None:
    assert issubclass(LocalProtocolError, ProtocolError)
    assert issubclass(RemoteProtocolError, ProtocolError)
    assert not issubclass(RemoteProtocolError, LocalProtocolError)


def test_a_remote_error_carries_what_to_answer() -> None:
    error = RemoteProtocolError(ErrorCode.BAD_FIELD, "id: is missing", 7)
    assert (error.code, error.message, error.request_id) == ("bad_field", str(error), 7)

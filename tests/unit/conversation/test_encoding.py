"""What is kept of an entry's data."""

from __future__ import annotations

from typing import Any

import pytest

from straks.conversation.encoding import encode
from straks.conversation.errors import RefusedError
from straks_protocol import ErrorCode


def test_unknown_fields_and_nulls_are_left_out() -> None:
    assert encode("conversation", "message", {"text": "Hi", "page": None, "x": 1}) == (
        b'{"text":"Hi"}'
    )


@pytest.mark.parametrize(
    ("place", "kind", "data", "code"),
    [
        ("conversation", "shout", {}, ErrorCode.UNKNOWN_KIND),
        ("conversation", "message", {}, ErrorCode.BAD_DATA),
        ("conversation", "message", {"text": "x" * 10_001}, ErrorCode.TOO_LARGE),
        ("app", "reading", {"at": b"bytes are no JSON"}, ErrorCode.BAD_DATA),
        ("app", "reading", {"at": "\ud800"}, ErrorCode.BAD_DATA),
        ("conversation", "message", {"text": "a\ud800b"}, ErrorCode.BAD_DATA),
    ],
)
def test_refuses(place: str, kind: str, data: dict[str, Any], code: ErrorCode) -> None:
    with pytest.raises(RefusedError) as refused:
        encode(place, kind, data)
    assert refused.value.code is code

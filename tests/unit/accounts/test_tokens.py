"""Signed tokens: what is read back, what is refused."""

from __future__ import annotations

import base64
import json

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from straks.accounts.tokens import SocketClaims, Tokens, VisitorClaims
from straks.clock import ManualClock
from straks.conversation.errors import RefusedError
from straks_protocol import ErrorCode

KEY = b"k" * 32
LIFE = 3600


@pytest.fixture
def tokens(clock: ManualClock) -> Tokens:
    return Tokens(KEY, clock, visitor_life=LIFE)


def visitor(tokens: Tokens) -> VisitorClaims:
    return VisitorClaims(
        visitor="v1",
        origin="https://shop.example",
        family="f1",
        generation=2,
        issued_at=tokens.now(),
    )


SOCKET = SocketClaims(agent="a1", session="s1", origin="http://127.0.0.1:8080")


def refusal(tokens: Tokens, token: str) -> ErrorCode:
    with pytest.raises(RefusedError) as refused:
        tokens.read(token)
    return refused.value.code


def test_claims_come_back_as_they_went(tokens: Tokens) -> None:
    assert tokens.read(tokens.issue_visitor(visitor(tokens))) == visitor(tokens)
    assert tokens.read(tokens.issue_socket(SOCKET)) == SOCKET


def test_tokens_expire(tokens: Tokens, clock: ManualClock) -> None:
    long, short = tokens.issue_visitor(visitor(tokens)), tokens.issue_socket(SOCKET)
    clock.advance(59)
    tokens.read(short)
    clock.advance(1)
    assert refusal(tokens, short) is ErrorCode.TOKEN_EXPIRED
    tokens.read(long)
    clock.advance(LIFE - 60)
    assert refusal(tokens, long) is ErrorCode.TOKEN_EXPIRED


def test_another_key_and_no_signature_are_invalid(tokens: Tokens, clock: ManualClock) -> None:
    other = Tokens(b"o" * 32, clock, visitor_life=LIFE)
    assert refusal(tokens, other.issue_socket(SOCKET)) is ErrorCode.TOKEN_INVALID
    payload = {"typ": "socket", "sub": "a", "sid": "s", "org": None, "iat": 1, "exp": 9**12}
    unsigned = jwt.encode(payload, "", algorithm="none")
    assert refusal(tokens, unsigned) is ErrorCode.TOKEN_INVALID


@pytest.mark.parametrize(
    "change",
    [
        {"typ": "other"},
        {"typ": None},
        {"sub": 7},
        {"sub": None},
        {"gen": "2"},
        {"exp": "soon"},
        {"exp": None},
        {"iat": None},
        {"fam": None},
        {"org": 5},
    ],
)
def test_a_signed_token_with_other_claims_is_invalid(
    tokens: Tokens, change: dict[str, object]
) -> None:
    payload: dict[str, object] = {
        "typ": "visitor", "sub": "v", "org": None, "fam": "f", "gen": 2, "iat": 1, "exp": 9**12,
    }  # fmt: skip
    changed = {name: value for name, value in (payload | change).items() if value is not None}
    body = json.dumps(changed)
    token = jwt.api_jws.encode(body.encode(), KEY, algorithm="HS256")
    assert refusal(tokens, token) is ErrorCode.TOKEN_INVALID


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"text"', b"\xff"])
def test_a_signed_token_without_claims_is_invalid(tokens: Tokens, body: bytes) -> None:
    token = jwt.api_jws.encode(body, KEY, algorithm="HS256")
    assert refusal(tokens, token) is ErrorCode.TOKEN_INVALID


def test_tokens_are_what_others_take_for_jwt(tokens: Tokens) -> None:
    token = tokens.issue_visitor(visitor(tokens))
    # The clock of the tests is not of these days.
    payload = jwt.decode(token, KEY, algorithms=["HS256"], options={"verify_exp": False})
    assert payload["sub"] == "v1"


@settings(max_examples=200)
@given(st.text(max_size=200))
def test_any_other_text_is_invalid(text: str) -> None:
    tokens = Tokens(KEY, ManualClock(), visitor_life=LIFE)
    assert refusal(tokens, text) is ErrorCode.TOKEN_INVALID


@settings(max_examples=100)
@given(st.data())
def test_a_token_with_one_byte_changed_is_invalid(data: st.DataObject) -> None:
    tokens = Tokens(KEY, ManualClock(), visitor_life=LIFE)
    parts = tokens.issue_socket(SOCKET).split(".")
    which = data.draw(st.integers(0, 2))
    raw = bytearray(base64.urlsafe_b64decode(parts[which] + "=" * (-len(parts[which]) % 4)))
    raw[data.draw(st.integers(0, len(raw) - 1))] ^= data.draw(st.integers(1, 255))
    parts[which] = base64.urlsafe_b64encode(raw).decode().rstrip("=")
    assert refusal(tokens, ".".join(parts)) is ErrorCode.TOKEN_INVALID


def test_an_endless_token_is_not_even_decoded(tokens: Tokens) -> None:
    assert refusal(tokens, "a" * 1_000_000) is ErrorCode.TOKEN_INVALID

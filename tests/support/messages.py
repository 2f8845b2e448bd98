"""Hypothesis strategies for every message of the protocol."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from msgspec.structs import fields

from straks_protocol import (
    MAX_NUMBER,
    Answer,
    ClientMessage,
    Closing,
    Entry,
    History,
    Limits,
    Position,
    Principal,
    ServerMessage,
    Subscribe,
)
from straks_protocol.messages import CLIENT_TYPES, SERVER_TYPES

__all__ = ["client_messages", "data", "entries", "principals", "server_messages", "text"]

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
numbers = st.integers(-MAX_NUMBER, MAX_NUMBER) | st.floats(
    -MAX_NUMBER, MAX_NUMBER, allow_nan=False, allow_infinity=False
)
leaves = st.none() | st.booleans() | numbers | text
data = st.dictionaries(
    text,
    st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(text, inner, max_size=3),
        max_leaves=6,
    ),
    max_size=4,
).filter(lambda found: _depth(found) <= 7)
ids = st.integers(1, MAX_NUMBER)
offsets = st.integers(0, MAX_NUMBER)
seconds = st.floats(0, 1e6)
channels = st.from_regex(r"\A(conversation|desk|inbox|app):[A-Za-z0-9_-]{1,64}\Z")
languages = st.sampled_from(["en", "nb", "pt-BR", "zh-Hant-TW"])
principals = st.builds(
    Principal,
    kind=st.sampled_from(["visitor", "agent", "app", "server"]),
    id=text,
    name=st.none() | text,
)
positions = st.builds(Position, offset=offsets, id=text)
entries = st.builds(
    Entry,
    offset=ids,
    id=text,
    at=offsets,
    sender=principals,
    kind=text,
    data=data,
    key=st.none() | text,
)
_limits = st.builds(
    Limits,
    frame=ids,
    text=ids,
    depth=ids,
    subscriptions=ids,
    page=ids,
    publish_rate=seconds,
    publish_burst=ids,
)
_answers = st.builds(Answer, answer=text, title=text, score=st.floats(0, 1))

_BY_NAME: dict[str, st.SearchStrategy[Any]] = {
    "id": ids,
    "offset": ids,
    "expect": ids,
    "before": offsets,
    "state_offset": offsets,
    "code": text,
    "channel": channels,
    "key": st.uuids().map(str),
    "lang": languages,
    "limit": st.integers(1, 10_000),
    "data": data,
    "kind": st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=64),
    "sender": principals,
    "principal": principals,
    "by": principals,
    "members": st.lists(principals, max_size=3),
    "entry": entries,
    "entries": st.lists(entries, max_size=3),
    "position": positions,
    "limits": _limits,
    "answers": st.lists(_answers, max_size=3),
    "heartbeat": seconds,
    "retry_after": seconds,
    "reconnect_after": seconds,
    "duplicate": st.booleans(),
    "recovered": st.booleans(),
    "more": st.booleans(),
    "available": st.booleans(),
}
_SPECIAL: dict[tuple[type, str], st.SearchStrategy[Any]] = {
    (Closing, "code"): ids,
    (Subscribe, "after"): positions,
    (History, "after"): offsets,
}


def _depth(value: Any) -> int:
    if isinstance(value, dict):
        value = list(value.values())
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


def _message(cls: type[Any]) -> st.SearchStrategy[Any]:
    parts = {}
    for field in fields(cls):
        strategy = _SPECIAL.get((cls, field.name), _BY_NAME.get(field.name, text))
        parts[field.name] = st.none() | strategy if field.default is None else strategy
    if cls is History:  # one direction at a time
        return st.builds(cls, **(parts | {"after": st.none()})) | st.builds(
            cls, **(parts | {"before": st.none()})
        )
    return st.builds(cls, **parts)


client_messages: st.SearchStrategy[ClientMessage] = st.one_of(
    [_message(cls) for cls in CLIENT_TYPES.values()]
)
server_messages: st.SearchStrategy[ServerMessage] = st.one_of(
    [_message(cls) for cls in SERVER_TYPES.values()]
)

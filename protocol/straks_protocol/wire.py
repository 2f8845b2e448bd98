"""Wire objects: the plain dictionaries that stand between bytes and messages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, TypeAlias, TypeVar, get_args, get_type_hints

from msgspec import Struct, ValidationError, convert
from msgspec.structs import astuple, fields

from .codes import ErrorCode
from .errors import RemoteProtocolError
from .messages import (
    CLIENT_TYPES,
    SERVER_TYPES,
    Answer,
    ClientMessage,
    Entry,
    Limits,
    Position,
    Principal,
    ServerMessage,
)

__all__ = [
    "MAX_DEPTH",
    "MAX_NUMBER",
    "MAX_SERVER_DEPTH",
    "WireObject",
    "count_strings",
    "describe",
    "from_wire",
    "lift_senders",
    "measure",
    "misshapen",
    "request_id",
    "to_wire",
]

WireObject: TypeAlias = dict[str, Any]
T = TypeVar("T")

MAX_DEPTH: Final = 8
"""Containers in each other in a client's frame, the frame itself included."""
MAX_SERVER_DEPTH: Final = MAX_DEPTH + 2
"""The same for a server's frame: ``data`` lies two deeper there, in an entry of a list."""
MAX_NUMBER: Final = 2**53 - 1
"""Every number lies between minus this and this: what all languages hold exactly."""


# --- reading ------------------------------------------------------------------------------


def measure(obj: WireObject | list[Any], max_depth: int) -> int:
    """Check depth and leaves of a decoded object; return how many strings it holds, keys included.

    Raises:
        RemoteProtocolError: ``too_deep``, ``bad_field`` or ``bad_frame``.
    """
    # It calls itself max_depth times at most, however deep the object is.
    if max_depth == 0:
        raise RemoteProtocolError(ErrorCode.TOO_DEEP, "nested too deeply")
    strings = 0
    values: Iterable[Any] = obj
    if type(obj) is dict:
        strings = len(obj)
        values = obj.values()
    for value in values:
        kind = type(value)
        if kind is str:
            strings += 1
        elif kind is dict or kind is list:
            strings += measure(value, max_depth - 1)
        elif kind is int or kind is float:
            if not -MAX_NUMBER <= value <= MAX_NUMBER:
                raise _bad_number(obj)
        elif value is not None and kind is not bool:
            raise RemoteProtocolError(
                ErrorCode.BAD_FRAME, f"a value of type {kind.__name__} has no place here"
            )
    return strings


def _bad_number(container: WireObject | list[Any]) -> RemoteProtocolError:
    name = "number"
    if type(container) is dict:
        name = next(str(key) for key, found in container.items() if _too_large(found))[:100]
    return RemoteProtocolError(
        ErrorCode.BAD_FIELD, f"{name}: must be a number between -(2^53-1) and 2^53-1"
    )


def _too_large(value: Any) -> bool:
    return type(value) in (int, float) and not -MAX_NUMBER <= value <= MAX_NUMBER


def request_id(obj: WireObject) -> int | None:
    """Return the ``id`` of a request when it has a usable one."""
    value = obj.get("id")
    return value if type(value) is int and 0 < value <= MAX_NUMBER else None


def from_wire(obj: WireObject, types: Mapping[str, type[T]]) -> T:
    """Make the message that an object stands for.

    Raises:
        RemoteProtocolError: ``unknown_type``, ``bad_field`` or ``too_large``.
    """
    name = obj.get("type")
    try:
        cls = types[name]  # type: ignore[index]  # a wrong type of name is handled below
    except (KeyError, TypeError):
        raise _unknown(obj, name) from None
    try:
        message = convert(obj, cls)
    except ValidationError as error:
        code, text = describe(str(error))
        raise RemoteProtocolError(code, text, request_id(obj)) from None
    if field := misshapen(message):
        raise RemoteProtocolError(
            ErrorCode.BAD_FIELD, f"{field}: {_SHAPES[field]}", request_id(obj)
        )
    return message


def misshapen(message: Any) -> str:
    """Name the first field of a message that has not the form it must have."""
    for field, matches in _PATTERNS[type(message)]:
        if matches(getattr(message, field)) is None:
            return field
    return ""


def count_strings(message: Struct) -> int:
    """Count the strings of the frame that holds a client's message alone, as :func:`measure` does.

    Returns 0 for a message with structs in it, which nobody needs to count.

    Raises:
        RemoteProtocolError: as :func:`measure`.
    """
    strings = 2  # "type" and its value
    for value in astuple(message):
        kind = type(value)
        if kind is str:
            strings += 2
        elif kind is int:
            strings += 1
        elif kind is dict:
            strings += 1 + measure(value, MAX_DEPTH - 1)
        elif value is not None:
            return 0
    return strings


def _unknown(obj: WireObject, name: object) -> RemoteProtocolError:
    if name is None:
        return RemoteProtocolError(ErrorCode.BAD_FIELD, "type: is missing", request_id(obj))
    if type(name) is not str:
        return RemoteProtocolError(ErrorCode.BAD_FIELD, "type: must be a string", request_id(obj))
    what = "is not sent by this side" if name in CLIENT_TYPES or name in SERVER_TYPES else "unknown"
    return RemoteProtocolError(
        ErrorCode.UNKNOWN_TYPE, f"type: {name[:40]!r} {what}", request_id(obj)
    )


_PATH: Final = re.compile(r" - at (?P<key>`key` in )?`\$\.?(?P<path>[^`]*)`$")
_MISSING: Final = re.compile(r"^Object missing required field `(?P<name>\w+)`$")
_SHAPES: Final = {
    "channel": "must be conversation:ID, desk:ID, inbox:TEAM or app:NAME",
    "key": "must be a UUID in lower-case text form",
    "lang": "must be a BCP 47 language tag",
    "text": "must have something to see in it, and no U+0000",
    "url": "must be an http or https address",
    "email": "must be an e-mail address",
    "name": "must be one line with something to see in it",
}


def describe(text: str) -> tuple[ErrorCode, str]:
    """Turn msgspec's words into the error code and the message that a peer gets."""
    found = _PATH.search(text)
    path = found["path"] if found else ""
    if found:
        text = text[: found.start()]
    if missing := _MISSING.match(text):
        whole = f"{path}.{missing['name']}" if path else missing["name"]
        return ErrorCode.BAD_FIELD, f"{_named(whole)}: is missing"
    code = ErrorCode.TOO_LARGE if "of length <=" in text else ErrorCode.BAD_FIELD
    if found and found["key"]:
        text = "a name in it is none, or too long"
    elif "matching regex" in text:
        text = _SHAPES.get(path.rpartition(".")[2], "has a wrong form")
    text = text.replace("`", "").replace("Expected ", "must be ")
    return code, f"{_named(path)}: {text}" if path else text


def _patterns(cls: type[Any]) -> tuple[tuple[str, Callable[[str], object]], ...]:
    return tuple(
        (name, part.match)
        for name, hint in get_type_hints(cls, include_extras=True).items()
        for part in get_args(hint)
        if isinstance(part, re.Pattern)
    )


_PATTERNS: Final[dict[type, tuple[tuple[str, Callable[[str], object]], ...]]] = {
    cls: _patterns(cls) for cls in (*CLIENT_TYPES.values(), *SERVER_TYPES.values())
}
"""By class, the required fields that have a form, and what tells it."""


def _named(path: str) -> str:
    """Undo what :func:`_lift` renamed."""
    return re.sub(r"(^|\.)sender\b", r"\1from", path)


def lift_senders(obj: WireObject) -> WireObject:
    """Rename ``from`` to ``sender`` in a server's frame, in a copy of what has to change."""
    kind = obj.get("type")
    if kind == "entry":
        return {**obj, "entry": _lift(obj.get("entry"))}
    if kind in ("subscribed", "history") and isinstance(entries := obj.get("entries"), list):
        return {**obj, "entries": [_lift(entry) for entry in entries]}
    if kind in ("signal", "read"):
        return _lift(obj)  # type: ignore[no-any-return]  # a dict goes in, a dict comes out
    return obj


def _lift(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    lifted = {key: found for key, found in value.items() if key not in ("from", "sender")}
    if "from" in value:
        lifted["sender"] = value["from"]
    return lifted


# --- writing ------------------------------------------------------------------------------


def to_wire(message: ClientMessage | ServerMessage) -> WireObject:
    """Make the object that stands for a message; fields that are None are left out."""
    name, plan = _PLANS[type(message)]
    obj: WireObject = {"type": name}
    for attribute, key in plan:
        value = getattr(message, attribute)
        if value is not None:
            nested = _NESTED.get(type(value))
            obj[key] = value if nested is None else nested(value)
    return obj


def _plan(cls: type[Any]) -> tuple[tuple[str, str], ...]:
    return tuple((f.name, "from" if f.name == "sender" else f.name) for f in fields(cls))


def _nested(cls: type[Any]) -> Callable[[Any], WireObject]:
    plan = _plan(cls)

    def part(value: Any) -> WireObject:
        obj: WireObject = {}
        for attribute, key in plan:
            found = getattr(value, attribute)
            if found is not None:
                nested = _NESTED.get(type(found))
                obj[key] = found if nested is None else nested(found)
        return obj

    return part


def _list(values: list[Any]) -> list[Any]:
    return [_NESTED[type(value)](value) for value in values]


_PLANS: Final[dict[type, tuple[str, tuple[tuple[str, str], ...]]]] = {
    cls: (name, _plan(cls)) for name, cls in [*CLIENT_TYPES.items(), *SERVER_TYPES.items()]
}
_NESTED: Final[dict[type, Callable[[Any], Any]]] = {
    **{cls: _nested(cls) for cls in (Answer, Entry, Limits, Position, Principal)},
    list: _list,
}

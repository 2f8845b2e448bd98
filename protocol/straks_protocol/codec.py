"""The two codecs: messages to bytes, bytes to checked messages."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Final

import msgpack
import orjson
from msgspec import DecodeError
from msgspec.json import Decoder

from .codes import ErrorCode
from .errors import LocalProtocolError, RemoteProtocolError
from .messages import (
    CLIENT_TYPES,
    SERVER_TYPES,
    ClientMessage,
    Open,
    Publish,
    ServerMessage,
    Signal,
)
from .wire import (
    MAX_DEPTH,
    MAX_SERVER_DEPTH,
    WireObject,
    count_strings,
    from_wire,
    lift_senders,
    measure,
    misshapen,
    request_id,
    to_wire,
)

__all__ = ["CODECS", "JSON", "MAX_DEPTH", "MSGPACK", "Codec"]


class Codec(ABC):
    """One way to write the protocol's objects as bytes."""

    # A base class, not a Protocol: compiled code calls it without looking names up.

    name: str
    """The WebSocket subprotocol that stands for this codec."""
    binary: bool
    """Whether frames are binary rather than text."""

    @abstractmethod
    def decode_client(self, data: bytes) -> ClientMessage:
        """Read what a client sent.

        Raises:
            RemoteProtocolError: it is not a frame that a client may send.
        """
        ...

    @abstractmethod
    def decode_server(self, data: bytes) -> ServerMessage:
        """Read what a server sent.

        Raises:
            RemoteProtocolError: it is not a frame that a server may send.
        """
        ...

    @abstractmethod
    def encode(self, message: ClientMessage | ServerMessage) -> bytes:
        """Write a message.

        Raises:
            LocalProtocolError: its ``data`` holds what the wire cannot carry.
        """
        ...

    @abstractmethod
    def encode_raw(self, obj: dict[str, Any]) -> bytes:
        """Write an object that already has the wire's form (in JSON with ``orjson.Fragment``)."""
        ...


_read_client: Final[Callable[[bytes], ClientMessage]] = Decoder(ClientMessage).decode


class _JSONCodec(Codec):
    """Text frames; RFC 8259, but no name twice in one object."""

    def __init__(self) -> None:
        self.name = "straks.v1.json"
        self.binary = False

    def decode_client(self, data: bytes) -> ClientMessage:
        # Straight into a message takes half the time. But that ignores unknown fields, and names
        # that stand twice: each of them has quotes beyond those of the message's own strings.
        try:
            message = _read_client(data)
            if data.count(b'"') == 2 * count_strings(message) and not misshapen(message):
                return message
        except (DecodeError, UnicodeDecodeError, RecursionError, RemoteProtocolError):
            pass  # The careful way tells what is wrong.
        return self._decode_client_carefully(data)

    def _decode_client_carefully(self, data: bytes) -> ClientMessage:
        return from_wire(self._load(data, MAX_DEPTH), CLIENT_TYPES)

    def decode_server(self, data: bytes) -> ServerMessage:
        return from_wire(lift_senders(self._load(data, MAX_SERVER_DEPTH)), SERVER_TYPES)

    def encode(self, message: ClientMessage | ServerMessage) -> bytes:
        _check_data(message)
        try:
            return orjson.dumps(to_wire(message))
        except orjson.JSONEncodeError as error:
            raise LocalProtocolError(f"cannot be written as JSON: {error}") from None

    def encode_raw(self, obj: dict[str, Any]) -> bytes:
        return orjson.dumps(obj)

    def _load(self, data: bytes, max_depth: int) -> WireObject:
        try:
            obj = orjson.loads(data)
        except orjson.JSONDecodeError as error:
            if "depth" in str(error):
                raise RemoteProtocolError(ErrorCode.TOO_DEEP, "nested too deeply") from None
            raise RemoteProtocolError(ErrorCode.BAD_FRAME, f"not JSON: {error}") from None
        strings = _measure(obj, max_depth)
        # Every string that was kept has two quotes. More quotes than that are escaped ones or
        # belong to a name that stood twice: only then look closely.
        if data.count(b'"') != 2 * strings and _has_twins(data, obj):
            raise RemoteProtocolError(
                ErrorCode.BAD_FRAME, "a name stands twice in one object", request_id(obj)
            )
        return obj  # type: ignore[no-any-return]  # _measure saw that it is a dict


class _MsgpackCodec(Codec):
    """Binary frames; no extension types, names are strings."""

    def __init__(self) -> None:
        self.name = "straks.v1.msgpack"
        self.binary = True

    def decode_client(self, data: bytes) -> ClientMessage:
        return from_wire(self._load(data, MAX_DEPTH), CLIENT_TYPES)

    def decode_server(self, data: bytes) -> ServerMessage:
        return from_wire(lift_senders(self._load(data, MAX_SERVER_DEPTH)), SERVER_TYPES)

    def encode(self, message: ClientMessage | ServerMessage) -> bytes:
        _check_data(message)
        try:
            return self.encode_raw(to_wire(message))
        except (TypeError, ValueError, OverflowError) as error:
            raise LocalProtocolError(f"cannot be written as MessagePack: {error}") from None

    def encode_raw(self, obj: dict[str, Any]) -> bytes:
        return msgpack.packb(obj)  # type: ignore[no-any-return]  # its stubs say Any

    def _load(self, data: bytes, max_depth: int) -> WireObject:
        try:
            obj = msgpack.unpackb(data, object_pairs_hook=_object)
        except msgpack.StackError:
            raise RemoteProtocolError(ErrorCode.TOO_DEEP, "nested too deeply") from None
        except (ValueError, TypeError, msgpack.UnpackException) as error:
            what = str(error) or type(error).__name__
            raise RemoteProtocolError(ErrorCode.BAD_FRAME, f"not MessagePack: {what}") from None
        _measure(obj, max_depth)
        return obj  # type: ignore[no-any-return]  # _measure saw that it is a dict


def _measure(obj: Any, max_depth: int) -> int:
    if type(obj) is not dict:
        raise RemoteProtocolError(ErrorCode.BAD_FRAME, "a frame must be one object")
    try:
        return measure(obj, max_depth)
    except RemoteProtocolError as error:
        error.request_id = request_id(obj)
        raise


_STRING: Final = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')


def _has_twins(data: bytes, obj: WireObject) -> bool:
    """Tell whether a name stood twice in some object of a valid JSON text."""
    names = 0
    stack: list[Any] = [obj]
    while stack:
        container = stack.pop()
        if type(container) is dict:
            names += len(container)
            container = container.values()
        stack.extend(value for value in container if type(value) in (dict, list))
    return _STRING.sub(b"", data).count(b":") != names


def _object(pairs: list[tuple[Any, Any]]) -> WireObject:
    obj = dict(pairs)
    if len(obj) != len(pairs):
        raise ValueError("a name stands twice in one map")
    for name in obj:
        if type(name) is not str:
            raise ValueError("names must be strings")
    return obj


def _check_data(message: ClientMessage | ServerMessage) -> None:
    """Refuse to write numbers, types or depths that the peer must refuse to read."""
    if isinstance(message, (Publish, Open, Signal)) and message.data is not None:
        try:
            measure(message.data, MAX_DEPTH - 1)
        except RemoteProtocolError as error:
            raise LocalProtocolError(f"data: {error}") from None


JSON: Final[Codec] = _JSONCodec()
MSGPACK: Final[Codec] = _MsgpackCodec()
CODECS: Final[dict[str, Codec]] = {codec.name: codec for codec in (JSON, MSGPACK)}
"""By name of the WebSocket subprotocol."""

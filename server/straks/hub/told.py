"""What hubs of different nodes tell each other, as bytes."""

from __future__ import annotations

from typing import Annotated, Any, Final, TypeAlias

import msgspec
from msgspec import Meta, Struct

from straks.hub.remote import MEMBERS, Person
from straks_protocol import CloseCode, RemoteProtocolError
from straks_protocol.channels import parse
from straks_protocol.kinds import validate_signal

__all__ = [
    "MalformedError",
    "Told",
    "ToldEnd",
    "ToldMembers",
    "ToldRead",
    "ToldSignal",
    "decode",
    "decode_note",
    "encode",
    "encode_note",
]

_AGENTS: Final = 10_000
"""Agents of one note at most; those beyond are not told."""

_Sender: TypeAlias = Annotated[
    str, Meta(pattern=r"^(visitor|agent|app|server):.+$", max_length=300)
]
_Name: TypeAlias = Annotated[str, Meta(max_length=1000)]
_Number: TypeAlias = Annotated[int, Meta(ge=1, lt=2**53)]


class ToldSignal(Struct, frozen=True, tag="signal", array_like=True):
    """Somebody types, or looks."""

    sender: _Sender
    name: _Name | None
    kind: Annotated[str, Meta(max_length=64)]
    data: dict[str, Any]


class ToldRead(Struct, frozen=True, tag="read", array_like=True):
    """Somebody has seen everything up to an offset."""

    reader: _Sender
    name: _Name | None
    offset: _Number


class ToldMembers(Struct, frozen=True, tag="members", array_like=True):
    """Who is on a channel of the node that tells.

    ``number`` grows with each such message of one ``run`` of a node. ``asks``: the others are to
    tell theirs.
    """

    run: _Number
    number: _Number
    people: Annotated[list[tuple[_Sender, _Name | None]], Meta(max_length=MEMBERS)]
    asks: bool


class ToldEnd(Struct, frozen=True, tag="end", array_like=True):
    """A session is over: its connections are to be closed with a code."""

    session: Annotated[str, Meta(min_length=1, max_length=300)]
    code: CloseCode


Told: TypeAlias = ToldSignal | ToldRead | ToldMembers | ToldEnd

encode: Final = msgspec.msgpack.Encoder().encode
_decoder: Final = msgspec.msgpack.Decoder(Told)
_note_decoder: Final = msgspec.msgpack.Decoder(
    Annotated[list[Annotated[str, Meta(max_length=300)]], Meta(max_length=_AGENTS)]
)


class MalformedError(ValueError):
    """What another node tells cannot be understood."""


def decode(channel: str, message: bytes) -> Told:
    """Check a message that was told on a channel ("" for all of them).

    Raises:
        MalformedError: it is not one, or has no place there.
    """
    try:
        told: Told = _decoder.decode(message)
        if isinstance(told, ToldEnd) is not (channel == ""):
            raise MalformedError("it was told in the wrong place")
        if isinstance(told, ToldSignal):
            validate_signal(parse(channel).kind, told.kind, told.data)
        return told
    except (msgspec.DecodeError, RemoteProtocolError, UnicodeError, RecursionError) as error:
        raise MalformedError(str(error)) from error


def encode_note(agents: list[Person]) -> bytes:
    """Write down which agents are online on this node."""
    return encode(sorted(sender for sender, _ in agents)[:_AGENTS])


def decode_note(note: bytes) -> list[str]:
    """Read which agents are online on another node; an empty note names nobody.

    Raises:
        MalformedError: it is not such a note.
    """
    try:
        return _note_decoder.decode(note) if note else []
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise MalformedError(str(error)) from error

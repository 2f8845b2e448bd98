"""What each kind of entry carries in its ``data``."""

from __future__ import annotations

import re
from typing import Annotated, Any, Final, Literal, TypeAlias

import orjson
from msgspec import Meta, Struct, ValidationError, convert, field, to_builtins
from msgspec.json import Encoder

from .codes import ErrorCode
from .errors import RemoteProtocolError
from .messages import Before, Lang, Offset
from .shapes import (
    MAX_TEXT,
    Comment,
    Email,
    FactName,
    Facts,
    FactValue,
    Html,
    Label,
    Line,
    Name,
    Preview,
    TagName,
    Text,
    Url,
    Word,
)
from .wire import describe

__all__ = [
    "EXPECT_REQUIRED",
    "KINDS",
    "MAX_TEXT",
    "AnswerData",
    "AskHuman",
    "AssignReason",
    "Choice",
    "Close",
    "Contact",
    "Data",
    "Details",
    "Empty",
    "Expert",
    "Feedback",
    "FormField",
    "GuideStep",
    "Message",
    "Note",
    "Page",
    "Rate",
    "State",
    "StepDone",
    "Summary",
    "SummaryAgent",
    "SummaryVisitor",
    "Tag",
    "Transfer",
    "encode_data",
    "validate",
    "validate_signal",
]

State: TypeAlias = Literal["self_service", "waiting", "with_agent", "closed"]


class Data(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is checked is written without its nulls."""


class _Reachable(Struct, frozen=True, kw_only=True):
    """The facts by which somebody is reached and called: they have a form of their own."""

    email: Email | None = None
    name: Name | None = None


def _check_reachable(field_name: str, facts: dict[str, str]) -> None:
    if "email" in facts or "name" in facts:
        try:
            convert(facts, _Reachable)
        except ValidationError:
            raise ValueError(f"{field_name}: 'email' or 'name' in it cannot be one") from None


class Page(Data, frozen=True, kw_only=True):
    """The page that a visitor is on; only http and https."""

    url: Url
    title: Line | None = None


class Message(Data, frozen=True, kw_only=True):
    """What a person or a bot says; also the ``data`` of ``open``."""

    text: Text
    page: Page | None = None
    lang: Lang | None = None
    known: Facts | None = None
    """What the page says it knows of the visitor: nobody asks them for it."""
    expert: bool | None = None
    """Whether the page says that the visitor is an expert."""
    read: Annotated[list[Word], Meta(max_length=20)] | None = None
    """The answers that the visitor has read already."""

    def __post_init__(self) -> None:
        if self.known is not None:
            _check_reachable("known", self.known)


class Choice(Data, frozen=True, kw_only=True):
    """One of several answers that may be meant."""

    answer: Word
    title: Line


class GuideStep(Data, frozen=True, kw_only=True):
    """A step of a guide."""

    title: Line | None = None
    text: Text
    html: Html


class FormField(Data, frozen=True, kw_only=True):
    """What an answer asks for; never what is known."""

    name: FactName
    label: Label
    type: Literal["text", "email", "tel", "number", "date"]
    value: FactValue | None = None
    """What it probably is: filled in beforehand."""
    optional: bool | None = None


class AnswerData(Data, frozen=True, kw_only=True):
    """A canned answer to the entry at ``question``; ``answer`` is None when none is known."""

    question: Offset
    answer: Word | None = field(default_factory=lambda: None)
    """Unlike other fields, it is written where it is null: that says something."""
    title: Line | None = None
    text: Text | None = None
    html: Html | None = None
    lang: Lang | None = None
    score: Annotated[float, Meta(ge=0, le=1)]
    tags: Annotated[list[TagName], Meta(max_length=20)] | None = None
    buttons: Annotated[list[Label], Meta(min_length=1, max_length=6)] | None = None
    """What the visitor may say to it by pressing a button."""
    choices: Annotated[list[Choice], Meta(min_length=2, max_length=4)] | None = None
    """Answers that may be meant, where none is clearly the right one."""
    steps: Annotated[list[GuideStep], Meta(min_length=1, max_length=20)] | None = None
    """A guide: ``text`` and ``html`` are what stands before its first step."""
    form: Annotated[list[FormField], Meta(min_length=1, max_length=10)] | None = None

    def __post_init__(self) -> None:
        if self.answer is None:
            for name in ("text", "html", "steps", "form"):
                if getattr(self, name) is not None:
                    raise ValueError(f"{name}: an answer that is not known has none")
        elif self.choices is not None:
            raise ValueError("choices: an answer that is known leaves none")


class Feedback(Data, frozen=True, kw_only=True):
    """Whether the answer at the offset ``answer`` helped; of several about one the last counts."""

    answer: Offset
    helped: bool


class StepDone(Data, frozen=True, kw_only=True):
    """How many steps of the guide at the offset ``answer`` are done; the last says it."""

    answer: Offset
    step: Annotated[int, Meta(ge=0, le=20)]


class Details(Data, frozen=True, kw_only=True):
    """Facts about the visitor: what they filled in, or what is known from earlier."""

    answer: Offset | None = None
    """The answer whose form was filled in."""
    fields: Annotated[dict[FactName, FactValue], Meta(min_length=1, max_length=20)]

    def __post_init__(self) -> None:
        _check_reachable("fields", self.fields)


class Expert(Data, frozen=True, kw_only=True):
    """Why somebody counts as an expert."""

    score: Annotated[float, Meta(ge=0, le=1)]
    reasons: Annotated[list[Line], Meta(min_length=1, max_length=10)]


class AskHuman(Data, frozen=True, kw_only=True):
    """A person is wished for; ``expert``: by one who knows, and why."""

    question: Offset | None = None
    """The message that it is the reply to, where a program asks."""
    expert: Expert | None = None


class Contact(Data, frozen=True, kw_only=True):
    """How the visitor can be reached; at least one of the two."""

    email: Email | None = None
    name: Name | None = None

    def __post_init__(self) -> None:
        if self.email is None and self.name is None:
            raise ValueError("email, name: give at least one of them")


class Transfer(Data, frozen=True, kw_only=True):
    """To whom the conversation goes: exactly one of the two."""

    team: Word | None = None
    agent: Word | None = None

    def __post_init__(self) -> None:
        if (self.team is None) == (self.agent is None):
            raise ValueError("team, agent: give exactly one of them")


class Close(Data, frozen=True, kw_only=True):
    reason: Line | None = None


class Rate(Data, frozen=True, kw_only=True):
    """What the visitor thought of it."""

    stars: Annotated[int, Meta(ge=1, le=5)]
    comment: Comment | None = None


class Empty(Data, frozen=True, kw_only=True):
    """``accept`` and ``reopen`` carry nothing."""


class Note(Data, frozen=True, kw_only=True):
    """What agents tell each other beside the conversation."""

    text: Text


class Tag(Data, frozen=True, kw_only=True):
    """A tag that is put on a conversation, or taken off."""

    tag: TagName
    on: bool


class AssignReason(Data, frozen=True, kw_only=True):
    """Why the server gave the conversation to somebody."""

    text: Text


class SummaryVisitor(Data, frozen=True, kw_only=True):
    id: Word
    name: Name | None = None
    email: Email | None = None


class SummaryAgent(Data, frozen=True, kw_only=True):
    id: Word
    name: Name | None = None


class Summary(Data, frozen=True, kw_only=True):
    """A conversation as an inbox shows it; times are milliseconds since 1970-01-01 UTC."""

    id: Word
    state: State
    state_offset: Offset
    visitor: SummaryVisitor
    agent: SummaryAgent | None = None
    team: Word
    preview: Preview
    lang: Lang | None = None
    page: Page | None = None
    expert: bool | None = None
    opened_at: Before
    waiting_since: Before | None = None
    updated_at: Before
    offset: Offset


KINDS: Final[dict[tuple[str, str], type[Data]]] = {
    ("conversation", "message"): Message,
    ("conversation", "answer"): AnswerData,
    ("conversation", "feedback"): Feedback,
    ("conversation", "step"): StepDone,
    ("conversation", "details"): Details,
    ("conversation", "ask_human"): AskHuman,
    ("conversation", "contact"): Contact,
    ("conversation", "accept"): Empty,
    ("conversation", "transfer"): Transfer,
    ("conversation", "close"): Close,
    ("conversation", "reopen"): Empty,
    ("conversation", "rate"): Rate,
    ("desk", "note"): Note,
    ("desk", "tag"): Tag,
    ("desk", "assign_reason"): AssignReason,
    ("inbox", "conversation"): Summary,
}
"""By kind of channel and kind of entry; ``app:`` channels take any object."""

EXPECT_REQUIRED: Final = frozenset({"answer", "accept", "transfer", "close", "reopen"})
"""Kinds of ``conversation:`` that must say which state they were decided on."""

_APP_KIND: Final = re.compile(r"[a-z][a-z0-9_.]{0,63}")
_encode: Final = Encoder().encode


def validate(channel_kind: str, kind: str, data: dict[str, Any]) -> dict[str, Any]:
    """Check the data of an entry; return it without unknown fields and without nulls.

    Raises:
        RemoteProtocolError: ``unknown_kind``, ``bad_data`` or ``too_large``, with a message that
            names the field.
    """
    clean: dict[str, Any] = to_builtins(_checked(channel_kind, kind, data))
    return clean


def encode_data(channel_kind: str, kind: str, data: dict[str, Any]) -> bytes:
    """Check the data of an entry; return as JSON what :func:`validate` returns.

    Raises:
        RemoteProtocolError: as :func:`validate`.
        TypeError, UnicodeError: there is something in it that is not JSON.
    """
    checked = _checked(channel_kind, kind, data)
    if type(checked) is dict:  # msgspec would make JSON of what is none
        # What orjson gives holds on to 4 KiB of memory, its copy does not: entries are kept.
        return bytes(memoryview(orjson.dumps(checked)))
    return _encode(checked)


def _checked(channel_kind: str, kind: str, data: dict[str, Any]) -> Struct | dict[str, Any]:
    cls = KINDS.get((channel_kind, kind))
    if cls is None:
        if channel_kind == "app" and _APP_KIND.fullmatch(kind):
            return data
        raise RemoteProtocolError(
            ErrorCode.UNKNOWN_KIND, f"kind: {kind[:64]!r} has no place on {channel_kind}: channels"
        )
    try:
        return convert(data, cls)
    except ValidationError as error:
        code, message = describe(str(error))
        code = ErrorCode.TOO_LARGE if code is ErrorCode.TOO_LARGE else ErrorCode.BAD_DATA
        raise RemoteProtocolError(code, f"data.{message}") from None


def validate_signal(channel_kind: str, kind: str, data: dict[str, Any] | None) -> dict[str, Any]:
    """Check a signal; return its whole data, defaults filled in.

    Raises:
        RemoteProtocolError: ``unknown_kind`` or ``bad_data``.
    """
    if not (kind == "typing" and channel_kind in ("conversation", "desk")) and not (
        kind == "viewing" and channel_kind == "desk"
    ):
        raise RemoteProtocolError(
            ErrorCode.UNKNOWN_KIND, f"kind: {kind[:64]!r} is no signal on {channel_kind}: channels"
        )
    on = True if data is None else data.get("on", True)
    if type(on) is not bool:
        raise RemoteProtocolError(ErrorCode.BAD_DATA, "data.on: must be true or false")
    return {"on": on}

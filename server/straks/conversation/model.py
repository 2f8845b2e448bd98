"""What the entries of a conversation say about it, taken together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final, NamedTuple, Self

import orjson

from straks.log.log import Entry
from straks_protocol import Principal

__all__ = [
    "DEFAULT_TEAM",
    "MOST_REPLIED",
    "PREVIEW_LENGTH",
    "Conversation",
    "Form",
    "State",
    "fold",
]

DEFAULT_TEAM: Final = "default"
PREVIEW_LENGTH: Final = 140
"""Characters of the last thing said that an inbox shows."""

_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_MOST_FACTS: Final = 100
"""Facts about a visitor that are kept: the last said, and how they are reached and called."""
_REACHED: Final = frozenset({"email", "name"})
_QUESTION: Final = b'{"question":'
MOST_REPLIED: Final = 64
"""Questions that are remembered to have their reply: more do not wait for one at a time."""
_MOST_UNHELPFUL: Final = 20
_MOST_FORMS: Final = 20
"""Forms that are kept; who fills in an earlier one gets no answer for it."""
_KEPT_RAW: Final = 600
"""Bytes of a message up to which the preview is cut out only when somebody asks for it."""


class State(StrEnum):
    """Where a conversation stands (PROTOCOL.md §5)."""

    SELF_SERVICE = "self_service"
    WAITING = "waiting"
    WITH_AGENT = "with_agent"
    CLOSED = "closed"


class Form(NamedTuple):
    """An answer that asked for something."""

    answer: str
    lang: str
    sender: str
    filled: frozenset[str]
    """The fields that it filled in beforehand."""


_NO_FORMS: Final[Mapping[int, Form]] = MappingProxyType({})


@dataclass(slots=True, kw_only=True)
class Conversation:
    """The fold of a conversation's entries up to ``last_offset``.

    It changes in place: whoever was given one by the service reads it and never writes it.
    Times are milliseconds since the epoch.
    """

    id: str
    owners: tuple[str, ...]
    """The visitors (``visitor:id``) whose conversation it is."""
    opened_at: int
    updated_at: int
    last_offset: int
    last_id: str
    state: State = State.SELF_SERVICE
    state_before: State | None = None
    """The state that ``reopen`` goes back to; only while closed."""
    state_offset: int = 1
    agent: Principal | None = None
    """The agent it is with; while closed, the one it was with."""
    team: str = DEFAULT_TEAM
    waiting_since: int | None = None
    visitor_name: str | None = None
    visitor_email: str | None = None
    lang: str | None = None
    page: dict[str, Any] | None = None
    facts: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    """What is known of the visitor: from the page, from forms, from earlier conversations."""
    earlier: frozenset[str] = frozenset()
    """The names of those facts that only earlier conversations have said."""
    forms: Mapping[int, Form] = field(default_factory=lambda: _NO_FORMS)
    """The last answers that asked for something, by their offset."""
    expert: bool = False
    """Whether it was given to a person at once, as one of somebody who knows."""
    replied: tuple[int, ...] = ()
    """The questions, by offset, that have their reply, in rising order; the last few of them."""
    unhelpful: tuple[int, ...] = ()
    """The answers, by offset, that did not help the visitor; the last few of them."""
    offered: bytes = b""
    """The data of the last ``answer`` that left a choice between several."""
    said: bytes | str = b""
    """The data of the last message, or the preview already cut out of it."""

    @classmethod
    def begin(cls, entry: Entry) -> Self:
        """Make the conversation that ``entry``, its first, opens."""
        opened = cls(
            id=entry.channel.partition(":")[2],
            owners=(entry.sender,) if entry.sender.startswith("visitor:") else (),
            opened_at=entry.at,
            updated_at=entry.at,
            last_offset=entry.offset,
            last_id=entry.id,
            state_offset=entry.offset,
        )
        _message(opened, entry)
        return opened

    def apply(self, entry: Entry) -> None:
        """Take in the entry that follows ``last_offset``.

        Raises:
            ValueError: it is another one.
        """
        if entry.offset != self.last_offset + 1:
            raise ValueError(f"entry {entry.offset} does not follow {self.last_offset}")
        self.last_offset = entry.offset
        self.last_id = entry.id
        self.updated_at = entry.at
        if entry.advances:
            self.state_offset = entry.offset
        effect = _EFFECTS.get(entry.kind)
        if effect is not None:
            effect(self, entry)

    def has_reply(self, question: int) -> bool:
        """Tell whether the message at the offset ``question`` has its reply already."""
        if question in self.replied:
            return True
        # What is older than all that is remembered was replied to long ago.
        return len(self.replied) == MOST_REPLIED and question < self.replied[0]

    @property
    def visitor_id(self) -> str:
        """The visitor who opened it; empty where none did."""
        return self.owners[0].partition(":")[2] if self.owners else ""

    @property
    def preview(self) -> str:
        """The last thing that was said, on one line, cut to :data:`PREVIEW_LENGTH`."""
        return self.said if isinstance(self.said, str) else _preview(self.said)

    @property
    def position(self) -> tuple[int, str]:
        """Offset and id of the last entry."""
        return self.last_offset, self.last_id


def fold(entries: Iterable[Entry], conversation: Conversation | None = None) -> Conversation | None:
    """Take ``entries`` in, from the first or on from where ``conversation`` stands."""
    for entry in entries:
        if conversation is None:
            conversation = Conversation.begin(entry)
        else:
            conversation.apply(entry)
    return conversation


def _message(conversation: Conversation, entry: Entry) -> None:
    data = entry.data
    conversation.said = data if len(data) <= _KEPT_RAW else _preview(data)
    # Most messages have neither; the names can be in the JSON text only as names of members.
    told = b'"page"' in data or b'"lang"' in data or b'"known"' in data
    if told and entry.sender in conversation.owners:
        fields = _fields(data)
        if isinstance(page := fields.get("page"), dict):
            conversation.page = page
        if isinstance(lang := fields.get("lang"), str):
            conversation.lang = lang
        if "known" in fields:
            _learn(conversation, fields["known"])


def _contact(conversation: Conversation, entry: Entry) -> None:
    _take(conversation, entry, _fields(entry.data))


def _details(conversation: Conversation, entry: Entry) -> None:
    _take(conversation, entry, _fields(entry.data).get("fields"))


def _take(conversation: Conversation, entry: Entry, facts: object) -> None:
    if entry.sender.startswith("server:"):
        _remember(conversation, facts)
    else:
        _learn(conversation, facts)


def _learn(conversation: Conversation, facts: object) -> None:
    """Take in facts about the visitor; what was said later holds."""
    said = _strings(facts)
    if conversation.earlier:
        conversation.earlier = conversation.earlier.difference(said)
    others = {name: value for name, value in conversation.facts.items() if name not in said}
    _know(conversation, {**others, **said})


def _remember(conversation: Conversation, facts: object) -> None:
    """Take in what earlier conversations said: the last of it, unless this one has said it."""
    before, earlier = conversation.facts, conversation.earlier
    said = _strings(facts)
    new = {name: value for name, value in said.items() if name not in before}
    later = {name: value for name, value in said.items() if name in before and name in earlier}
    _know(conversation, {**new, **before, **later})
    kept = [name for name in new if name in conversation.facts]
    conversation.earlier = conversation.earlier.union(kept)


def _strings(facts: object) -> dict[str, str]:
    if not isinstance(facts, dict):
        return {}
    return {name: value for name, value in facts.items() if isinstance(value, str)}


def _know(conversation: Conversation, facts: dict[str, str]) -> None:
    more = max(len(facts) - _MOST_FACTS, 0)
    for name in [name for name in facts if name not in _REACHED][:more]:
        del facts[name]
    conversation.facts = facts
    conversation.visitor_name = conversation.facts.get("name")
    conversation.visitor_email = conversation.facts.get("email")


def _answer(conversation: Conversation, entry: Entry) -> None:
    data = entry.data
    # In the JSON text the names can only be those of members, or whole strings.
    if b'"choices":' in data:
        conversation.offered = data
    if b'"form"' in data:
        _keep_form(conversation, entry)
    _replied(conversation, entry)


def _keep_form(conversation: Conversation, entry: Entry) -> None:
    fields = _fields(entry.data)
    answer, lang, asked = fields.get("answer"), fields.get("lang"), fields.get("form")
    if isinstance(answer, str) and isinstance(asked, list):
        filled = frozenset(field["name"] for field in asked if "value" in field)
        form = Form(answer, lang if isinstance(lang, str) else "", entry.sender, filled)
        forms = {**conversation.forms, entry.offset: form}
        conversation.forms = dict(list(forms.items())[-_MOST_FORMS:])


def _replied(conversation: Conversation, entry: Entry) -> None:
    """Note which question has its reply: the first field of an answer, which may be long."""
    data = entry.data
    if data.startswith(_QUESTION):
        end = data.find(b",", len(_QUESTION))
        question = data[len(_QUESTION) : end]
        if question.isdigit():
            _reply(conversation, entry, int(question))
            return
    _reply(conversation, entry, _fields(data).get("question"))


def _reply(conversation: Conversation, entry: Entry, question: object) -> None:
    # What was not asked yet cannot have its reply.
    if not isinstance(question, int) or not 0 < question < entry.offset:
        return
    replied = conversation.replied
    if not replied or question > replied[-1]:
        conversation.replied = (*replied, question)[-MOST_REPLIED:]
    elif not conversation.has_reply(question):
        conversation.replied = tuple(sorted((*replied, question)))[-MOST_REPLIED:]


def _feedback(conversation: Conversation, entry: Entry) -> None:
    """Of several judgements of one answer the last counts."""
    fields = _fields(entry.data)
    answer = fields.get("answer")
    if not isinstance(answer, int):
        return
    others = tuple(each for each in conversation.unhelpful if each != answer)
    if fields.get("helped") is False:
        others = (*others, answer)[-_MOST_UNHELPFUL:]
    conversation.unhelpful = others


def _ask_human(conversation: Conversation, entry: Entry) -> None:
    if b'"question"' in entry.data and entry.sender.startswith("app:"):
        _reply(conversation, entry, _fields(entry.data).get("question"))
    if entry.advances:
        _wait(conversation, entry.at)
        # Who says of themselves that they are an expert says it in their message.
        if b'"expert"' in entry.data and not entry.sender.startswith("visitor:"):
            conversation.expert = True


def _accept(conversation: Conversation, entry: Entry) -> None:
    if entry.advances:
        agent_id = entry.sender.partition(":")[2]
        _be_with(conversation, Principal(kind="agent", id=agent_id, name=entry.name))


def _transfer(conversation: Conversation, entry: Entry) -> None:
    if not entry.advances:
        return
    fields = _fields(entry.data)
    if isinstance(agent_id := fields.get("agent"), str):
        _be_with(conversation, Principal(kind="agent", id=agent_id))
    else:
        if isinstance(team := fields.get("team"), str):
            conversation.team = team
        conversation.agent = None
        _wait(conversation, entry.at)


def _close(conversation: Conversation, entry: Entry) -> None:
    if entry.advances and conversation.state is not State.CLOSED:
        conversation.state_before = conversation.state
        conversation.state = State.CLOSED
        conversation.waiting_since = None


def _reopen(conversation: Conversation, entry: Entry) -> None:
    if entry.advances and conversation.state_before is not None:
        conversation.state = conversation.state_before
        conversation.state_before = None
        if conversation.state is State.WAITING:
            conversation.waiting_since = entry.at


def _wait(conversation: Conversation, at: int) -> None:
    conversation.state = State.WAITING
    conversation.state_before = None
    conversation.waiting_since = at


def _be_with(conversation: Conversation, agent: Principal) -> None:
    conversation.state = State.WITH_AGENT
    conversation.state_before = None
    conversation.agent = agent
    conversation.waiting_since = None


_EFFECTS: Final[Mapping[str, Callable[[Conversation, Entry], None]]] = {
    "message": _message,
    "answer": _answer,
    "contact": _contact,
    "details": _details,
    "feedback": _feedback,
    "ask_human": _ask_human,
    "accept": _accept,
    "transfer": _transfer,
    "close": _close,
    "reopen": _reopen,
}


def _fields(data: bytes) -> dict[str, Any]:
    fields = orjson.loads(data) if data else None
    return fields if isinstance(fields, dict) else {}


def _preview(data: bytes) -> str:
    text = _fields(data).get("text")
    if not isinstance(text, str):
        return ""
    # No more than a few times the preview is looked at, however long the text.
    line = " ".join(text[: PREVIEW_LENGTH * 8].split())
    if len(line) <= PREVIEW_LENGTH:
        return line
    return line[: PREVIEW_LENGTH - 1].rstrip() + "…"

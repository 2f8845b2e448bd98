"""Requests that read: subscribe, history, presence, ask, read marks, signals."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, Final, Protocol, TypeAlias

from straks.accounts.principals import Principal
from straks.conversation.errors import RefusedError
from straks.conversation.model import Conversation
from straks.edge.context import EdgeContext
from straks.edge.subscription import Subscription
from straks.hub.frames import entry_object, read_frame
from straks.hub.mailbox import Lane
from straks.log.log import Entry, LogError
from straks.log.resume import Resumed, resume
from straks_protocol import (
    Ask,
    Codec,
    ErrorCode,
    History,
    Position,
    Presence,
    Read,
    Signal,
    Subscribe,
)
from straks_protocol.channels import Channel

__all__ = ["Asker", "Work", "ask", "history", "presence", "read", "repair", "signal", "subscribe"]

Work: TypeAlias = Callable[[], Coroutine[Any, Any, None]]
Then: TypeAlias = Callable[[Channel, Conversation | None], None]

_ATTEMPTS: Final = 5
"""Reads of a log that grows faster than it can be read, before the client is asked to retry."""


class Asker(Protocol):
    """The session that makes a request."""

    context: EdgeContext
    codec: Codec
    ended: bool
    subscriptions: dict[str, Subscription]

    @property
    def principal(self) -> Principal: ...

    def reply(self, wire: dict[str, Any]) -> None: ...

    def send(self, frame: bytes, lane: Lane = Lane.REPLY, channel: str = "") -> None: ...

    def gap(self, subscription: Subscription) -> None: ...

    def check_room(self) -> None: ...

    def drop(self, channel: str) -> None: ...

    def begin_anew(self, subscription: Subscription) -> None: ...

    def refuse(self, request_id: int | None, error: RefusedError) -> None: ...

    def run(self, request_id: int | None, make: Work) -> None: ...


# --- subscribe ------------------------------------------------------------------------------


async def subscribe(session: Asker, message: Subscribe, channel: Channel) -> None:
    """Catch a client up and go live, all in one reply."""
    await _check_read(session, channel)
    if session.ended:
        return
    name = message.channel
    context = session.context
    session.drop(name)
    session.check_room()
    # Buffer first, read then: nothing falls between the two.
    subscription = session.subscriptions[name] = Subscription(session, name)
    context.hub.subscribe(subscription)
    try:
        found, marks = await _catch_up(session, subscription, message)
    except BaseException:
        if session.subscriptions.get(name) is subscription:
            session.drop(name)
        raise
    if found.more:
        session.drop(name)
    session.reply(_subscribed(session, message, found))
    if not found.more:
        _tell_missed(session, subscription, marks)


async def _catch_up(
    session: Asker, subscription: Subscription, message: Subscribe
) -> tuple[Resumed, dict[str, int]]:
    """Read until what was buffered follows without a gap; then the subscription is live."""
    context, name = session.context, subscription.channel
    limit = min(message.limit or context.config.page, context.config.page)
    for _ in range(_ATTEMPTS):
        try:
            await context.log.synced(name)
            found = await resume(context.log, name, message.after, limit)
            marks = dict((await context.log.tail(name)).read)
        except LogError as error:
            raise _unavailable() from error
        if session.subscriptions.get(name) is not subscription:
            raise RefusedError(ErrorCode.RETRY_LATER, "A later request ended this subscription.")
        found = _fit(found, context.config.reply_bytes)
        if found.more:
            return found, marks
        following = subscription.join(found.position.offset)
        if following is not None:
            return _with(found, following), marks
    raise _unavailable()


def _with(found: Resumed, following: Sequence[Entry]) -> Resumed:
    if not following:
        return found
    position = Position(offset=following[-1].offset, id=following[-1].id)
    return Resumed(found.recovered, [*found.entries, *following], position, more=False)


def _fit(found: Resumed, room: int) -> Resumed:
    """Cut a reply to size: a recovery at its end, a latest page at its start."""
    if sum(len(entry.data) for entry in found.entries) <= room:
        return found
    if not found.recovered:
        kept = _fitting(found.entries[::-1], room)[::-1]
        return Resumed(False, kept, found.position, more=False)
    kept = _fitting(found.entries, room)
    position = Position(offset=kept[-1].offset, id=kept[-1].id)
    return Resumed(True, kept, position, more=True)


def _fitting(entries: Sequence[Entry], room: int) -> Sequence[Entry]:
    """Take entries from the front while they fit, one at least."""
    for count, entry in enumerate(entries):
        room -= len(entry.data)
        if room < 0 and count:
            return entries[:count]
    return entries


def _subscribed(session: Asker, message: Subscribe, found: Resumed) -> dict[str, Any]:
    return {
        "type": "subscribed",
        "id": message.id,
        "channel": message.channel,
        "recovered": found.recovered,
        "entries": _entries(session, found.entries),
        "position": {"offset": found.position.offset, "id": found.position.id},
        "more": found.more,
    }


def _entries(session: Asker, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    codec, sender = session.codec, session.principal.sender
    return [entry_object(entry, codec, own=entry.sender == sender) for entry in entries]


def _tell_missed(session: Asker, subscription: Subscription, marks: dict[str, int]) -> None:
    """Push the read marks of the others, and the presence that came while catching up."""
    name, who = subscription.channel, session.principal
    newer, presence_frame = subscription.take_missed()
    for reader, offset in newer.items():
        marks[reader] = max(offset, marks.get(reader, 0))
    for reader, offset in marks.items():
        if reader != who.sender and session.context.hub.may_notice(who, name, reader):
            subscription.read(reader, offset, read_frame(name, reader, None, offset))
    if presence_frame is not None:
        subscription.presence(presence_frame)


async def repair(session: Asker, subscription: Subscription) -> None:
    """Push the entries that a live subscription missed, or make the client subscribe again."""
    context, name = session.context, subscription.channel
    last = subscription.next - 1
    for _ in range(_ATTEMPTS):
        try:
            page = await context.log.read(name, after=last, limit=context.config.page)
        except LogError:
            break
        if session.subscriptions.get(name) is not subscription:
            return
        for entry in page.entries:
            subscription.write(entry)
            last = entry.offset
        if page.more:
            continue
        following = subscription.join(last)
        if following is not None:
            for entry in following:
                subscription.write(entry)
            _tell_missed(session, subscription, {})
            return
    session.begin_anew(subscription)


# --- history, presence, ask -------------------------------------------------------------------


async def history(session: Asker, message: History, channel: Channel) -> None:
    """Reply with a page of entries."""
    if message.before is not None and message.after is not None:
        raise RefusedError(ErrorCode.BAD_FIELD, "before, after: only one of them")
    await _check_read(session, channel)
    config = session.context.config
    limit = min(message.limit or config.page, config.page)
    try:
        page = await session.context.log.read(
            message.channel, after=message.after, before=message.before, limit=limit
        )
    except LogError as error:
        raise _unavailable() from error
    if message.after is not None:
        kept = _fitting(page.entries, config.reply_bytes)
    else:
        kept = _fitting(page.entries[::-1], config.reply_bytes)[::-1]
    session.reply(
        {
            "type": "history",
            "id": message.id,
            "entries": _entries(session, kept),
            "more": page.more or len(kept) < len(page.entries),
        }
    )


async def presence(session: Asker, message: Presence, channel: Channel) -> None:
    """Reply with who is here."""
    await _check_read(session, channel)
    if not session.ended:
        wire = session.context.hub.presence(message.channel, session.principal)
        session.reply({"type": "presence", "id": message.id, **wire})


def ask(session: Asker, message: Ask) -> None:
    """Reply with canned answers that may fit."""
    look_up = session.context.ask
    found = look_up(message.text, message.lang) if look_up is not None else []
    answers = [{"answer": a.answer, "title": a.title, "score": a.score} for a in found]
    session.reply({"type": "answers", "id": message.id, "answers": answers})


# --- read marks and signals -------------------------------------------------------------------


def with_conversation(session: Asker, channel: Channel, then: Then) -> None:
    """Call ``then`` with the conversation of a channel: at once when it is in memory."""
    conversation = None
    if channel.kind in ("conversation", "desk"):
        conversation = session.context.conversations.peek(channel.id)
        if conversation is None:
            session.run(None, partial(_load_then, session, channel, then))
            return
    then(channel, conversation)


async def _load_then(session: Asker, channel: Channel, then: Then) -> None:
    conversation = await session.context.conversations.conversation(channel.id)
    if not session.ended:
        then(channel, conversation)


def read(
    session: Asker, message: Read, channel: Channel, conversation: Conversation | None
) -> None:
    """Note what this person has seen; what is not there yet was not seen."""
    context, who = session.context, session.principal
    context.permissions.check_read(who, channel, conversation)
    offset = message.offset
    subscription = session.subscriptions.get(message.channel)
    if subscription is not None and subscription.live:
        offset = min(offset, subscription.next - 1)
    elif channel.kind == "conversation" and conversation is not None:
        offset = min(offset, conversation.last_offset)
    else:
        raise RefusedError(ErrorCode.FORBIDDEN, "Subscribe to the channel before you read it.")
    if offset > 0:
        context.hub.read(message.channel, who, offset)


def signal(
    session: Asker,
    message: Signal,
    data: dict[str, Any],
    channel: Channel,
    conversation: Conversation | None,
) -> None:
    """Pass a signal on to the others."""
    context, who = session.context, session.principal
    context.permissions.check_signal(who, channel, message.kind, conversation)
    context.hub.signal(message.channel, who, message.kind, data)


async def _check_read(session: Asker, channel: Channel) -> None:
    context = session.context
    conversation = None
    if channel.kind in ("conversation", "desk"):
        conversation = context.conversations.peek(channel.id)
        if conversation is None:
            conversation = await context.conversations.conversation(channel.id)
    context.permissions.check_read(session.principal, channel, conversation)


def _unavailable() -> RefusedError:
    return RefusedError(ErrorCode.UNAVAILABLE, "The log cannot be read now.", retry_after=1.0)

"""The only writer of conversations."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

import orjson

from straks.clock import Clock
from straks.conversation.coming import Coming
from straks.conversation.decide import Author, check_question, decide
from straks.conversation.encoding import encode
from straks.conversation.errors import RefusedError
from straks.conversation.freshness import Freshness
from straks.conversation.ids import Ids, id_of
from straks.conversation.lane import Done, Lane, Lanes, Publish
from straks.conversation.loader import Loader
from straks.conversation.model import Conversation
from straks.conversation.opening import Opener
from straks.conversation.outcomes import (
    full,
    not_found,
    not_read,
    out_of_turn,
    outcome_of,
    stopping,
    unavailable,
)
from straks.conversation.ports import Commit, Permissions, Targets
from straks.log.limits import Limits
from straks.log.log import (
    Append,
    Appended,
    AppendResult,
    Conflict,
    Entry,
    Full,
    Log,
    LogError,
    LogUnavailableError,
)
from straks_protocol import TEMPORARY, ErrorCode, Position
from straks_protocol.channels import Channel

__all__ = ["Author", "ConversationService", "Done"]

_NEVER: Final = -1
"""No state has this offset: an append that expects it finds a used key or nothing at all."""
_LAST: Final = Limits().entries - 1
"""Entries after which a conversation can only be closed; what is answered leaves one more free."""
_PREFIX: Final = "conversation:"
_REPLIES: Final = frozenset({"answer", "ask_human"})


class ConversationService:
    """Checks what principals publish, and appends it to the log in the order it came.

    What is in memory of a conversation is believed while the log is heard of it; else it is
    brought up to date before it counts, since other servers may have gone on with it.

    All methods are called from one event loop. Nothing here waits: how a publish ended is told
    through ``done``.
    """

    def __init__(
        self,
        log: Log,
        commit: Commit,
        permissions: Permissions,
        *,
        secret: bytes,
        clock: Clock,
        targets: Targets | None = None,
        archives_after: float | None = None,
        capacity: int = 20_000,
        most_waiting: int = 10_000,
    ) -> None:
        """``targets``: whom conversations can be handed to; None: to anybody.

        ``archives_after``: seconds before a conversation may leave the log; None: none does.

        ``capacity``: conversations kept in memory. ``most_waiting``: publishes that wait for
        their conversation to be loaded or its state to settle; one more is refused for now."""
        self._commit = commit
        self._permissions = permissions
        self._targets = targets
        self._secret = secret
        self._clock = clock
        self._lanes = Lanes(capacity)
        self._freshness = Freshness(log, self._lanes, self._pump)
        log.watch(self._freshness)
        self._opener = Opener(log, self._submit_alone, clock, archives_after=archives_after)
        self._loader = Loader(log, self._loaded, most_waiting)
        self._waiting = 0
        self._most_waiting = most_waiting
        self._ended = False
        self._new_id = Ids()
        self.foresight: Callable[[Coming], None] | None = None
        """Hears of messages that no person will answer, as they go to the log."""
        self.contested = False
        """Several may reply to a message: a reply must know everything that was said before it."""

    async def run(self) -> None:
        """Load conversations that are not in memory, until cancelled."""
        await self._loader.run()

    def refuse_all(self) -> None:
        """Refuse everything from now on with ``shutting_down``; what is in flight goes on."""
        self._ended = True

    # --- writing ------------------------------------------------------------------------------

    def channel_of(self, visitor_id: str, key: str) -> str:
        """Name the channel that this visitor's ``open`` with ``key`` makes, on any node."""
        return _PREFIX + id_of(self._secret, visitor_id, key)

    def open(self, author: Author, key: str, data: dict[str, Any], done: Done) -> None:
        """Make a conversation with its first message; the same again finds the same one."""
        try:
            if self._ended:
                raise stopping()
            self._permissions.check_open(author)
            encoded = encode("conversation", "message", data)
        except RefusedError as error:
            done(error)
            return
        channel = self.channel_of(author.id, key)
        item = self._append(author, channel, key, "message", encoded, advances=True, expect=0)
        self._opener.open(item, done)
        self._foresee(item, 1, None)

    def publish(
        self,
        author: Author,
        channel: Channel,
        key: str,
        kind: str,
        data: dict[str, Any],
        expect: int | None,
        done: Done,
    ) -> None:
        """Append an entry, or tell ``done`` why not.

        ``done`` may be told before this returns. What one caller publishes to one channel is
        committed in the order of the calls.
        """
        refusal = None
        encoded = b"{}"
        try:
            if self._ended:
                raise stopping()
            if channel.kind not in {"conversation", "desk"}:
                # Before the data: who may not see the channel learns nothing of what it takes.
                self._permissions.check_publish(author, channel, kind, None)
            encoded = encode(channel.kind, kind, data)
        except RefusedError as error:
            if error.code in TEMPORARY or channel.kind not in {"conversation", "desk"}:
                done(error)
                return
            refusal = error
        if channel.kind not in {"conversation", "desk"}:
            append = self._append(author, str(channel), key, kind, encoded, expect=expect)
            self._submit_alone(append, done)
            return
        item = Publish(author, channel, key, kind, encoded, expect, done)
        item.refusal = refusal
        if kind in _REPLIES and author.kind == "app" and refusal is None:
            item.replies_to(data.get("question"))
        lane = self._freshness.use(channel.id)
        if lane is not None and not lane.waiting and lane.open:
            self._attempt(lane, item)
        else:
            self._wait(lane or self._lanes.add(channel.id), item)

    def _append(
        self,
        author: Author,
        channel: str,
        key: str,
        kind: str,
        data: bytes,
        *,
        advances: bool = False,
        expect: int | None = None,
        follows: Position | None = None,
    ) -> Append:
        return Append(
            channel=channel,
            sender=author.sender,
            name=author.name,
            key=key,
            kind=kind,
            data=data,
            id=self._new_id(),
            at=self._clock.now_ms(),
            advances=advances,
            expect=expect,
            follows=follows,
        )

    def _submit_alone(self, item: Append, done: Done) -> None:
        try:
            self._commit.submit(item, lambda result: done(outcome_of(result)))
        except LogUnavailableError:
            done(unavailable())

    def _wait(self, lane: Lane, item: Publish) -> None:
        if self._waiting >= self._most_waiting or not self._load_if_needed(lane):
            if lane.conversation is None and lane.idle:
                self._lanes.drop(lane)
            item.done(unavailable())
            return
        self._waiting += 1
        lane.waiting += (item,)
        if not lane.in_flight:
            self._pump(lane)

    def _attempt(self, lane: Lane, item: Publish) -> None:
        """Decide on the state as it is now, then append guarded by that state."""
        conversation = lane.conversation
        guard = None
        if conversation is not None and item.channel.kind == "conversation":
            guard = conversation.state_offset
        try:
            self._permissions.check_publish(item.author, item.channel, item.kind, conversation)
            if conversation is None:
                raise not_found()
            if item.refusal is None and item.channel.kind == "conversation":
                item.changes = decide(conversation, item.author, item.kind, item.expect)
                if item.question > 0:
                    check_question(conversation, item.question)
                if self._targets is not None and item.kind == "transfer":
                    self._targets.check_target(orjson.loads(item.data))
                last = _LAST if self.foresight is None or item.kind in _REPLIES else _LAST - 1
                if conversation.last_offset + lane.in_flight >= last and item.kind != "close":
                    raise full()
        except RefusedError as error:
            item.changes = False
            if error.code is ErrorCode.NOT_FOUND:
                item.done(error)
                return
            # A key that was used before gets its first result, whatever the state is now; and
            # the state may be another by now.
            if item.refusal is None:
                item.refusal, item.refused_on = error, guard
        append = self._append(
            item.author,
            str(item.channel),
            item.key,
            item.kind,
            item.data,
            advances=item.changes,
            expect=guard if item.refusal is None else _NEVER,
            follows=item.follows(conversation) if self.contested else None,
        )
        try:
            self._commit.submit(append, partial(self._settled, lane, item))
        except LogUnavailableError:
            self._end(lane, item, unavailable())
            return
        lane.submitted(item, guard)
        if conversation is not None and item.asks(conversation):
            self._foresee(append, conversation.last_offset + lane.in_flight, conversation.lang)

    def _foresee(self, message: Append, offset: int, lang: str | None) -> None:
        if self.foresight is not None and offset < _LAST:
            self.foresight(Coming(self._commit, self._new_id, message, offset, lang))

    def _settled(self, lane: Lane, item: Publish, result: AppendResult | LogError) -> None:
        lane.settled(item)
        try:
            if type(result) is Appended:
                item.done(result)
            elif isinstance(result, Conflict) and item.decided_in_vain(result.state_offset):
                lane.decide_again(item, result)
                self._waiting += 1
            elif item.refusal is not None and isinstance(result, Conflict | Full):
                self._end(lane, item, item.refusal)
            else:
                self._end(lane, item, outcome_of(result))
        finally:
            if lane.waiting or lane.conflicted:
                self._pump(lane)

    def _end(self, lane: Lane, item: Publish, outcome: Appended | RefusedError) -> None:
        if isinstance(outcome, RefusedError) and outcome.code in TEMPORARY:
            # It will be sent again: what its sender wrote after it must not come before it.
            channel, sender = item.channel, item.author.sender
            self._refuse_waiting(
                lane,
                lambda other: other.channel == channel and other.author.sender == sender,
                out_of_turn,
            )
        item.done(outcome)

    def _refuse_waiting(
        self, lane: Lane, which: Callable[[Publish], bool], why: Callable[[], RefusedError]
    ) -> None:
        refused = lane.take_out(which)
        self._waiting -= len(refused)
        for item in refused:
            item.done(why())

    def _pump(self, lane: Lane) -> None:
        """Let go on what waits, as far as it can be decided now."""
        if lane.conflicted and not lane.in_flight:
            lane.retry_conflicted()
        if lane.pumping:
            return
        lane.pumping = True
        try:
            while lane.waiting:
                if not self._load_if_needed(lane):
                    self._refuse_waiting(lane, lambda _: True, unavailable)
                if not lane.open:
                    break
                self._waiting -= 1
                self._attempt(lane, lane.next_waiting())
        finally:
            lane.pumping = False

    # --- reading ------------------------------------------------------------------------------

    def peek(self, conversation_id: str, at_least: int = 0) -> Conversation | None:
        """Give a conversation if it is in memory, and has come to the offset ``at_least``."""
        return self._freshness.peek(conversation_id, at_least)

    def recall(self, conversation_id: str) -> Conversation | None:
        """Give what is in memory of a conversation, though it may not be up to date."""
        lane = self._lanes.get(conversation_id)
        return None if lane is None else lane.conversation

    async def conversation(self, conversation_id: str, at_least: int = 0) -> Conversation | None:
        """Give a conversation, read from the log if need be; None when there is no such one.

        ``at_least``: an offset that the log has, and that it must have come to: who reads the feed
        may see an entry before those who listen to the log hear of it.

        Raises:
            RefusedError: ``unavailable``, the log cannot be read now.
        """
        lane = self._freshness.use(conversation_id, at_least)
        if lane is not None and lane.readable:
            return lane.conversation
        if lane is None:
            lane = self._lanes.add(conversation_id)
        if not self._load_if_needed(lane):
            if lane.conversation is None and lane.idle:
                self._lanes.drop(lane)
            raise unavailable()
        reader: asyncio.Future[Conversation | None] = asyncio.get_running_loop().create_future()
        lane.readers += (reader,)
        return await reader

    def committed(self, entries: Sequence[Entry]) -> None:
        """Take in entries of the log; a listener of it."""
        for entry in entries:
            if not entry.channel.startswith(_PREFIX):
                continue
            conversation_id = entry.channel[len(_PREFIX) :]
            lane = self._lanes.get(conversation_id)
            if lane is None:
                if entry.offset == 1:
                    conversation = Conversation.begin(entry)
                    self._lanes.add(conversation.id).conversation = conversation
            elif lane.loading:
                lane.seen = max(lane.seen, entry.offset)
            elif lane.conversation is None or entry.offset > lane.conversation.last_offset + 1:
                lane.stale = True
            elif entry.offset == lane.conversation.last_offset + 1:
                lane.conversation.apply(entry)

    def _load_if_needed(self, lane: Lane) -> bool:
        """Start loading a lane that lacks something; tell whether it will have it."""
        if lane.loading or (lane.conversation is not None and not lane.stale):
            return True
        return self._loader.start(lane)

    def _loaded(self, lane: Lane, error: Exception | None) -> None:
        readers, lane.readers = lane.readers, ()
        for reader in readers:
            if reader.done():
                continue
            if error is None:
                reader.set_result(lane.conversation)
            else:
                reader.set_exception(not_read(error))
        if error is not None:
            self._refuse_waiting(lane, lambda _: True, lambda: not_read(error))
        elif lane.conversation is None:
            while lane.waiting:
                self._waiting -= 1
                self._attempt(lane, lane.next_waiting())
        else:
            self._pump(lane)
        if lane.conversation is None and lane.idle:
            self._lanes.drop(lane)

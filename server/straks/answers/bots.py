"""A bot of others that answers in place of the engine, as long as it does so in time."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

import orjson
import structlog

from straks.accounts.permissions import ASKED
from straks.accounts.principals import SERVER, Principal
from straks.clock import Clock
from straks.conversation.consumer import Handle, passes
from straks.conversation.errors import RefusedError
from straks.conversation.lane import Done
from straks.conversation.model import Conversation, State
from straks.log.log import Appended, Entry, FeedItem
from straks_protocol.channels import Channel

__all__ = ["Bot", "Turns"]

MOST_LATE: Final = 3
"""Questions in a row that a bot may leave, before it is not waited for."""
PAUSE: Final = 30.0
"""Seconds for which it is not waited for then; after that, one more that it leaves is enough."""
MOST_WAITING: Final = 10_000
"""Questions of a partition that wait for it; one more is the engine's at once."""
_TRIES: Final = 5
"""Times that the engine fails at a question before it is passed over."""
_KEYS: Final = uuid.UUID("9d2c6f0e-7c6b-5b39-8d0a-2a6b3d0f5c11")

_log = structlog.get_logger(__name__)


class Bot:
    """An app that was appointed to answer, and whether it is worth waiting for."""

    def __init__(
        self, name: str, timeout: float, connected: Callable[[], bool], clock: Clock
    ) -> None:
        """``timeout``: seconds in which it answers. ``connected``: it may hear what it is asked."""
        self.name = name
        self.timeout = timeout
        self._connected = connected
        self._clock = clock
        self._late = 0
        self._paused_until = float("-inf")

    def hears(self) -> bool:
        """Tell whether it may hear what it is asked."""
        return self._connected()

    def is_waited_for(self) -> bool:
        """Tell whether questions are left to it now."""
        return self._clock.monotonic() >= self._paused_until and self._connected()

    def came(self) -> None:
        """Note that it replied in time."""
        self._late = 0

    def left(self) -> None:
        """Note that it let a question lie."""
        self._late += 1
        if self._late >= MOST_LATE:
            self._paused_until = self._clock.monotonic() + PAUSE
            _log.warning("the bot does not answer in time", bot=self.name, in_a_row=self._late)

    def deadline(self, asked_at: int) -> float:
        """Tell until when (monotonic) it is waited for with what was asked at a time in ms.

        What was asked long ago, before the server started again, is not waited for anew.
        """
        waited = (self._clock.now_ms() - asked_at) / 1000
        left = self.timeout - min(max(waited, 0.0), self.timeout)
        return self._clock.monotonic() + left

    def is_late(self, deadline: float) -> bool:
        """Tell whether a deadline has passed."""
        return self._clock.monotonic() >= deadline


class Conversations(Protocol):
    """What it takes of the conversation service to ask a bot."""

    def peek(self, conversation_id: str, at_least: int = 0) -> Conversation | None: ...

    async def conversation(
        self, conversation_id: str, at_least: int = 0
    ) -> Conversation | None: ...

    def publish(
        self,
        author: Principal,
        channel: Channel,
        key: str,
        kind: str,
        data: dict[str, Any],
        expect: int | None,
        done: Done,
    ) -> None: ...


class Engine(Protocol):
    """Who answers what is not left to the bot; the responder."""

    def is_question(self, entry: Entry) -> bool: ...

    def leaves(self, question: Entry, conversation: Conversation) -> bool:
        """Tell whether it would answer a question by itself, so that a bot may in its place."""
        ...


class _Turn:
    """A question that waits for its reply."""

    __slots__ = ("deadline", "failed", "item", "over", "tries")

    def __init__(self, item: FeedItem) -> None:
        self.item = item
        self.deadline: float | None = None
        """None until the bot was asked."""
        self.failed = False
        """It could not be asked."""
        self.over = False
        """It is not, or no longer, the bot's."""
        self.tries = 0
        """How often the engine failed at it."""


class Turns:
    """The questions of one partition: first the bot's, then the engine's.

    Nothing is passed over: the feed's cursor stays before the first question that waits, so that
    after a crash they all come again, and who has replied is known from the log.
    """

    def __init__(
        self, bot: Bot, engine: Engine, handle: Handle, conversations: Conversations
    ) -> None:
        """``handle``: has the engine reply."""
        self._bot = bot
        self._engine = engine
        self._handle = handle
        self._conversations = conversations
        self._turns: dict[str, _Turn] = {}
        """By the id of the question, in the order of the feed."""
        self._read = 0

    async def handle(self, items: Sequence[FeedItem]) -> int | None:
        """Take questions in; tell up to which position all have their reply.

        Raises:
            RefusedError: it cannot be done now; the same items again will finish it.
        """
        others: list[FeedItem] = []
        for item in items:
            if self._engine.is_question(item.entry):
                self._turns.setdefault(item.entry.id, _Turn(item))
            else:
                others.append(item)
        if items:
            self._read = max(self._read, items[-1].position)
        for turn in tuple(self._turns.values()):
            turn.over = turn.over or await self._is_over(turn)
        settled = await self._reply(others, [turn for turn in self._turns.values() if turn.over])
        first = next(iter(self._turns.values()), None)
        left = self._read if first is None else first.item.position - 1
        return left if settled is None else min(left, settled)

    async def _reply(self, others: Sequence[FeedItem], over: Sequence[_Turn]) -> int | None:
        """Have the engine reply; a question that it fails at must not stop the others."""
        try:
            # It passes over those that have their reply.
            settled = await self._handle([*others, *(turn.item for turn in over)])
        except Exception as error:
            if not over or passes(error):
                raise
        else:
            for turn in over:
                del self._turns[turn.item.entry.id]
            return settled
        for turn in over:
            if await self._is_done(turn):
                del self._turns[turn.item.entry.id]
        return await self._handle(others)

    async def _is_done(self, turn: _Turn) -> bool:
        """Have the engine reply to one question; tell whether it need not try again."""
        try:
            await self._handle([turn.item])
        except Exception as error:
            if passes(error):
                raise
            turn.tries += 1
            if turn.tries < _TRIES:
                return False
            question = turn.item.entry
            _log.exception("no reply", channel=question.channel, offset=question.offset)
        return True

    async def _is_over(self, turn: _Turn) -> bool:
        """Tell whether a question is not, or no longer, the bot's."""
        question = turn.item.entry
        conversation_id = question.channel.partition(":")[2]
        conversation = self._conversations.peek(conversation_id, question.offset)
        if conversation is None:
            conversation = await self._conversations.conversation(conversation_id, question.offset)
        if conversation is None:
            return True
        if turn.deadline is not None and conversation.has_reply(question.offset):
            self._bot.came()
            return True
        if conversation.state is not State.SELF_SERVICE:
            return True
        if turn.deadline is None:
            return not self._ask(turn, conversation)
        if self._bot.is_late(turn.deadline):
            self._bot.left()
            return True
        return turn.failed or not self._bot.hears()

    def _ask(self, turn: _Turn, conversation: Conversation) -> bool:
        """Ask the bot, if it is to be asked."""
        question = turn.item.entry
        deadline = self._bot.deadline(question.at)
        if (
            conversation.has_reply(question.offset)
            or self._bot.is_late(deadline)
            or len(self._turns) > MOST_WAITING
            or not self._bot.is_waited_for()
            or not self._engine.leaves(question, conversation)
        ):
            return False
        turn.deadline = deadline

        def asked(outcome: Appended | RefusedError) -> None:
            turn.failed = isinstance(outcome, RefusedError)

        self._conversations.publish(
            SERVER,
            Channel("app", self._bot.name),
            str(uuid.uuid5(_KEYS, question.id)),
            ASKED,
            _question(question, conversation),
            None,
            asked,
        )
        return True


def _question(question: Entry, conversation: Conversation) -> dict[str, Any]:
    """Give what the bot is told (PROTOCOL.md §6)."""
    message = orjson.loads(question.data)
    told: dict[str, Any] = {
        "channel": question.channel,
        "offset": question.offset,
        "state_offset": conversation.state_offset,
        "text": message["text"],
    }
    lang = message.get("lang") or conversation.lang
    if lang:
        told["lang"] = lang
    if conversation.facts:
        told["facts"] = dict(conversation.facts)
    return told

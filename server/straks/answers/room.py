"""The automatic answers from learning to answering."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import structlog

from straks.answers.bots import Bot, Turns
from straks.answers.experts import THRESHOLD as EXPERT_THRESHOLD
from straks.answers.experts import Experts, load_words, words_fingerprint
from straks.answers.files import AnswerBook, fingerprint
from straks.answers.matcher import THRESHOLD, Matcher
from straks.answers.responder import Conversations, Responder
from straks.conversation.coming import Coming
from straks.conversation.consumer import Consumer
from straks.errors import StraksError
from straks.log.log import Entry, Feed
from straks.telemetry import Trouble
from straks_protocol import Answer as Suggestion

__all__ = ["CONSUMER", "AnswerRoom"]

CONSUMER: Final = "answers"
"""The name of the cursors in the feed."""

_AT_ONCE: Final = 8
"""Messages that are answered as they come before others get their turn on the event loop."""

_LOOK_AT_BOT_EVERY: Final = 0.25
"""Seconds between two looks whether the bot has replied, at most."""

_log = structlog.get_logger(__name__)


class AnswerRoom:
    """Learns from the answer files beside the start of the server, then answers.

    Questions that come earlier wait in the log: none is passed over.
    """

    def __init__(
        self,
        folder: Path | None,
        conversations: Conversations,
        feed: Feed,
        *,
        threshold: float | None = None,
        expert_threshold: float = EXPERT_THRESHOLD,
        name: str = "Straks",
        look_every: float = 1.0,
    ) -> None:
        """Read the files and begin to learn; ``folder`` None: there are no answers.

        ``threshold``: the least score of an answer that is given, None for the usual one.
        ``expert_threshold``: that of whom is given to a person at once.
        ``name``: what visitors see as the author of the answers. ``look_every``: seconds after
        which the folder is looked at again; what changed in it is learned beside the chat.

        Raises:
            StartError: the folder cannot be read.
        """
        self._folder = folder
        self._look_every = look_every
        self._threshold = THRESHOLD if threshold is None else threshold
        # What the files are is asked first: what changes after that is seen.
        self._seen = frozenset() if folder is None else _fingerprint(folder)
        self._book = AnswerBook(()) if folder is None else AnswerBook.load(folder)
        _tell_mistakes(self._book)
        self._feed = feed
        self._experts = Experts(expert_threshold, _words(folder))
        self._responder = Responder(
            conversations, Matcher(self._book, {}), name=name, experts=self._experts
        )
        self._conversations = conversations
        self._bot: Bot | None = None
        self._consumer: Consumer | None = None
        self._at_once = 0
        """Messages that were answered in this turn of the event loop."""
        self._learned = asyncio.create_task(
            _learn(self._book, self._threshold), name="learn answers"
        )

    def appoint(self, bot: Bot) -> None:
        """Leave questions to a bot of others first; before :meth:`run`."""
        self._bot = bot

    def committed(self, entries: Sequence[Entry]) -> None:
        """Note what is to be answered; a listener of the log, told after the folds."""
        if self._consumer is not None:
            self._consumer.committed(entries)

    def foresee(self, coming: Coming) -> None:
        """Answer a message in the commit that stores it; the service's foresight.

        Not when many come at once, nor when it is for another server to answer: those are
        answered when the feed shows them.
        """
        if (
            self._consumer is None
            or self._at_once >= _AT_ONCE
            or (self._bot is not None and self._bot.is_waited_for())
            or self._feed.tenure(self._feed.partition_of(coming.message.channel)) is None
        ):
            return
        loop = asyncio.get_running_loop()
        if not self._at_once:
            loop.call_soon(self._next_turn)
        self._at_once += 1
        try:
            self._responder.foresee(coming)
        except Exception as error:
            # The message itself must not suffer; the feed comes to it again.
            loop.call_exception_handler({"message": "no early answer", "exception": error})

    def _next_turn(self) -> None:
        self._at_once = 0

    async def run(self) -> None:
        """Answer until cancelled."""
        matcher = await self._learned
        self._responder.learn(matcher)
        self._consumer = self._consuming()
        async with asyncio.TaskGroup() as both:
            both.create_task(self._consumer.run())
            if self._folder is not None:
                both.create_task(self._follow(self._folder, matcher))

    def _consuming(self) -> Consumer:
        responder, bot = self._responder, self._bot
        if bot is None:
            return Consumer(CONSUMER, self._feed, responder.handle, urgent=responder.is_urgent)
        turns = [Turns(bot, responder, self._conversations) for _ in range(self._feed.partitions)]
        return Consumer(
            CONSUMER,
            self._feed,
            [each.handle for each in turns],
            urgent=responder.is_urgent,
            linger=min(_LOOK_AT_BOT_EVERY, bot.timeout / 4),
        )

    async def _follow(self, folder: Path, matcher: Matcher) -> None:
        """Learn anew whenever the files have changed, and stay as they are for one look."""
        trouble = Trouble(logging.getLogger(__name__), "the answer folder")
        before = self._seen
        try:
            await self._calibrate(matcher)
        except Exception as error:
            trouble.failed(error)
        while True:
            await asyncio.sleep(self._look_every)
            try:
                found = await asyncio.to_thread(_fingerprint, folder)
                if found == before != self._seen:
                    self._seen = found  # what cannot be learned is not tried again and again
                    await self._learn_anew(folder)
                before = found
                trouble.worked()
            except Exception as error:
                # What was learned stays, and the chat goes on whatever is wrong with a folder.
                trouble.failed(error)

    async def _learn_anew(self, folder: Path) -> None:
        book = (await asyncio.to_thread(AnswerBook.load, folder)).keeping(self._book)
        _tell_mistakes(book)
        words = await asyncio.to_thread(_words, folder)
        matcher = await _learn(book, self._threshold)
        self._experts.learn(words)
        self._responder.learn(matcher)
        self._book = book
        await self._calibrate(matcher)
        _log.info("the answers were learned anew", answers=len(book.answers))

    def close(self) -> None:
        """Give up learning."""
        self._learned.cancel()

    async def check_ready(self) -> None:
        """Raise unless everything is learned."""
        if self._consumer is None:
            raise StraksError("the answers are being learned")

    def ask(self, text: str, lang: str | None = None, limit: int = 3) -> list[Suggestion]:
        """Look answers up for a text that is being typed; none while they are being learned."""
        return self._responder.ask(text, lang, limit)

    def book(self) -> AnswerBook:
        """Every answer as it is now; another book when they have changed."""
        return self._responder.book()

    def listed(self, lang: str | None = None) -> list[dict[str, Any]]:
        """Every answer, for agents."""
        return self._responder.listed(lang)

    def languages(self) -> list[str]:
        """The languages that there are answers in."""
        return self._responder.languages()

    async def _calibrate(self, matcher: Matcher) -> None:
        await asyncio.to_thread(matcher.calibrate)
        self._responder.learn(matcher)  # what it judged before is forgotten


def _fingerprint(folder: Path) -> frozenset[tuple[str, int, int, int]]:
    return fingerprint(folder) | words_fingerprint(folder)


def _words(folder: Path | None) -> list[str]:
    """Read the operator's words of the trade; without them experts are known by others."""
    try:
        return [] if folder is None else load_words(folder)
    except OSError as error:
        _log.warning("the words of experts cannot be read", problem=str(error))
        return []


def _tell_mistakes(book: AnswerBook) -> None:
    for error in book.errors:
        _log.warning("an answer file is broken", problem=str(error))


async def _learn(book: AnswerBook, threshold: float) -> Matcher:
    if not book.answers:
        return Matcher(book, {})
    return await asyncio.to_thread(Matcher.train, book, threshold=threshold)

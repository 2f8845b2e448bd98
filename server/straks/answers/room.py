"""The automatic answers from learning to answering."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Any, Final

import structlog

from straks.answers.beside import handlers
from straks.answers.bots import Bot, Turns
from straks.answers.experts import THRESHOLD as EXPERT_THRESHOLD
from straks.answers.experts import Experts
from straks.answers.files import AnswerBook
from straks.answers.matcher import THRESHOLD, Matcher
from straks.answers.patience import GivenUpError, until
from straks.answers.personal import Known
from straks.answers.responder import Conversations, Responder
from straks.answers.watch import Edited, Watch
from straks.clock import Clock, SystemClock
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

_LONGEST_PAUSE: Final = 60.0
"""Seconds after which what could not be learned is tried again."""
_LOOK_AT_BOT_EVERY: Final = 0.25
"""Seconds between two looks whether the bot has replied, at most."""

_log = structlog.get_logger(__name__)


class AnswerRoom:
    """Learns from the answer files beside the start of the server, then answers.

    They are those of a folder, and over them those that agents write in the console.

    Questions that come earlier wait in the log: none is passed over.
    """

    def __init__(
        self,
        folder: Path | None,
        conversations: Conversations,
        feed: Feed,
        *,
        edited: Edited | None = None,
        business: Path | None = None,
        known: Known | None = None,
        threshold: float | None = None,
        expert_threshold: float = EXPERT_THRESHOLD,
        name: str = "Straks",
        look_every: float = 1.0,
        clock: Clock | None = None,
    ) -> None:
        """Read the folder and begin to learn. ``folder``, ``edited`` None: there are none of those.

        ``business``: the operator's file, if there is one. ``known``: what earlier conversations
        said of visitors. ``threshold``: the least score of an answer that is given, None for the
        usual one; ``expert_threshold``: that of whom is given to a person at once. ``name``: what
        visitors see as the author of the answers. ``look_every``: seconds after which the files
        are looked at again; what changed in them is learned beside the chat. ``clock`` tells the
        day, on which some answers may not be given; None: the machine's.

        Raises:
            StartError: the folder or the operator's file cannot be read.
        """
        self.watch: Final = Watch(
            folder, edited, business=business, every=look_every, clock=clock or SystemClock()
        )
        self._look_every = look_every
        self._threshold = THRESHOLD if threshold is None else threshold
        self._book = self.watch.book
        """All answers, those of other days as well."""
        valid = self._book.valid_on(self.watch.day)
        self._feed = feed
        self.matcher = Matcher(valid, {})
        """What it answers by now."""
        self._calibrated = asyncio.Event()
        self._uncalibrated = asyncio.Event()
        self._experts = Experts(expert_threshold, self.watch.words)
        self._responder = Responder(
            conversations, self.matcher, name=name, experts=self._experts, known=known
        )
        self._responder.personal.business = self.watch.business
        self._conversations = conversations
        self._bot: Bot | None = None
        self._consumer: Consumer | None = None
        self._at_once = 0
        """Messages that were answered in this turn of the event loop."""
        self._read = asyncio.Event()
        self._stop = Event()
        """What is being learned is not wanted any more."""
        self._learned = asyncio.create_task(self._begin(), name="learn answers")

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
        self._use(await self._learned)
        self._consumer = self._consuming()
        try:
            async with asyncio.TaskGroup() as all_of_it:
                all_of_it.create_task(self._consumer.run())
                all_of_it.create_task(self.watch.run())
                all_of_it.create_task(self._follow())
                all_of_it.create_task(self._calibrate())
        finally:
            await self._responder.personal.close()

    def _consuming(self) -> Consumer:
        responder, bot = self._responder, self._bot
        handles = handlers(self._feed, responder.handle, responder.personal)
        if bot is None:
            return Consumer(CONSUMER, self._feed, handles, urgent=responder.is_urgent)
        return Consumer(
            CONSUMER,
            self._feed,
            [Turns(bot, responder, each, self._conversations).handle for each in handles],
            urgent=responder.is_urgent,
            linger=min(_LOOK_AT_BOT_EVERY, bot.timeout / 4),
        )

    async def _begin(self) -> Matcher:
        await self.watch.begin()
        self._read.set()
        self._book = self.watch.book
        _tell_mistakes(self._book)
        return await self._learn(self._book)

    async def _follow(self) -> None:
        """Learn anew whenever the files have changed."""
        trouble = Trouble(logging.getLogger(__name__), "learning the answers")
        pause = 0.0
        while True:
            if pause:
                await asyncio.sleep(pause)
            else:
                await self.watch.changed()
            try:
                business, book = self.watch.business, self.watch.book.keeping(self._book)
                _tell_mistakes(book)
                matcher = await self._learn(book)
                self._experts.learn(self.watch.words)
                self._responder.personal.business = business
                self._book = book
                self._use(matcher)
                _log.info("the answers were learned anew", answers=len(matcher.book.answers))
                pause = 0.0
                trouble.worked()
            except GivenUpError:
                return
            except Exception as error:
                # What was learned stays, and the chat goes on.
                pause = min(_LONGEST_PAUSE, 2 * pause or self._look_every)
                trouble.failed(error)

    async def _calibrate(self) -> None:
        """Learn of what was learned last how far to trust it; learning does not wait for this."""
        trouble = Trouble(logging.getLogger(__name__), "calibrating the answers")
        while True:
            await self._uncalibrated.wait()
            self._uncalibrated.clear()
            matcher = self.matcher
            try:
                with until(self._stop):
                    await asyncio.to_thread(matcher.calibrate)
                trouble.worked()
            except GivenUpError:
                return
            except Exception as error:
                trouble.failed(error)
            if matcher is self.matcher:
                self._responder.learn(matcher)  # what it judged before is forgotten
                self._calibrated.set()

    def _use(self, matcher: Matcher) -> None:
        self.matcher = matcher
        self._responder.learn(matcher)
        self._calibrated.clear()
        self._uncalibrated.set()

    async def _learn(self, book: AnswerBook) -> Matcher:
        """Learn what of a book is given on this day."""
        valid = book.valid_on(self.watch.day)
        if not valid.answers:
            return Matcher(valid, {})
        with until(self._stop):
            return await asyncio.to_thread(Matcher.train, valid, threshold=self._threshold)

    async def read(self) -> None:
        """Wait until it is known what there is to learn; where it is nothing, all is learned."""
        await self._read.wait()

    def close(self) -> None:
        """Give up learning; what is being learned ends within a second or so."""
        self._stop.set()
        self._learned.cancel()

    async def check_ready(self) -> None:
        """Raise unless everything is learned."""
        if self._consumer is None:
            raise StraksError("the answers are being learned")

    async def settled(self) -> Matcher:
        """Give what it answers by, once it knows how far to trust that."""
        await self._calibrated.wait()
        return self.matcher

    def ask(self, text: str, lang: str | None = None, limit: int = 3) -> list[Suggestion]:
        """Look answers up for a text that is being typed; none while they are being learned."""
        return self._responder.ask(text, lang, limit)

    def book(self) -> AnswerBook:
        """Every answer that is given now; another book when they have changed."""
        return self._responder.book()

    def listed(self, lang: str | None = None) -> list[dict[str, Any]]:
        """Every answer, for agents."""
        return self._responder.listed(lang)

    def languages(self) -> list[str]:
        """The languages that there are answers in."""
        return self._responder.languages()


def _tell_mistakes(book: AnswerBook) -> None:
    for error in book.errors:
        _log.warning("an answer file is broken", problem=str(error))

"""The automatic answers from learning to answering."""

from __future__ import annotations

import asyncio
import datetime
import logging
from collections.abc import Sequence
from pathlib import Path
from threading import Event
from typing import Any, Final

import structlog

from straks.answers.files import AnswerBook, fingerprint
from straks.answers.matcher import THRESHOLD, Matcher
from straks.answers.patience import GivenUpError, until
from straks.answers.responder import Conversations, Responder
from straks.answers.validity import today
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
        name: str = "Straks",
        look_every: float = 1.0,
        clock: Clock | None = None,
    ) -> None:
        """Read the files and begin to learn; ``folder`` None: there are no answers.

        ``threshold``: the least score of an answer that is given, None for the usual one.
        ``name``: what visitors see as the author of the answers. ``look_every``: seconds after
        which the folder is looked at again; what changed in it is learned beside the chat.
        ``clock`` tells the day, on which some answers may not be given; None: the machine's.

        Raises:
            StartError: the folder cannot be read.
        """
        self._folder = folder
        self._look_every = look_every
        self._threshold = THRESHOLD if threshold is None else threshold
        # What the files are is asked first: what changes after that is seen.
        self._seen = frozenset() if folder is None else fingerprint(folder)
        self._book = AnswerBook(()) if folder is None else AnswerBook.load(folder)
        """All answers, those of other days as well."""
        _tell_mistakes(self._book)
        self._clock = clock or SystemClock()
        self._day = today(self._clock)
        """The day whose answers are given."""
        valid = self._book.valid_on(self._day)
        self._feed = feed
        self._responder = Responder(conversations, Matcher(valid, {}), name=name)
        self._consumer: Consumer | None = None
        self._at_once = 0
        """Messages that were answered in this turn of the event loop."""
        self._stop = Event()
        """What is being learned is not wanted any more."""
        self._learned = asyncio.create_task(self._learn(valid), name="learn answers")

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
        self._consumer = Consumer(
            CONSUMER, self._feed, self._responder.handle, urgent=self._responder.is_urgent
        )
        async with asyncio.TaskGroup() as both:
            both.create_task(self._consumer.run())
            if self._folder is not None:
                both.create_task(self._follow(self._folder, matcher))

    async def _follow(self, folder: Path, matcher: Matcher) -> None:
        """Learn anew whenever the files have changed, and stay as they are for one look."""
        trouble = Trouble(logging.getLogger(__name__), "the answer folder")
        before = self._seen
        try:
            await self._calibrate(matcher)
        except GivenUpError:
            return
        except Exception as error:
            trouble.failed(error)
        while True:
            await asyncio.sleep(self._look_every)
            try:
                await self._turn_over()
                found = await asyncio.to_thread(fingerprint, folder)
                if found == before != self._seen:
                    self._seen = found  # what cannot be learned is not tried again and again
                    await self._learn_anew(folder)
                before = found
                trouble.worked()
            except GivenUpError:
                return
            except Exception as error:
                # What was learned stays, and the chat goes on whatever is wrong with a folder.
                trouble.failed(error)

    async def _learn_anew(self, folder: Path) -> None:
        book = (await asyncio.to_thread(AnswerBook.load, folder)).keeping(self._book)
        _tell_mistakes(book)
        await self._give(book, today(self._clock))

    async def _turn_over(self) -> None:
        """Learn anew when other answers hold today than before."""
        day = today(self._clock)
        if day == self._day:
            return
        if self._book.valid_on(day) != self._book.valid_on(self._day):
            await self._give(self._book, day)
        self._day = day

    async def _give(self, book: AnswerBook, day: datetime.date) -> None:
        """Learn what of a book holds on a day, and answer by that."""
        valid = book.valid_on(day)
        matcher = await self._learn(valid)
        self._responder.learn(matcher)
        self._book, self._day = book, day
        await self._calibrate(matcher)
        _log.info("the answers were learned anew", answers=len(valid.answers))

    def close(self) -> None:
        """Give up learning; what is being learned ends within a second or so."""
        self._stop.set()
        self._learned.cancel()

    async def check_ready(self) -> None:
        """Raise unless everything is learned."""
        if self._consumer is None:
            raise StraksError("the answers are being learned")

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

    async def _learn(self, book: AnswerBook) -> Matcher:
        if not book.answers:
            return Matcher(book, {})
        with until(self._stop):
            return await asyncio.to_thread(Matcher.train, book, threshold=self._threshold)

    async def _calibrate(self, matcher: Matcher) -> None:
        with until(self._stop):
            await asyncio.to_thread(matcher.calibrate)
        self._responder.learn(matcher)  # what it judged before is forgotten


def _tell_mistakes(book: AnswerBook) -> None:
    for error in book.errors:
        _log.warning("an answer file is broken", problem=str(error))

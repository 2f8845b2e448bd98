"""From the feed of the log to what is known of customers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import Final, Protocol

from straks.clock import Clock
from straks.conversation.consumer import Consumer
from straks.customers.register import Register
from straks.log.log import Entry, Feed
from straks.records.errors import RecordsUnavailableError
from straks.telemetry import Trouble

__all__ = ["CONSUMER", "Contacts", "Forgetting"]

CONSUMER: Final = "customers"
"""The name of the cursors in the feed."""

_FORGETS_EVERY: Final = 3600.0
_TRIES_AGAIN: Final = 5.0

_log = logging.getLogger(__name__)


class Forgetting(Protocol):
    """Where facts are kept; satisfied by ``straks.records.customers``."""

    async def forget(self, before: int) -> None:
        """Drop what nobody said, used or opened since a time, in ms."""
        ...


class Contacts:
    """Runs the register of what is known of visitors."""

    def __init__(
        self, feed: Feed, register: Register, records: Forgetting, clock: Clock, *, days: int
    ) -> None:
        """``days``: after which what was not said or used again, or was opened, is forgotten."""
        self._records = records
        self._clock = clock
        self._life = days * 86_400_000
        self._consumer = Consumer(
            CONSUMER,
            feed,
            register.handle,
            urgent=lambda entry: entry.kind in {"contact", "details"},
        )

    def committed(self, entries: Sequence[Entry]) -> None:
        """Note new entries; a listener of the log."""
        self._consumer.committed(entries)

    async def run(self) -> None:
        """Follow the feed until cancelled."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._consumer.run())
            both.create_task(self._forget())

    async def _forget(self) -> None:
        trouble = Trouble(_log, "forgetting what visitors said")
        while True:
            try:
                await self._records.forget(self._clock.now_ms() - self._life)
                trouble.worked()
                pause = _FORGETS_EVERY
            except RecordsUnavailableError as error:
                trouble.failed(error)
                pause = _TRIES_AGAIN
            await asyncio.sleep(pause)

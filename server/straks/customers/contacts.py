"""From the feed of the log to what is known of customers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

import orjson

from straks.conversation.consumer import Consumer
from straks.log.log import Entry, Feed, FeedItem

__all__ = ["CONSUMER", "Contacts", "CustomerRecords"]

CONSUMER: Final = "customers"
"""The name of the cursors in the feed."""


class CustomerRecords(Protocol):
    """Where customers are kept; satisfied by ``straks.records.customers``."""

    async def save(self, contacts: Sequence[tuple[str, str | None, str | None, int]]) -> None:
        """Keep (visitor id, e-mail, name, time in ms since the epoch), in order."""
        ...


class Contacts:
    """Keeps how visitors said they can be reached."""

    def __init__(self, feed: Feed, records: CustomerRecords) -> None:
        self._records = records
        self._consumer = Consumer(
            CONSUMER,
            feed,
            self._handle,
            urgent=lambda entry: entry.kind == "contact",
            linger=1.0,
        )

    def committed(self, entries: Sequence[Entry]) -> None:
        """Note new entries; a listener of the log."""
        self._consumer.committed(entries)

    async def run(self) -> None:
        """Follow the feed until cancelled."""
        await self._consumer.run()

    async def _handle(self, items: Sequence[FeedItem]) -> None:
        contacts = [
            _contact(item.entry)
            for item in items
            if item.entry.kind == "contact" and item.entry.channel.startswith("conversation:")
        ]
        await self._records.save(contacts)


def _contact(entry: Entry) -> tuple[str, str | None, str | None, int]:
    data: dict[str, Any] = orjson.loads(entry.data)
    return entry.sender.partition(":")[2], data.get("email"), data.get("name"), entry.at

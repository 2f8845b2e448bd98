"""A client in the room of a small server."""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Any

from straks_client import (
    Client,
    Event,
    Subscription,
    connect,
)
from straks_protocol import (
    Entry,
)
from tests.support.small_server import SmallServer

__all__ = ["ROOM", "join", "said", "say", "take"]

ROOM = "app:room"


def join(server: SmallServer, **options: Any) -> AbstractAsyncContextManager[Client]:
    """Connect; after a lost connection come back at once."""
    return connect(server.url, **{"random": lambda: 0.0, **options})


async def take(subscription: Subscription, count: int) -> list[Event]:
    """Take the next events of a subscription."""
    async with asyncio.timeout(60):
        return [await anext(subscription) for _ in range(count)]


def said(events: list[Event]) -> list[str]:
    """Give the texts of entries; ``!`` for anything else."""
    return [event.data["text"] if isinstance(event, Entry) else "!" for event in events]


async def say(client: Client, *texts: str) -> None:
    """Publish texts in the room, one after the other."""
    for text in texts:
        await client.publish(ROOM, "message", {"text": text})

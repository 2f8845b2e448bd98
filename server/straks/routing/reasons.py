"""Why a conversation goes to a person at once, told to the agents beside it."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Sequence
from functools import partial
from typing import Any, Final, Protocol

import orjson

from straks.conversation.consumer import passes
from straks.conversation.errors import RefusedError
from straks.conversation.service import Author, Done
from straks.log.log import Appended, Entry, FeedItem
from straks_protocol.channels import Channel

__all__ = ["Reasons", "sentence"]

_NAMESPACE: Final = uuid.UUID("0f6a1a5c-54d3-5d0f-8f0c-3f4b3c9a7e21")

_log = logging.getLogger(__name__)


class Desks(Protocol):
    """Where entries go; satisfied by the conversation service."""

    def publish(
        self,
        author: Author,
        channel: Channel,
        key: str,
        kind: str,
        data: dict[str, Any],
        expect: int | None,
        done: Done,
    ) -> None: ...


class Reasons:
    """Writes an ``assign_reason`` on the desk of each conversation that an expert waits in."""

    def __init__(self, desks: Desks, author: Author) -> None:
        """``author``: the server's own principal."""
        self._desks = desks
        self._author = author

    async def tell(self, items: Sequence[FeedItem]) -> None:
        """Write what the items give reason for; the same items again write nothing more.

        Raises:
            RefusedError: it cannot be done now; the same items again will finish it.
        """
        told = [self._tell(item.entry) for item in items if _gives_reasons(item.entry)]
        for outcome in told and await asyncio.gather(*told):
            if isinstance(outcome, RefusedError):
                if passes(outcome):
                    raise outcome
                _log.error("the reasons for an expert were refused: %s", outcome)

    def _tell(self, entry: Entry) -> asyncio.Future[Appended | RefusedError]:
        told: asyncio.Future[Appended | RefusedError] = asyncio.get_running_loop().create_future()
        self._desks.publish(
            self._author,
            Channel("desk", entry.channel.partition(":")[2]),
            str(uuid.uuid5(_NAMESPACE, entry.id)),
            "assign_reason",
            {"text": sentence(orjson.loads(entry.data)["expert"]["reasons"])},
            None,
            partial(_settle, told),
        )
        return told


def sentence(reasons: Sequence[str]) -> str:
    """Put the reasons why somebody counts as an expert into words for agents."""
    return f"An expert asks: {'; '.join(reasons)}."


def _gives_reasons(entry: Entry) -> bool:
    return (
        entry.kind == "ask_human"
        and entry.advances
        and b'"expert"' in entry.data
        and not entry.sender.startswith("visitor:")
        and not entry.redacted
    )


def _settle(
    told: asyncio.Future[Appended | RefusedError], outcome: Appended | RefusedError
) -> None:
    if not told.done():
        told.set_result(outcome)

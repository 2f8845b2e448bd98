"""The client: connect, open, publish, subscribe, ask."""

from __future__ import annotations

import asyncio
import os
import random as _random
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

from straks_protocol import (
    KEY_RANDOM_BYTES,
    Answer,
    Answers,
    Ask,
    ClientMessage,
    Codec,
    History,
    HistoryPage,
    Item,
    Opened,
    Position,
    Presence,
    PresencePush,
    Principal,
    Published,
    Signal,
    Welcome,
    make_key,
)

from .connection import Connection
from .errors import ConnectError
from .options import Options, Token, codec_named, socket_url
from .subscription import Subscription

__all__ = ["Client", "connect"]

MAX_REQUESTS: Final = 128
"""Questions that are unanswered at a time; further ones wait ("wait")."""

M = TypeVar("M")


class Client:
    """One visitor, agent or app on a server, across connections. Made by :func:`connect`."""

    def __init__(self, connection: Connection, codec: Codec) -> None:
        self._connection = connection
        self._link = connection.link
        self._codec = codec
        self._asking = asyncio.Semaphore(MAX_REQUESTS)

    @property
    def welcome(self) -> Welcome:
        """The newest welcome: session, limits, heartbeat."""
        welcome = self._link.welcome
        if welcome is None:
            raise ConnectError("no server has said welcome yet")
        return welcome

    @property
    def principal(self) -> Principal:
        """Who this client is to the server."""
        return self.welcome.principal

    @property
    def token(self) -> str | None:
        """The token to come back with; a visitor's is renewed by the server."""
        return self._connection.token

    @property
    def connected(self) -> bool:
        """Whether the server has welcomed the connection of now."""
        return self._link.welcomed.is_set()

    @property
    def unacknowledged(self) -> int:
        """How many publishes wait for the server's word."""
        return len(self._link.outbox)

    async def open(
        self,
        text: str,
        *,
        page: Mapping[str, str] | None = None,
        lang: str | None = None,
        key: str | None = None,
    ) -> Opened:
        """Begin a conversation with its first message; ``page`` has ``url`` and maybe ``title``.

        Raises: as :meth:`publish`.
        """
        data: dict[str, Any] = {"text": text}
        if page is not None:
            data["page"] = dict(page)
        if lang is not None:
            data["lang"] = lang
        opened: Opened = await self._publish(Item(key=key or _new_key(), data=data))
        return opened

    async def publish(
        self,
        channel: str,
        kind: str,
        data: Mapping[str, Any],
        *,
        expect: int | None = None,
        key: str | None = None,
    ) -> Published:
        """Append an entry to a channel; return when it is durable.

        Sent again, with the same key, until the server has settled it, over as many connections as
        that takes; publishes to one channel keep their order. Cancelling the wait does not take it
        back.

        Raises:
            RefusedError: the server refused it for good.
            LocalProtocolError: ``data`` cannot be written, or the outbox is full.
            DisconnectedError: the server told the client not to come back.
            ClosedError: the client was closed before.
        """
        item = Item(
            key=key or _new_key(), channel=channel, kind=kind, data=dict(data), expect=expect
        )
        published: Published = await self._publish(item)
        return published

    def subscribe(
        self,
        channel: str,
        *,
        after: Position | None = None,
        limit: int | None = None,
        pushes: bool = False,
    ) -> Subscription:
        """Follow a channel: an asynchronous iterator of its entries, across connections.

        Without ``after`` it begins with the latest page; ``Position(offset=0, id="")`` begins with
        the first entry. A :class:`Reset` among the entries says that the log lost what was read.
        With ``pushes`` signals, read watermarks and presence come too.

        Raises:
            ValueError: this client follows the channel already.
        """
        subscription = Subscription(
            channel,
            after=after,
            limit=limit,
            pushes=pushes,
            wake=self._connection.wake,
            leave=self._link.leave,
        )
        self._link.follow(subscription)
        return subscription

    def signal(self, channel: str, kind: str, data: Mapping[str, Any] | None = None) -> None:
        """Say something that is true for seconds; lost while there is no connection."""
        found = None if data is None else dict(data)
        message = Signal(channel=channel, kind=kind, data=found)
        self._codec.encode(message)
        self._link.signal(message)

    def read(self, channel: str, offset: int) -> None:
        """Say that everything up to ``offset`` was seen; said again after each reconnect."""
        self._link.mark(channel, offset)

    async def history(
        self,
        channel: str,
        *,
        before: int | None = None,
        after: int | None = None,
        limit: int | None = None,
    ) -> HistoryPage:
        """Read a page of a channel's log, in rising order.

        Raises:
            RefusedError: the server refused it, maybe for now (``retry_after``).
        """
        return await self._ask(
            lambda request_id: History(
                id=request_id, channel=channel, before=before, after=after, limit=limit
            ),
            HistoryPage,
        )

    async def presence(self, channel: str) -> PresencePush:
        """Ask who is connected to a conversation, and whether any agent is there at all.

        Raises: as :meth:`history`.
        """
        return await self._ask(
            lambda request_id: Presence(id=request_id, channel=channel), PresencePush
        )

    async def ask(self, text: str, *, lang: str | None = None) -> list[Answer]:
        """Look canned answers up; best first.

        Raises: as :meth:`history`.
        """
        found = await self._ask(lambda id_: Ask(id=id_, text=text, lang=lang), Answers)
        return found.answers

    async def _publish(self, item: Item) -> Any:
        self._codec.encode(item.request(1))  # what cannot be written must not enter the outbox
        return await self._link.publish(item)

    async def _ask(self, make: Callable[[int], ClientMessage], answer: type[M]) -> M:
        self._codec.encode(make(1))
        async with self._asking:
            found = await self._link.request(make)
        assert isinstance(found, answer)  # the session checked that it answers the question
        return found


@asynccontextmanager
async def connect(
    url: str,
    *,
    token: Token = None,
    codec: str = "json",
    origin: str | None = None,
    timeout: float = 10.0,  # noqa: ASYNC109  -- until the first welcome; the context lives on
    random: Callable[[], float] = _random.random,
    outbox_capacity: int = 1_000,
) -> AsyncIterator[Client]:
    """Connect to a server and stay connected for the length of the context.

    ``url`` is the server's address (``http``, ``https``, ``ws`` or ``wss``). Without ``token`` the
    client is a new visitor; a function as ``token`` is asked for a fresh one for each connection.
    ``origin`` is the header of that name: a visitor's token is bound to it, and an agent's works
    with the console's only.
    ``timeout`` is in seconds.

    Raises:
        ConnectError: no server said welcome in time.
        DisconnectedError: the server refused the client for good.
        ValueError: ``url`` or ``codec`` make no sense.
    """
    options = Options(
        url=socket_url(url),
        codec=codec_named(codec),
        token=token,
        origin=origin,
        open_timeout=timeout,
        random=random,
        outbox_capacity=outbox_capacity,
    )
    connection = Connection(options)
    running = asyncio.create_task(connection.run(), name=f"straks_client {options.url}")
    try:
        await _first_welcome(connection, running, timeout)
        yield Client(connection, options.codec)
    finally:
        await connection.stop(running)


async def _first_welcome(
    connection: Connection, running: asyncio.Task[None], seconds: float
) -> None:
    welcomed = asyncio.create_task(connection.link.welcomed.wait())
    try:
        await asyncio.wait(
            {welcomed, running}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED
        )
        if connection.link.error is not None:
            raise connection.link.error
        if not welcomed.done():
            raise ConnectError(f"no welcome within {seconds:g} s: {connection.last_problem}")
    finally:
        welcomed.cancel()


def _new_key() -> str:
    return make_key(time.time_ns() // 1_000_000, os.urandom(KEY_RANDOM_BYTES))

"""The composition root: opens every part, connects them, runs them until the end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

import structlog

from straks.accounts import permissions
from straks.accounts.apps import Apps
from straks.accounts.authentication import Authenticator
from straks.accounts.passwords import Passwords
from straks.accounts.secret import load_secret
from straks.accounts.service import Accounts
from straks.accounts.visitors import Visitors
from straks.accounts.watch import watch_sessions
from straks.answers.editor import Editor
from straks.answers.wanted import Wanted
from straks.clock import SystemClock
from straks.config import Settings
from straks.edge.config import EdgeConfig
from straks.edge.context import EdgeContext
from straks.edge.server import bind
from straks.edge.server import serve as serve_edge
from straks.errors import StraksError, first_of
from straks.log.lock import DirectoryLock
from straks.parts import Door, Floor, open_door, open_floor
from straks.records.accounts import AccountRecords
from straks.records.answer_files import AnswerFileRecords
from straks.records.apps import AppRecords
from straks.records.asked_twice import AskedTwiceRecords
from straks.records.database import Database
from straks.records.directory import open_directory
from straks.records.questions import QuestionRecords
from straks.storage import (
    SECRET_FILE,
    check_places,
    open_log,
    place_shown,
    records_place,
    shared_identity,
)
from straks.web.context import WebContext
from straks.web.probe import LogProbe
from straks.web.routes import web_app
from straks_protocol import CloseCode

__all__ = ["BrokenError", "Straks", "open_accounts", "open_apps", "open_straks"]

_log = structlog.get_logger(__name__)

_STATIC: Final = Path(__file__).parent / "static"


class BrokenError(StraksError):
    """A part that the server cannot live without has failed."""


class Straks:
    """An opened server.

    ``url`` is the address that browsers use, ``storage`` tells people where the data is.
    """

    def __init__(
        self,
        settings: Settings,
        listener: socket.socket,
        database: Database,
        door: Door,
        floor: Floor,
    ) -> None:
        self.settings = settings
        self.url = settings.url(listener.getsockname()[1])
        self.accounts = door.accounts
        self.sessions = door.sessions
        self.storage = place_shown(settings)
        self._listener = listener
        self._database = database
        self._door = door
        self._floor = floor

    async def run(
        self,
        started: Callable[[], None],
        *,
        beside: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        """Serve until a signal, then drain. ``beside`` runs as long and is cancelled at the end.

        Raises:
            StartError: the certificate cannot be used.
            BrokenError: a part failed; what was acknowledged is safe.
        """
        floor = self._floor
        parts: dict[str, Callable[[], Awaitable[None]]] = {
            "commit": floor.commit.run,
            "conversations": floor.conversations.run,
            "inbox": floor.inbox.run,
            "contacts": floor.contacts.run,
            "answers": floor.answers.run,
            "questions": floor.asked.run,
            "directory": self._door.directory.run,
            "sessions": partial(watch_sessions, self.sessions, floor.hub, apps=self._door.apps),
        }
        if floor.mover is not None:
            parts["archive"] = floor.mover.run
        if beside is not None:
            parts["beside"] = beside
        stopping = asyncio.Event()
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [
                    group.create_task(_for_ever(name, part, stopping), name=name)
                    for name, part in parts.items()
                ]
                await self._serve(started, stopping)
                for task in tasks:
                    task.cancel()
        except BaseExceptionGroup as failures:
            raise first_of(failures) from failures

    async def _serve(self, started: Callable[[], None], stopping: asyncio.Event) -> None:
        floor = self._floor
        context = self._edge_context()

        async def flush() -> None:
            stopping.set()
            _log.info("stopping", connections=context.connections)
            floor.hub.freeze()
            floor.conversations.refuse_all()
            await floor.commit.drain()

        def announce() -> None:
            _log.info("serving", url=self.url, storage=self.storage)
            started()

        await serve_edge(
            context.config,
            cast("Any", web_app(self._web_context(context))),
            context,
            flush=flush,
            started=announce,
            listener=self._listener,
        )

    def _edge_context(self) -> EdgeContext:
        door, floor, settings = self._door, self._floor, self.settings
        visitors = Visitors(
            door.records,
            door.tokens,
            door.origins,
            revoked=lambda family: floor.hub.close_session(family, CloseCode.TOKEN_REVOKED),
        )
        return EdgeContext(
            EdgeConfig.of(settings),
            hub=floor.hub,
            log=floor.log,
            conversations=floor.conversations,
            permissions=permissions,
            authenticator=Authenticator(
                door.tokens, visitors, door.sessions, door.origins, door.apps
            ),
            ask=floor.answers.ask,
        )

    def _web_context(self, edge: EdgeContext) -> WebContext:
        door, floor = self._door, self._floor
        clock, questions = SystemClock(), QuestionRecords(self._database)
        files = AnswerFileRecords(self._database)
        return WebContext(
            accounts=door.accounts,
            sessions=door.sessions,
            tokens=door.tokens,
            origins=door.origins,
            connections=floor.hub,
            inbox=floor.inbox,
            conversations=floor.conversations,
            answers=floor.answers,
            editor=Editor(floor.answers, files, questions, clock),
            wanted=Wanted(floor.answers, questions, AskedTwiceRecords(self._database), clock),
            clock=clock,
            checks={
                "log": LogProbe(floor.log, floor.conversations).check,
                "records": self._database.check,
                "answers": floor.answers.check_ready,
            },
            # The chat goes on without records that are elsewhere; all servers lack them alike.
            optional=frozenset({"records"}) if self._database.shared else frozenset(),
            draining=lambda: not edge.ready,
            site_name=self.settings.site_name,
            public_url=self.settings.public_url,
            help_centre=self.settings.help_centre,
            static=_STATIC,
        )


@asynccontextmanager
async def open_straks(settings: Settings) -> AsyncIterator[Straks]:
    """Open all parts of a server.

    Raises:
        StartError: it cannot start; the message says why and what to do.
    """
    async with AsyncExitStack() as stack:
        listener = bind(settings.host, settings.port)
        stack.callback(listener.close)
        data = open_directory(settings.data)
        check_places(settings)
        # Whoever shares the log shares the records: the log is asked whose it is.
        lock = stack.enter_context(DirectoryLock.take(data)) if settings.redis else None
        database = await Database.open(records_place(settings))
        stack.push_async_callback(database.close)
        own = load_secret(data / SECRET_FILE)
        secret, identity = await shared_identity(settings, database, own)
        log = await open_log(settings, data, lock, identity, database, stack)
        url = settings.url(listener.getsockname()[1])
        door = open_door(settings, url, database, secret, stack)
        await door.directory.refresh()
        floor = open_floor(settings, log, database, door, secret, stack)
        await floor.answers.read()
        yield Straks(settings, listener, database, door, floor)


@asynccontextmanager
async def open_accounts(settings: Settings) -> AsyncIterator[Accounts]:
    """Open the accounts alone, also beside a running server.

    Raises:
        StartError: the data directory or the database cannot be used.
    """
    async with AsyncExitStack() as stack:
        database = await Database.open(records_place(settings))
        stack.push_async_callback(database.close)
        passwords = Passwords()
        stack.callback(passwords.close)
        yield Accounts(AccountRecords(database), passwords, SystemClock())


@asynccontextmanager
async def open_apps(settings: Settings) -> AsyncIterator[Apps]:
    """Open the apps' keys alone, also beside a running server.

    Raises:
        StartError: the data directory or the database cannot be used.
    """
    database = await Database.open(records_place(settings))
    try:
        yield Apps(AppRecords(database), SystemClock())
    finally:
        await database.close()


async def _for_ever(
    name: str, part: Callable[[], Awaitable[None]], stopping: asyncio.Event
) -> None:
    """Run a part that has no end but the server's."""
    try:
        await part()
    except Exception as error:
        _log.critical("a part failed, the server ends", part=name, exc_info=error)
        raise BrokenError(f"The part {name} failed: {error}.") from error
    if not stopping.is_set():
        _log.critical("a part ended, the server ends", part=name)
        raise BrokenError(f"The part {name} ended.")

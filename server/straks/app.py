"""The composition root: opens every part, connects them, runs them until the end."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final, cast

import structlog

from straks.accounts import permissions
from straks.accounts.apps import Apps
from straks.accounts.authentication import Authenticator
from straks.accounts.directory import Directory
from straks.accounts.origins import AllowedOrigins
from straks.accounts.passwords import Passwords
from straks.accounts.principals import SERVER
from straks.accounts.secret import derive_key, load_secret
from straks.accounts.service import Accounts
from straks.accounts.sessions import Sessions
from straks.accounts.tokens import Tokens
from straks.accounts.visitors import Visitors
from straks.accounts.watch import watch_sessions
from straks.answers.bots import Bot
from straks.answers.room import AnswerRoom
from straks.archive.mover import Mover
from straks.clock import Clock, SystemClock
from straks.config import Settings
from straks.conversation.service import ConversationService
from straks.customers.contacts import Contacts
from straks.edge.config import EdgeConfig
from straks.edge.context import EdgeContext
from straks.edge.server import bind
from straks.edge.server import serve as serve_edge
from straks.errors import StraksError, first_of
from straks.hub.hub import Hub
from straks.log.lanes import LaneCommit
from straks.log.lock import DirectoryLock
from straks.records.accounts import AccountRecords
from straks.records.apps import AppRecords
from straks.records.archive import ArchiveRecords
from straks.records.customers import SQLCustomerRecords
from straks.records.database import Database
from straks.records.directory import open_directory
from straks.records.inbox import SQLInboxRecords
from straks.routing.inbox import Inbox
from straks.storage import (
    SECRET_FILE,
    Storage,
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
from straks_protocol.channels import Channel

__all__ = ["BrokenError", "Straks", "open_accounts", "open_apps", "open_straks"]

_log = structlog.get_logger(__name__)

_STATIC: Final = Path(__file__).parent / "static"


class BrokenError(StraksError):
    """A part that the server cannot live without has failed."""


@dataclass(frozen=True, slots=True)
class Door:
    """The parts that know who is who."""

    accounts: Accounts
    apps: Apps
    sessions: Sessions
    tokens: Tokens
    origins: AllowedOrigins
    records: AccountRecords
    directory: Directory


@dataclass(frozen=True, slots=True)
class Floor:
    """The parts that conversations go through, from the log up."""

    log: Storage
    commit: LaneCommit
    conversations: ConversationService
    hub: Hub
    inbox: Inbox
    contacts: Contacts
    answers: AnswerRoom
    mover: Mover | None


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
        return WebContext(
            accounts=door.accounts,
            sessions=door.sessions,
            tokens=door.tokens,
            origins=door.origins,
            connections=floor.hub,
            inbox=floor.inbox,
            conversations=floor.conversations,
            answers=floor.answers,
            clock=SystemClock(),
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
        door = _door(settings, url, database, secret, stack)
        await door.directory.refresh()
        floor = _floor(settings, log, database, door, secret, stack)
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


def _door(
    settings: Settings, url: str, database: Database, secret: bytes, stack: AsyncExitStack
) -> Door:
    clock = SystemClock()
    records = AccountRecords(database)
    passwords = Passwords()
    stack.callback(passwords.close)
    life = settings.visitor_token_days * 86_400
    return Door(
        accounts=Accounts(records, passwords, clock),
        apps=Apps(AppRecords(database), clock),
        sessions=Sessions(records, clock),
        tokens=Tokens(derive_key(secret, "tokens"), clock, visitor_life=life),
        origins=AllowedOrigins(settings.allowed_origins, own=url),
        records=records,
        directory=Directory(records),
    )


def _floor(
    settings: Settings,
    log: Storage,
    database: Database,
    door: Door,
    secret: bytes,
    stack: AsyncExitStack,
) -> Floor:
    clock = SystemClock()
    commit = LaneCommit(log)
    conversations = ConversationService(
        log,
        commit,
        permissions,
        secret=derive_key(secret, "channels"),
        clock=clock,
        targets=door.directory,
        archives_after=settings.archive_seconds if log.archiving is not None else None,
    )
    answers = AnswerRoom(
        settings.answers,
        conversations,
        log,
        threshold=settings.answer_threshold,
        expert_threshold=settings.expert_threshold,
        name=settings.site_name,
    )
    conversations.foresight = answers.foresee
    stack.callback(answers.close)
    floor = Floor(
        log=log,
        commit=commit,
        conversations=conversations,
        hub=Hub(log, conversations, asyncio.get_running_loop(), nodes=log.nodes),
        inbox=Inbox(conversations, log, log, SQLInboxRecords(database), SERVER, clock),
        contacts=Contacts(log, SQLCustomerRecords(database)),
        answers=answers,
        mover=_mover(settings, log, database, clock),
    )
    if settings.bot is not None:
        conversations.contested = True
        answers.appoint(_bot(settings.bot, settings.bot_timeout, floor, clock))
    log.watch(floor.hub)
    # Who answers or delivers an entry looks at the state after it.
    log.listen(conversations.committed, fold=True)
    for listener in (floor.answers, floor.hub, floor.inbox, floor.contacts):
        log.listen(listener.committed)
    return floor


def _bot(name: str, timeout: float, floor: Floor, clock: Clock) -> Bot:
    channel = str(Channel("app", name))

    def connected() -> bool:
        # On several servers nobody knows cheaply where it is: it shows by its answers.
        return floor.hub.is_open(channel) or bool(floor.log.nodes.others())

    return Bot(name, timeout, connected, clock)


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


def _mover(settings: Settings, log: Storage, database: Database, clock: Clock) -> Mover | None:
    if log.archiving is None:
        return None
    records = ArchiveRecords(database)
    return Mover(records, log.archiving, log, clock, after_seconds=settings.archive_seconds)

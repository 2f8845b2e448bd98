"""The parts of a server, and how they are connected."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass

from straks.accounts import permissions
from straks.accounts.apps import Apps
from straks.accounts.directory import Directory
from straks.accounts.origins import AllowedOrigins
from straks.accounts.passwords import Passwords
from straks.accounts.principals import SERVER
from straks.accounts.secret import derive_key
from straks.accounts.service import Accounts
from straks.accounts.sessions import Sessions
from straks.accounts.tokens import Tokens
from straks.answers.asked import AskedQuestions
from straks.answers.bots import Bot
from straks.answers.room import AnswerRoom
from straks.archive.mover import Mover
from straks.clock import Clock, SystemClock
from straks.config import Settings
from straks.conversation.service import ConversationService
from straks.customers.contacts import Contacts
from straks.customers.register import Register
from straks.hub.hub import Hub
from straks.log.lanes import LaneCommit
from straks.records.accounts import AccountRecords
from straks.records.answer_files import AnswerFileRecords
from straks.records.apps import AppRecords
from straks.records.archive import ArchiveRecords
from straks.records.asked_twice import AskedTwiceRecords
from straks.records.customers import SQLCustomerRecords
from straks.records.database import Database
from straks.records.inbox import SQLInboxRecords
from straks.records.questions import QuestionRecords
from straks.routing.inbox import Inbox
from straks.storage import (
    Storage,
)
from straks_protocol.channels import Channel

__all__ = ["Door", "Floor", "open_door", "open_floor"]


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
    asked: AskedQuestions
    mover: Mover | None


def open_door(
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


def open_floor(
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
    customers = SQLCustomerRecords(database)
    answers = AnswerRoom(
        settings.answers,
        conversations,
        log,
        edited=AnswerFileRecords(database),
        business=settings.answer_variables,
        known=customers,
        threshold=settings.answer_threshold,
        expert_threshold=settings.expert_threshold,
        name=settings.site_name,
        clock=clock,
    )
    conversations.foresight = answers.foresee
    stack.callback(answers.close)
    register = Register(customers, AskedTwiceRecords(database), conversations, SERVER, clock)
    days = settings.visitor_token_days
    floor = Floor(
        log=log,
        commit=commit,
        conversations=conversations,
        hub=Hub(log, conversations, asyncio.get_running_loop(), nodes=log.nodes),
        inbox=Inbox(conversations, log, log, SQLInboxRecords(database), SERVER, clock),
        contacts=Contacts(log, register, customers, clock, days=days),
        answers=answers,
        asked=AskedQuestions(log, QuestionRecords(database), conversations),
        mover=_mover(settings, log, database, clock),
    )
    if settings.bot is not None:
        conversations.contested = True
        answers.appoint(_bot(settings.bot, settings.bot_timeout, floor, clock))
    log.watch(floor.hub)
    # Who answers or delivers an entry looks at the state after it.
    log.listen(conversations.committed, fold=True)
    for listener in (floor.answers, floor.hub, floor.inbox, floor.contacts, floor.asked):
        log.listen(listener.committed)
    return floor


def _bot(name: str, timeout: float, floor: Floor, clock: Clock) -> Bot:
    channel = str(Channel("app", name))

    def connected() -> bool:
        # On several servers nobody knows cheaply where it is: it shows by its answers.
        return floor.hub.is_open(channel) or bool(floor.log.nodes.others())

    return Bot(name, timeout, connected, clock)


def _mover(settings: Settings, log: Storage, database: Database, clock: Clock) -> Mover | None:
    if log.archiving is None:
        return None
    records = ArchiveRecords(database)
    return Mover(records, log.archiving, log, clock, after_seconds=settings.archive_seconds)

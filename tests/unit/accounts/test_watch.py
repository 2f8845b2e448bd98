"""Sockets whose session ended."""

from __future__ import annotations

import asyncio

from straks.accounts.passwords import Passwords
from straks.accounts.service import Accounts
from straks.accounts.sessions import IDLE_LIFE, Sessions
from straks.accounts.watch import watch_sessions
from straks.clock import ManualClock
from straks.records.accounts import AccountRecords, AgentRow
from straks.records.database import Database
from straks_protocol import CloseCode


class Sockets:
    def __init__(self, *sessions: str) -> None:
        self.open = list(sessions)
        self.apps: list[str] = []
        self.closed: list[tuple[str, CloseCode]] = []
        self.first_closed = asyncio.Event()

    def agent_sessions(self) -> list[str]:
        return list(self.open)

    def app_sessions(self) -> list[str]:
        return list(self.apps)

    def close_session(self, session: str, code: CloseCode) -> None:
        (self.apps if session in self.apps else self.open).remove(session)
        self.closed.append((session, code))
        self.first_closed.set()


async def test_the_sockets_of_an_ended_session_are_closed_and_others_stay(
    database: Database, clock: ManualClock
) -> None:
    records = AccountRecords(database)
    sessions = Sessions(records, clock)
    agent = AgentRow(id="a", email="a@b", name="A", password_hash=None, created_at=1)
    await records.add_agent(agent)
    idle, _ = await sessions.begin(agent)
    clock.advance(IDLE_LIFE)
    fresh, _ = await sessions.begin(agent)
    sockets = Sockets(fresh.id, idle.id)
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        watch = group.create_task(watch_sessions(sessions, sockets, every=0.01))
        await sockets.first_closed.wait()
        watch.cancel()
    assert sockets.closed == [(idle.id, CloseCode.SIGNED_OUT)]
    assert sockets.open == [fresh.id]


async def test_a_password_changed_elsewhere_ends_the_sessions(
    database: Database, clock: ManualClock
) -> None:
    records = AccountRecords(database)
    sessions = Sessions(records, clock)
    passwords = Passwords()
    accounts = Accounts(records, passwords, clock)
    agent = AgentRow(id="a", email="a@b", name="A", password_hash=None, created_at=1)
    await records.add_agent(agent)
    session, _ = await sessions.begin(agent)
    await accounts.set_password("a@b", "another horse")
    passwords.close()
    assert await sessions.find_by_id(session.id) is None

"""Sessions of agents."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from straks.accounts.passwords import PasswordError, Passwords
from straks.accounts.service import Accounts, BadEmailError, UnknownAgentError
from straks.accounts.sessions import IDLE_LIFE, LINK_LIFE, WHOLE_LIFE, Session, Sessions
from straks.clock import ManualClock
from straks.conversation.errors import RefusedError
from straks.records.accounts import AccountRecords, AgentExistsError
from straks.records.database import Database
from straks_protocol import ErrorCode

PASSWORD = "correct horse"


class Room:
    def __init__(self, database: Database, clock: ManualClock) -> None:
        records = AccountRecords(database)
        self.passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        self.accounts = Accounts(records, self.passwords, clock)
        self.sessions = Sessions(records, clock)

    async def sign_in(self, password: str = PASSWORD) -> tuple[Session, str]:
        agent = await self.accounts.sign_in("bo@chat.example", password, "192.0.2.1")
        assert agent is not None
        return await self.sessions.begin(agent)


@pytest.fixture
async def room(database: Database, clock: ManualClock) -> AsyncIterator[Room]:
    made = Room(database, clock)
    await made.accounts.add_agent(" Bo@Chat.example ", " Bo  Berg ", PASSWORD)
    yield made
    made.passwords.close()


async def test_a_cookie_finds_its_session_until_sign_out(room: Room) -> None:
    session, secret = await room.sign_in()
    found = await room.sessions.find(secret)
    assert found == session
    assert (session.agent.name, session.agent.email) == ("Bo Berg", "bo@chat.example")
    await room.sessions.end(session.id)
    assert await room.sessions.find(secret) is None
    assert await room.sessions.find("another") is None


async def test_the_secret_itself_is_not_stored(room: Room, tmp_path: Path) -> None:
    _session, secret = await room.sign_in()
    link = await room.sessions.make_link(_session.agent.id)
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("records.db*"))
    assert _session.id.encode() in stored
    for hidden in (secret, link, PASSWORD):
        assert hidden.encode() not in stored


async def test_an_idle_session_ends_and_a_used_one_slides(room: Room, clock: ManualClock) -> None:
    _session, secret = await room.sign_in()
    clock.advance(IDLE_LIFE - 1)
    assert await room.sessions.find(secret)
    clock.advance(IDLE_LIFE - 1)
    assert await room.sessions.find(secret)
    clock.advance(IDLE_LIFE)
    assert await room.sessions.find(secret) is None


async def test_no_session_outlives_its_absolute_end(room: Room, clock: ManualClock) -> None:
    session, secret = await room.sign_in()
    for _ in range(WHOLE_LIFE // 36_000):
        assert await room.sessions.find(secret)
        clock.advance(36_000)
    clock.advance(36_000)
    assert await room.sessions.find(secret) is None
    assert await room.sessions.find_by_id(session.id) is None


async def test_a_link_signs_in_once(room: Room, clock: ManualClock) -> None:
    agent = await room.accounts.find("bo@chat.example")
    assert agent is not None
    link = await room.sessions.make_link(agent.id)
    used = await room.sessions.use_link(link)
    assert used is not None
    assert used.id == agent.id
    assert await room.sessions.use_link(link) is None
    late = await room.sessions.make_link(agent.id)
    clock.advance(LINK_LIFE)
    assert await room.sessions.use_link(late) is None


async def test_a_new_password_signs_out_everywhere(room: Room) -> None:
    session, secret = await room.sign_in()
    link = await room.sessions.make_link(session.agent.id)
    await room.accounts.set_password("BO@chat.example", "another horse")
    assert await room.sessions.find(secret) is None
    assert await room.sessions.use_link(link) is None
    assert await room.accounts.sign_in("bo@chat.example", PASSWORD, "192.0.2.2") is None
    await room.sign_in("another horse")


async def test_mistakes_in_accounts_are_named(room: Room) -> None:
    with pytest.raises(AgentExistsError):
        await room.accounts.add_agent("BO@chat.example", "Bo", PASSWORD)
    with pytest.raises(BadEmailError):
        await room.accounts.add_agent("no address", "Bo", PASSWORD)
    with pytest.raises(BadEmailError):
        await room.accounts.add_agent("cy@chat.example", " ", PASSWORD)
    with pytest.raises(PasswordError):
        await room.accounts.add_agent("cy@chat.example", "Cy", "short")
    with pytest.raises(UnknownAgentError):
        await room.accounts.set_password("cy@chat.example", PASSWORD)


async def test_failed_sign_ins_slow_down_per_account_and_address(
    room: Room, clock: ManualClock
) -> None:
    assert await room.accounts.sign_in("else@chat.example", "wrong", "192.0.2.1") is None
    for _ in range(6):
        assert await room.accounts.sign_in("bo@chat.example", "wrong", "192.0.2.9") is None
    for email, address in (("bo@chat.example", "192.0.2.1"), ("else@chat.example", "192.0.2.9")):
        with pytest.raises(RefusedError) as refused:
            await room.accounts.sign_in(email, PASSWORD, address)
        assert refused.value.code is ErrorCode.RATE_LIMITED
        assert refused.value.retry_after == 1
    with pytest.raises(RefusedError):
        room.accounts.check_address("192.0.2.9")
    clock.advance(1)
    assert await room.accounts.sign_in("bo@chat.example", PASSWORD, "192.0.2.1") is not None


async def test_an_agent_without_a_password_signs_in_by_link_only(room: Room) -> None:
    await room.accounts.add_agent("demo@chat.example", "Demo", None)
    for guess in ("", "None", PASSWORD):
        assert await room.accounts.sign_in("demo@chat.example", guess, "192.0.2.1") is None

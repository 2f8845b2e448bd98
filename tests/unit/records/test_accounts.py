"""Accounts, sessions, links and token families as rows."""

from __future__ import annotations

import asyncio

import pytest

from straks.records.accounts import AccountRecords, AgentExistsError, AgentRow, SessionRow
from straks.records.database import Database

ANN = AgentRow(id="a", email="ann@chat.example", name="Ann", password_hash="h", created_at=1)


@pytest.fixture
async def records(database: Database) -> AccountRecords:
    found = AccountRecords(database)
    await found.add_agent(ANN)
    return found


def session(name: str, ends_at: int) -> SessionRow:
    return SessionRow(id=name, agent_id="a", created_at=0, seen_at=0, ends_at=ends_at)


async def test_an_address_is_taken_once(records: AccountRecords) -> None:
    with pytest.raises(AgentExistsError, match="ann@chat.example"):
        await records.add_agent(
            AgentRow(id="b", email=ANN.email, name="B", password_hash=None, created_at=2)
        )
    assert await records.agent_by_email(ANN.email) == ANN
    assert await records.agent_by_email("b@chat.example") is None


async def test_a_new_session_clears_away_those_that_ended(records: AccountRecords) -> None:
    await records.add_session(session("old", 10), "old", expired_before=0)
    await records.add_session(session("new", 99), "new", expired_before=10)
    assert await records.session("old") is None
    assert await records.session_by_secret("new") == (session("new", 99), ANN)


async def test_a_new_password_ends_sessions_and_links_where_it_should(
    records: AccountRecords,
) -> None:
    await records.add_session(session("s", 99), "s", expired_before=0)
    await records.set_password("a", "rehashed", sign_out=False)
    assert await records.session("s") is not None
    await records.add_link("a", "link", 99, now=0)
    await records.set_password("a", "another", sign_out=True)
    assert await records.session("s") is None
    assert await records.take_link("link", now=1) is None


async def test_of_many_at_once_one_takes_a_link(records: AccountRecords) -> None:
    await records.add_link("a", "link", 99, now=0)
    taken = await asyncio.gather(*(records.take_link("link", now=1) for _ in range(8)))
    assert [row for row in taken if row is not None] == [ANN]


async def test_a_link_ends_with_its_time(records: AccountRecords) -> None:
    await records.add_link("a", "late", 10, now=0)
    assert await records.take_link("late", now=10) is None


async def test_generations_of_a_family_only_rise(records: AccountRecords) -> None:
    for generation in (1, 2, 1):
        await records.issue_generation("f", "v", generation, now=generation)
    await records.confirm_generation("f", 2, now=7)
    await records.confirm_generation("f", 1, now=9)
    family = await records.family("f")
    assert family is not None
    assert (family.issued, family.confirmed, family.confirmed_at) == (2, 2, 7)
    assert not family.revoked
    await records.revoke_family("f")
    revoked = await records.family("f")
    assert revoked is not None
    assert revoked.revoked

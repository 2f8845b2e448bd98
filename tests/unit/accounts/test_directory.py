"""Whom conversations can be handed to."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from straks.accounts.directory import Directory
from straks.conversation.errors import RefusedError
from straks.records.accounts import AccountRecords, AgentRow
from straks.records.database import Database
from straks_protocol import ErrorCode


async def add(records: AccountRecords, name: str, *, disabled: bool = False) -> None:
    await records.add_agent(
        AgentRow(
            id=name,
            email=f"{name}@chat.example",
            name=name,
            password_hash=None,
            created_at=1,
            disabled=disabled,
        )
    )


@pytest.mark.parametrize(
    ("data", "named"),
    [({"agent": "nobody"}, "agent"), ({"agent": "gone"}, "agent"), ({"team": "none"}, "team")],
)
async def test_nobody_is_handed_a_conversation(
    database: Database, data: dict[str, Any], named: str
) -> None:
    records = AccountRecords(database)
    await add(records, "bo")
    await add(records, "gone", disabled=True)
    directory = Directory(records)
    await directory.refresh()
    directory.check_target({"agent": "bo"})
    directory.check_target({"team": "default"})
    with pytest.raises(RefusedError, match=named) as refused:
        directory.check_target(data)
    assert refused.value.code is ErrorCode.BAD_DATA


async def test_an_agent_made_meanwhile_becomes_known(database: Database) -> None:
    records = AccountRecords(database)
    directory = Directory(records, every=0.01)
    await directory.refresh()
    async with asyncio.timeout(10), asyncio.TaskGroup() as group:
        running = group.create_task(directory.run())
        await add(records, "new")
        while True:
            try:
                directory.check_target({"agent": "new"})
            except RefusedError:
                await asyncio.sleep(0.005)
            else:
                break
        running.cancel()

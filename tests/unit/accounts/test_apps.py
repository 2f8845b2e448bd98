"""API keys: made once, found, ended."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from straks.accounts.apps import KEY_PREFIX, Apps, BadAppError
from straks.accounts.authentication import Authenticator
from straks.accounts.origins import AllowedOrigins
from straks.accounts.sessions import Sessions
from straks.accounts.tokens import Tokens
from straks.accounts.visitors import Visitors
from straks.accounts.watch import watch_sessions
from straks.clock import ManualClock
from straks.conversation.errors import RefusedError
from straks.records.accounts import AccountRecords
from straks.records.apps import AppExistsError, AppRecords
from straks.records.database import Database
from straks.records.schema import apps as table
from straks_protocol import CloseCode, ErrorCode

SITE = "https://shop.example"


@pytest.fixture
def apps(database: Database, clock: ManualClock) -> Apps:
    return Apps(AppRecords(database), clock)


def door_of(database: Database, clock: ManualClock, apps: Apps | None) -> Authenticator:
    records = AccountRecords(database)
    tokens = Tokens(b"k" * 32, clock, visitor_life=86_400)
    origins = AllowedOrigins([SITE], own="https://chat.example")
    visitors = Visitors(records, tokens, origins, revoked=lambda _family: None)
    return Authenticator(tokens, visitors, Sessions(records, clock), origins, apps)


async def test_a_key_says_who_and_what_for(apps: Apps) -> None:
    key = await apps.add("helper", ["message", "answer", "answer"])
    assert key.startswith(KEY_PREFIX)
    found = await apps.find(key)
    assert found is not None
    assert (found.kind, found.id) == ("app", "helper")
    assert found.scopes == {"message", "answer"}
    assert found.session is not None
    assert not await apps.is_over(found.session)
    assert [(row.name, row.scopes) for row in await apps.listed()] == [("helper", "answer message")]


async def test_a_key_is_not_kept(apps: Apps, database: Database) -> None:
    key = await apps.add("helper", ["answer"])
    async with database.read() as connection:
        kept = str((await connection.execute(select(table))).all())
    assert key not in kept
    assert key.removeprefix(KEY_PREFIX) not in kept


@pytest.mark.parametrize("key", ["", KEY_PREFIX, KEY_PREFIX + "x" * 43, KEY_PREFIX + "x" * 4_000])
async def test_other_keys_are_nobodys(apps: Apps, key: str) -> None:
    await apps.add("helper", ["answer"])
    assert await apps.find(key) is None


async def test_a_key_that_was_ended_is_good_for_nothing(apps: Apps) -> None:
    key = await apps.add("helper", ["answer"])
    found = await apps.find(key)
    assert found is not None
    assert found.session is not None
    await apps.remove("helper")
    assert await apps.find(key) is None
    again = await apps.find(await apps.add("helper", ["answer"]))
    assert again is not None
    assert again.session != found.session
    assert await apps.is_over(found.session)
    with pytest.raises(BadAppError, match="straks app list"):
        await apps.remove("nobody")


async def test_a_name_is_taken_once(apps: Apps) -> None:
    await apps.add("helper", ["answer"])
    with pytest.raises(AppExistsError, match="already an app helper"):
        await apps.add("helper", ["answer"])


@pytest.mark.parametrize(
    ("name", "scopes", "complaint"),
    [
        ("Helper", ["answer"], "no name for an app"),
        ("", ["answer"], "no name for an app"),
        ("x" * 33, ["answer"], "no name for an app"),
        ("answers", ["answer"], "no name for an app"),
        ("helper", [], "1 to 20 scopes"),
        ("helper", ["everything"], "no scope 'everything'"),
        ("helper", ["answer message"], "no scope"),
        ("helper", ["app:orders"], "no scope"),
        ("helper", [f"app:a{number}:read" for number in range(21)], "1 to 20 scopes"),
    ],
)
async def test_what_cannot_be_is_refused(
    apps: Apps, name: str, scopes: list[str], complaint: str
) -> None:
    with pytest.raises(BadAppError, match=complaint):
        await apps.add(name, scopes)
    assert list(await apps.listed()) == []


async def test_apps_come_in_with_their_key_and_no_origin(
    apps: Apps, database: Database, clock: ManualClock
) -> None:
    key = await apps.add("helper", ["answer"])
    door = door_of(database, clock, apps)
    assert door.authenticate_now(key, None) is None
    known = await door.authenticate(key, None)
    assert (known.principal.id, known.token) == ("helper", None)
    for origin in (SITE, "https://chat.example", "null"):
        with pytest.raises(RefusedError) as refused:
            await door.authenticate(key, origin)
        assert refused.value.code is ErrorCode.ORIGIN_NOT_ALLOWED
    for someone in (apps, None):
        with pytest.raises(RefusedError) as refused:
            await door_of(database, clock, someone).authenticate(KEY_PREFIX + "guess", None)
        assert refused.value.code is ErrorCode.TOKEN_REVOKED


class Sockets:
    """Connections of apps."""

    def __init__(self, *sessions: str) -> None:
        self.open = list(sessions)
        self.closed: list[tuple[str, CloseCode]] = []

    def agent_sessions(self) -> list[str]:
        return []

    def app_sessions(self) -> list[str]:
        return list(self.open)

    def close_session(self, session: str, code: CloseCode) -> None:
        self.closed.append((session, code))
        raise EndOfTestError


class EndOfTestError(Exception):
    """What was waited for has happened."""


async def test_connections_end_with_the_key(
    apps: Apps, database: Database, clock: ManualClock
) -> None:
    sessions = []
    for name in ("ended", "kept"):
        found = await apps.find(await apps.add(name, ["answer"]))
        assert found is not None
        assert found.session is not None
        sessions.append(found.session)
    await apps.remove("ended")
    sockets = Sockets(sessions[1], sessions[0])
    with pytest.raises(EndOfTestError):
        await watch_sessions(
            Sessions(AccountRecords(database), clock), sockets, apps=apps, every=0.01
        )
    assert sockets.closed == [(sessions[0], CloseCode.TOKEN_REVOKED)]

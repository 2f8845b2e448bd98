"""Who connects: visitors and agents by their tokens."""

from __future__ import annotations

import pytest

from straks.accounts.authentication import Authenticator
from straks.accounts.origins import AllowedOrigins
from straks.accounts.sessions import Session, Sessions
from straks.accounts.tokens import SocketClaims, Tokens
from straks.accounts.visitors import Visitors
from straks.clock import ManualClock
from straks.conversation.errors import RefusedError
from straks.records.accounts import AccountRecords, AgentRow
from straks.records.database import Database
from straks_protocol import ErrorCode

CONSOLE = "https://chat.example"
SHOP = "https://shop.example"


class Room:
    def __init__(self, database: Database, clock: ManualClock) -> None:
        self.records = AccountRecords(database)
        self.sessions = Sessions(self.records, clock)
        self.tokens = Tokens(b"k" * 32, clock, visitor_life=86_400)
        origins = AllowedOrigins([SHOP], own=CONSOLE)
        visitors = Visitors(self.records, self.tokens, origins, revoked=lambda _family: None)
        self.door = Authenticator(self.tokens, visitors, self.sessions, origins)

    async def sign_in(self) -> tuple[Session, str]:
        agent = AgentRow(
            id="bo", email="bo@chat.example", name="Bo Berg", password_hash=None, created_at=0
        )
        await self.records.add_agent(agent)
        return await self.sessions.begin(agent)

    def socket_token(self, session: Session, origin: str = CONSOLE) -> str:
        return self.tokens.issue_socket(
            SocketClaims(agent=session.agent.id, session=session.id, origin=origin)
        )


@pytest.fixture
def room(database: Database, clock: ManualClock) -> Room:
    return Room(database, clock)


async def test_who_brings_no_token_is_a_new_visitor_with_one(room: Room) -> None:
    for found in (room.door.authenticate_now(None, SHOP), await room.door.authenticate(None, SHOP)):
        assert found is not None
        assert found.principal.kind == "visitor"
        assert found.token is not None
        again = room.door.authenticate_now(found.token, SHOP)
        assert again is not None
        assert (again.principal.id, again.token) == (found.principal.id, None)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "nonsense", "https://"])
async def test_visitors_of_other_sites_are_refused_either_way(room: Room, origin: str) -> None:
    with pytest.raises(RefusedError) as refused:
        room.door.authenticate_now(None, origin)
    assert refused.value.code is ErrorCode.ORIGIN_NOT_ALLOWED
    with pytest.raises(RefusedError) as refused:
        await room.door.authenticate(None, origin)
    assert refused.value.code is ErrorCode.ORIGIN_NOT_ALLOWED


async def test_one_site_written_in_two_ways_is_one(room: Room) -> None:
    found = room.door.authenticate_now(None, "HTTPS://Shop.example:443")
    assert found is not None
    assert room.door.authenticate_now(found.token, SHOP) is not None


async def test_a_token_of_nobody_is_invalid(room: Room) -> None:
    with pytest.raises(RefusedError) as refused:
        room.door.authenticate_now("forged", SHOP)
    assert refused.value.code is ErrorCode.TOKEN_INVALID


async def test_a_socket_token_makes_an_agent(room: Room) -> None:
    session, _secret = await room.sign_in()
    assert room.door.authenticate_now(room.socket_token(session), CONSOLE) is None
    found = await room.door.authenticate(room.socket_token(session), CONSOLE)
    principal = found.principal
    assert (principal.kind, principal.name, principal.session) == ("agent", "Bo Berg", session.id)
    assert principal.sender == f"agent:{session.agent.id}"
    assert found.token is None


async def test_a_socket_token_is_for_the_console_it_was_given_to(room: Room) -> None:
    session, _secret = await room.sign_in()
    elsewhere = room.socket_token(session, "http://127.0.0.1:8080")
    for origin in (CONSOLE, "http://127.0.0.1:8080"):
        await room.door.authenticate(elsewhere, origin)
    for foreign in ("https://shop.example", "null", None):
        with pytest.raises(RefusedError) as refused:
            await room.door.authenticate(elsewhere, foreign)
        assert refused.value.code is ErrorCode.ORIGIN_NOT_ALLOWED


async def test_a_socket_token_of_an_ended_session_is_revoked(room: Room) -> None:
    session, _secret = await room.sign_in()
    token = room.socket_token(session)
    await room.sessions.end(session.id)
    with pytest.raises(RefusedError) as refused:
        await room.door.authenticate(token, CONSOLE)
    assert refused.value.code is ErrorCode.TOKEN_REVOKED

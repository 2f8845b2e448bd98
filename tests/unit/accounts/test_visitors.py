"""Visitors: from one token to the next."""

from __future__ import annotations

import pytest

from straks.accounts.authentication import Authenticated, Authenticator
from straks.accounts.origins import AllowedOrigins
from straks.accounts.sessions import Sessions
from straks.accounts.tokens import Tokens
from straks.accounts.visitors import GRACE, Visitors
from straks.clock import ManualClock
from straks.conversation.errors import RefusedError
from straks.records.accounts import AccountRecords
from straks.records.database import Database
from straks_protocol import ErrorCode

SHOP = "https://shop.example"
LIFE = 90 * 86_400
DUE = LIFE / 3 + 1


class Room:
    """The parts that recognise a visitor, over real records."""

    def __init__(self, database: Database, clock: ManualClock) -> None:
        self.records = AccountRecords(database)
        self.revoked: list[str] = []
        tokens = Tokens(b"k" * 32, clock, visitor_life=LIFE)
        origins = AllowedOrigins([SHOP, "https://other.example"], own="https://chat.example")
        visitors = Visitors(self.records, tokens, origins, revoked=self.revoked.append)
        self.door = Authenticator(tokens, visitors, Sessions(self.records, clock), origins)

    async def come(self, token: str | None, origin: str | None = SHOP) -> Authenticated:
        return await self.door.authenticate(token, origin)

    async def refused(self, token: str | None, origin: str | None = SHOP) -> ErrorCode:
        with pytest.raises(RefusedError) as refused:
            await self.come(token, origin)
        return refused.value.code


@pytest.fixture
def room(database: Database, clock: ManualClock) -> Room:
    return Room(database, clock)


async def renew(room: Room, clock: ManualClock, token: str) -> str:
    clock.advance(DUE)
    renewed = (await room.come(token)).token
    assert renewed is not None
    return renewed


async def test_a_new_visitor_gets_a_token_that_brings_them_back(room: Room) -> None:
    first = await room.come(None)
    assert first.principal.kind == "visitor"
    assert first.token is not None
    again = await room.come(first.token)
    assert again.principal == first.principal
    assert again.token is None
    assert (await room.come(None)).principal.id != first.principal.id


async def test_nothing_is_stored_before_the_first_renewal(room: Room, clock: ManualClock) -> None:
    first = room.door.authenticate_now(None, SHOP)
    assert first is not None
    assert first.token is not None
    clock.advance(LIFE / 3)
    assert room.door.authenticate_now(first.token, SHOP) is not None
    assert await room.records.family(first.principal.session or "") is None
    clock.advance(1)
    assert room.door.authenticate_now(first.token, SHOP) is None
    assert (await room.come(first.token)).token is not None
    assert await room.records.family(first.principal.session or "") is not None


async def test_a_token_is_for_one_site_only(room: Room) -> None:
    token = (await room.come(None)).token
    assert await room.refused(token, "https://other.example") is ErrorCode.ORIGIN_NOT_ALLOWED
    assert await room.refused(token, None) is ErrorCode.ORIGIN_NOT_ALLOWED
    assert (await room.come(token, "https://SHOP.example:443")).token is None


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "nonsense"])
async def test_other_sites_may_not_connect(room: Room, origin: str) -> None:
    assert await room.refused(None, origin) is ErrorCode.ORIGIN_NOT_ALLOWED


async def test_a_renewed_token_keeps_the_visitor(room: Room, clock: ManualClock) -> None:
    first = await room.come(None)
    assert first.token is not None
    token = first.token
    for _ in range(5):
        token = await renew(room, clock, token)
        assert (await room.come(token)).principal.id == first.principal.id


async def test_a_renewal_whose_reply_was_lost_is_given_again(
    room: Room, clock: ManualClock
) -> None:
    first = await room.come(None)
    assert first.token is not None
    await renew(room, clock, first.token)
    clock.advance(GRACE * 3)
    again = (await room.come(first.token)).token
    assert again is not None
    assert (await room.come(again)).principal.id == first.principal.id
    assert room.revoked == []


async def test_another_tab_may_use_the_old_token_for_a_few_minutes(
    room: Room, clock: ManualClock
) -> None:
    old = (await room.come(None)).token
    assert old is not None
    new = await renew(room, clock, old)
    await room.come(new)
    clock.advance(GRACE)
    assert (await room.come(old)).token is None
    assert room.revoked == []


async def test_an_old_token_used_after_that_revokes_the_whole_family(
    room: Room, clock: ManualClock
) -> None:
    first = await room.come(None)
    assert first.token is not None
    new = await renew(room, clock, first.token)
    await room.come(new)
    clock.advance(GRACE + 1)
    assert await room.refused(first.token) is ErrorCode.TOKEN_REVOKED
    assert await room.refused(new) is ErrorCode.TOKEN_REVOKED
    assert await room.refused(first.token) is ErrorCode.TOKEN_REVOKED
    assert room.revoked == [first.principal.session]


async def test_an_expired_token_is_not_renewed(room: Room, clock: ManualClock) -> None:
    token = (await room.come(None)).token
    clock.advance(LIFE)
    assert await room.refused(token) is ErrorCode.TOKEN_EXPIRED

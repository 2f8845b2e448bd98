"""The first frame: who is let in, at once where that needs no I/O."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import pytest

from straks.accounts.authentication import Authenticated
from straks.accounts.principals import Principal
from straks.conversation.errors import RefusedError
from straks.edge.greeting import hello
from straks.edge.limits import Rate
from straks_protocol import CloseCode, ErrorCode, Hello
from tests.unit.edge.parts import VISITOR, Spoken, made_context

AGENT = Principal(kind="agent", id="anna", name="Anna")


class Door:
    """Knows visitors at once, and agents after a look at the records."""

    def __init__(self) -> None:
        self.answered = asyncio.Event()
        self.failure: Exception | None = None

    def authenticate_now(self, token: str | None, origin: str | None) -> Authenticated | None:
        if token == "agent":
            return None
        if token is not None:
            raise RefusedError(ErrorCode(token), "no")
        return Authenticated(VISITOR, "fresh")

    async def authenticate(self, token: str | None, origin: str | None) -> Authenticated:
        await self.answered.wait()
        if self.failure is not None:
            raise self.failure
        return Authenticated(AGENT, None)


@dataclass
class Entrance:
    door: Door
    session: Spoken

    @classmethod
    def made(cls, address: str | None = None) -> Entrance:
        door = Door()
        return cls(door, Spoken(made_context(authenticator=door, hello_rate=Rate(1, 2)), address))

    async def answer(self) -> None:
        """Let the records answer."""
        self.door.answered.set()
        async with asyncio.timeout(5):
            while "release" not in self.session.steps:
                await asyncio.sleep(0)


async def test_a_visitor_is_welcomed_at_once() -> None:
    here = Entrance.made()
    hello(here.session, Hello(id=1))
    (welcome,) = here.session.replies
    assert (welcome["type"], welcome["id"], welcome["token"]) == ("welcome", 1, "fresh")
    assert welcome["principal"] == {"kind": "visitor", "id": "vera"}
    assert here.session.became == [VISITOR]
    assert here.session.steps == []


async def test_what_follows_the_hello_of_an_agent_waits_for_its_outcome() -> None:
    here = Entrance.made()
    hello(here.session, Hello(id=1, token="agent"))
    assert (here.session.steps, here.session.replies) == (["hold"], [])
    await here.answer()
    assert here.session.became == [AGENT]
    assert "token" not in here.session.replies[0]
    assert here.session.steps == ["hold", "release"]


async def test_who_left_meanwhile_becomes_nobody() -> None:
    here = Entrance.made()
    hello(here.session, Hello(id=1, token="agent"))
    here.session.ended = True
    await here.answer()
    assert here.session.became == []


@pytest.mark.parametrize(
    ("code", "close"),
    [
        (ErrorCode.TOKEN_INVALID, CloseCode.TOKEN_INVALID),
        (ErrorCode.TOKEN_EXPIRED, CloseCode.TOKEN_EXPIRED),
        (ErrorCode.TOKEN_REVOKED, CloseCode.TOKEN_REVOKED),
        (ErrorCode.ORIGIN_NOT_ALLOWED, CloseCode.ORIGIN_NOT_ALLOWED),
        (ErrorCode.UNAVAILABLE, CloseCode.INTERNAL),
    ],
)
async def test_who_is_turned_away_learns_why(code: ErrorCode, close: CloseCode) -> None:
    here = Entrance.made()
    hello(here.session, Hello(id=1, token=code))
    assert here.session.refused == [(1, code)]
    assert here.session.closed == [close]
    later = Entrance.made()
    later.door.failure = RefusedError(code, "no")
    hello(later.session, Hello(id=2, token="agent"))
    await later.answer()
    assert (later.session.refused, later.session.closed) == ([(2, code)], [close])


async def test_our_own_fault_is_said_without_details(caplog: pytest.LogCaptureFixture) -> None:
    here = Entrance.made()
    here.door.failure = ZeroDivisionError("inner detail")
    hello(here.session, Hello(id=1, token="agent"))
    await here.answer()
    assert here.session.refused == [(1, ErrorCode.INTERNAL)]
    assert here.session.closed == [CloseCode.INTERNAL]
    assert "inner detail" in caplog.text


async def test_a_draining_server_welcomes_nobody() -> None:
    here = Entrance.made()
    here.session.context.draining = True
    hello(here.session, Hello(id=1))
    assert here.session.refused == [(1, ErrorCode.SHUTTING_DOWN)]
    assert here.session.closed == [CloseCode.GOING_AWAY]


async def test_one_address_says_so_many_hellos() -> None:
    here = Entrance.made("192.0.2.1")
    for number in range(1, 4):
        hello(here.session, Hello(id=number))
    assert len(here.session.replies) == 2
    assert here.session.refused == [(3, ErrorCode.RATE_LIMITED)]
    assert here.session.closed == [CloseCode.RATE_LIMITED]

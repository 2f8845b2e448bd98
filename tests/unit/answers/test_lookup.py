"""Look-ups over real HTTP: slow, broken, huge and good programs."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from typing import Any

import pytest

from bench.ports import free_port
from straks.answers.lookup import Lookup, Lookups
from straks.clock import ManualClock
from tests.support.webhook import Webhook, webhook

FACTS = {"order": "7", "email": "v@example.org", "card": "1234"}


async def ask(
    here: Webhook | str,
    lookups: Lookups | None = None,
    *,
    secret: bytes | None = None,
    seconds: float = 60.0,
) -> Any:
    url = here if isinstance(here, str) else here.url
    lookup = Lookup("status", url, secret, seconds, ("order", "email", "size"))
    return await (lookups or Lookups()).ask(lookup, FACTS, conversation="c1", lang="da")


async def test_the_program_is_told_what_it_may_know_and_no_more() -> None:
    async with webhook() as here:
        here.give({"status": "sent", "days": 3, "cost": 2.5, "note": None, "none": " "})
        assert await ask(here) == {"status": "sent", "days": "3", "cost": "2.5"}
        assert here.told() == [
            {
                "lookup": "status",
                "facts": {"order": "7", "email": "v@example.org"},
                "conversation": "c1",
                "lang": "da",
            }
        ]
        headers, _ = here.requests[0]
        assert headers[":line"] == "POST /look/up?shop=1 HTTP/1.1"
        assert headers["content-type"] == "application/json"
        assert "straks-signature" not in headers


async def test_a_secret_signs_time_and_body() -> None:
    async with webhook() as here:
        await ask(here, secret=b"correct horse battery")
        headers, body = here.requests[0]
    at, _, given = headers["straks-signature"].removeprefix("t=").partition(",v1=")
    wanted = hmac.new(b"correct horse battery", at.encode() + b"." + body, hashlib.sha256)
    assert given == wanted.hexdigest()


async def test_a_program_that_knows_nothing_has_not_failed() -> None:
    async with webhook() as here:
        here.give({"error": "no such order"}, 404)
        assert await ask(here) == {}


@pytest.mark.parametrize(
    "answer",
    [
        b'["status"]',
        b'"sent"',
        b"{",
        b"",
        b'{"status": {"deep": 1}}',
        b'{"status": true}',
        b'{"Status": "sent"}',
        b'{"status": "two\\nlines"}',
        b'{"status": "' + b"x" * 301 + b'"}',
        b'{"status": "' + b"x" * 65_536 + b'"}',
        b"{" + b",".join(b'"a%d":1' % n for n in range(51)) + b"}",
    ],
)
async def test_what_is_no_flat_object_of_short_texts_is_a_failure(answer: bytes) -> None:
    async with webhook() as here:
        here.give_raw(answer)
        assert await ask(here) is None


@pytest.mark.parametrize("status", [201, 204, 301, 307, 400, 500, 503])
async def test_another_status_is_a_failure_and_nobody_is_sent_elsewhere(status: int) -> None:
    async with webhook() as here, webhook() as other:
        other.give({"status": "sent"})
        here.give({"status": "sent"}, status, Location=other.url)
        assert await ask(here) is None
        assert other.requests == []


@pytest.mark.parametrize(
    "raw",
    [
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 200_000,
        b"",
    ],
)
async def test_what_is_no_http_is_a_failure(raw: bytes) -> None:
    async with webhook() as here:
        here.answer = raw
        assert await ask(here) is None


async def test_nobody_there_is_a_failure() -> None:
    assert await ask(f"http://127.0.0.1:{free_port()}/") is None
    assert await ask("https://no-such-host.invalid/", seconds=5.0) is None
    assert await ask("https://shop..example/") is None


async def test_whoever_is_slow_is_not_waited_for() -> None:
    async with webhook() as here:
        here.gate.clear()
        async with asyncio.timeout(60):
            assert await ask(here, seconds=0.2) is None


async def test_few_are_asked_at_once() -> None:
    lookups = Lookups()
    async with webhook() as here:
        here.gate.clear()
        here.give({"status": "sent"})
        asked = [asyncio.create_task(ask(here, lookups)) for _ in range(40)]
        async with asyncio.timeout(60):
            while len(here.requests) < 16:
                await asyncio.sleep(0.01)
        await asyncio.sleep(0)
        assert len(here.requests) == 16
        here.gate.set()
        assert await asyncio.gather(*asked) == [{"status": "sent"}] * 40


async def test_one_that_is_slow_keeps_no_other_from_being_asked() -> None:
    lookups = Lookups()
    async with webhook() as slow, webhook() as here:
        slow.gate.clear()
        waiting = [asyncio.create_task(ask(slow, lookups)) for _ in range(40)]
        async with asyncio.timeout(60):
            while len(slow.requests) < 16:
                await asyncio.sleep(0.01)
        here.give({"status": "sent"})
        assert await ask(here, lookups, seconds=30.0) == {"status": "sent"}
        slow.gate.set()
        await asyncio.gather(*waiting)


async def test_whoever_fails_again_and_again_is_left_alone_for_a_while(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    clock = ManualClock()
    lookups = Lookups(clock=clock.monotonic)
    async with webhook() as here, webhook() as other:
        here.give({}, 500)
        for _ in range(8):
            assert await ask(here, lookups) is None
        assert len(here.requests) == 5
        assert await ask(other, lookups) == {}
        clock.advance(31)
        assert await ask(here, lookups) is None
        assert await ask(here, lookups) is None
        assert len(here.requests) == 6
        clock.advance(31)
        here.give({"status": "sent"})
        assert await ask(here, lookups) == {"status": "sent"}
        here.give({}, 500)
        assert await ask(here, lookups) is None
        here.give({"status": "sent"})
        assert await ask(here, lookups) == {"status": "sent"}
    told = [record.getMessage() for record in caplog.records]
    assert told[0] == "look-up status: status 500"
    assert told[1] == "look-up status: works again"

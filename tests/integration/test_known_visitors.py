"""A visitor who comes again is known: over a real socket, on either kind of records."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.support.postgres_server import PostgresServer
from tests.support.server import ServerProcess
from tests.support.talk import Talker, new_key
from tests.support.webhook import webhook

STATUS = """---
title: Order status
phrases: [where is my order]
ask:
  - email
  - order: Your order number
lookup: order_status
---
Order {{order}} is {{status}}. Call {{phone_number}}.
"""


pytestmark = pytest.mark.timeout(180)


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    folder = tmp_path / "answers"
    folder.mkdir()
    (folder / "status.md").write_text(STATUS, "utf-8")
    return folder


def business(tmp_path: Path, url: str, phone: str = "12 34") -> Path:
    return replaced(
        tmp_path / "business.yaml",
        f"variables: {{phone_number: '{phone}'}}\n"
        f"lookups: {{order_status: {{url: '{url}', seconds: 20, sends: [order],"
        " secret: a secret of the shop}}\n",
    )


def replaced(path: Path, text: str) -> Path:
    """Write a file that a server may read at any moment: it has the old text or the new."""
    new = path.with_suffix(".new")
    new.write_text(text, "utf-8")
    return new.replace(path)


@pytest.fixture(params=["sqlite", "postgres"])
def records(request: pytest.FixtureRequest) -> Iterator[dict[str, str]]:
    if request.param == "sqlite":
        yield {}
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    server.empty()
    redis = request.getfixturevalue("redis")
    redis.empty()
    yield {"database": server.url, "redis": redis.url}


async def opened(visitor: Talker, text: str, **data: Any) -> str:
    reply = await visitor.ask("open", key=new_key(), data={"text": text, **data})
    channel: str = reply["channel"]
    await visitor.ask("subscribe", channel=channel, after=None)
    return channel


async def entry(visitor: Talker, channel: str, kind: str, number: int = 1) -> dict[str, Any]:
    """Give the entry of a kind, of several the one of this number, once it is there."""
    async with asyncio.timeout(30):
        while True:
            page = await visitor.ask("history", channel=channel, limit=100)
            found = [each for each in page["entries"] if each["kind"] == kind]
            if len(found) >= number:
                return found[number - 1]  # type: ignore[no-any-return]  # parsed JSON
            await asyncio.sleep(0.02)


async def test_an_address_left_once_is_known_in_the_next_chat(
    tmp_path: Path, answers: Path, records: dict[str, str]
) -> None:
    async with webhook() as shop:
        file = business(tmp_path, shop.url)
        shop.give({"status": "on its way"})
        settings = {"answers": str(answers), "answer_variables": str(file), **records}
        with ServerProcess(tmp_path, **settings) as server:
            async with Talker(server.socket_url) as visitor:
                first = await opened(visitor, "qwertz")
                await visitor.publish(first, "contact", {"email": "v@example.org"})
                second = await opened(visitor, "qwertz")
                contact = await entry(visitor, second, "contact")
                assert contact["from"] == {"kind": "server", "id": "straks"}
                assert contact["data"] == {"email": "v@example.org"}

                # The first question of a new chat comes before what is known of earlier ones.
                third = await opened(visitor, "Where is my order?")
                asked = await entry(visitor, third, "answer")
                assert [field["name"] for field in asked["data"]["form"]] == ["order"]
                details = {"answer": asked["offset"], "fields": {"order": "7"}}
                await visitor.publish(third, "details", details)
                given = await entry(visitor, third, "answer", 2)
                assert given["data"]["text"] == "Order 7 is on its way. Call 12 34."
                headers, _ = shop.requests[0]
                assert headers["straks-signature"].startswith("t=")
            async with Talker(server.socket_url) as stranger:
                fourth = await opened(stranger, "where is my order", known={"order": "8"})
                asked = await entry(stranger, fourth, "answer")
                assert [field["name"] for field in asked["data"]["form"]] == ["email"]
            assert "a secret of the shop" not in server.log.read_text("utf-8")


async def test_what_the_operator_changes_holds_within_seconds(
    tmp_path: Path, answers: Path
) -> None:
    async with webhook() as shop:
        shop.give({"status": "on its way"})
        file = business(tmp_path, shop.url)
        settings = {"answers": str(answers), "answer_variables": str(file)}
        known = {"email": "v@example.org", "order": "7"}
        with ServerProcess(tmp_path, **settings) as server:
            async with Talker(server.socket_url) as visitor:
                replaced(file, "variables: [broken")
                channel = await opened(visitor, "where is my order", known=known)
                given = await entry(visitor, channel, "answer")
                assert given["data"]["text"].endswith("Call 12 34.")
                business(tmp_path, shop.url, phone="56 78")
                async with asyncio.timeout(30):
                    while not given["data"]["text"].endswith("Call 56 78."):
                        await asyncio.sleep(0.5)  # who asks faster is asked to wait
                        channel = await opened(visitor, "where is my order", known=known)
                        given = await entry(visitor, channel, "answer")


async def test_a_kill_between_question_and_answer_costs_and_doubles_nothing(
    tmp_path: Path, answers: Path
) -> None:
    async with webhook() as shop:
        shop.gate.clear()
        shop.give({"status": "on its way"})
        settings = {"answers": str(answers), "answer_variables": str(business(tmp_path, shop.url))}
        server = ServerProcess(tmp_path, **settings)
        with server:
            async with Talker(server.socket_url) as visitor:
                first = await opened(visitor, "qwertz")
                await visitor.publish(first, "contact", {"email": "v@example.org"})
                token = visitor.token
                await entry(visitor, await opened(visitor, "qwertz"), "contact")
                second = await opened(visitor, "where is my order", known={"order": "7"})
                async with asyncio.timeout(30):
                    while not shop.requests:
                        await asyncio.sleep(0.01)
                # Its register may or may not have brought the address into the second by now.
                await asyncio.to_thread(server.kill)
            shop.gate.set()
            for _ in range(2):
                await server.restart_async()
                async with Talker(server.socket_url, token=token) as visitor:
                    given = await entry(visitor, second, "answer")
                    assert given["data"]["text"].startswith("Order 7 is on its way.")
                    await entry(visitor, second, "contact")
            async with Talker(server.socket_url, token=token) as visitor:
                third = await opened(visitor, "qwertz")
                await entry(visitor, third, "contact")
                page = await visitor.ask("history", channel=second, limit=100)
        kinds = sorted(each["kind"] for each in page["entries"])
        assert kinds == ["answer", "contact", "message"]
        with closing(sqlite3.connect(server.data / "records.db")) as database:
            assert database.execute("SELECT * FROM asked_twice").fetchall() == []

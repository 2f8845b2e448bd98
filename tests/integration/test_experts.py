"""Experts wait for a person at once, and agents see why, over real sockets."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest

from straks_client import Client, connect
from straks_protocol import START, Entry
from tests.support.http import async_http, http
from tests.support.server import ServerProcess

PASSWORD = "correct horse battery staple"
EXPERTS_WORDS = "I have already restarted it, error E-17 is still there"
RETURNS = """---
title: Returns
phrases:
  - how do I send a lamp back
  - does error E-17 mean that I must send it in
---
Within 30 days.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "answers"
    made.mkdir()
    (made / "returns.md").write_text(RETURNS, "utf-8")
    (made / "_experts.txt").write_text("# ours\nfluxgate\nnadir valve\n", "utf-8")
    return made


@pytest.fixture
def chat(tmp_path: Path, folder: Path) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path, answers=str(folder)) as server:
        yield server


@pytest.fixture
async def visitor(chat: ServerProcess) -> AsyncIterator[Client]:
    async with connect(chat.url) as client:
        yield client


@pytest.fixture
async def agent(chat: ServerProcess) -> AsyncIterator[Client]:
    chat.add_agent("ann@example.com", "Ann", PASSWORD)
    with http() as browser:
        token = str(chat.sign_in(browser, "ann@example.com", PASSWORD)["token"])
    async with connect(chat.url, token=token, origin=chat.url) as client:
        yield client


async def opened(visitor: Client, text: str, **more: Any) -> str:
    """Open a conversation whose first message has more to it than the client writes by itself."""
    channel = (await visitor.open("thanks")).channel
    await visitor.publish(channel, "message", {"text": text, **more})
    return channel


async def reply(client: Client, channel: str) -> Entry:
    """Give the first thing that the server says."""
    async with asyncio.timeout(60):
        async for event in client.subscribe(channel, after=START):
            if isinstance(event, Entry) and event.sender.kind == "app":
                return event
    raise AssertionError("the subscription ended")


async def test_an_expert_waits_at_once_and_agents_see_why(
    chat: ServerProcess, visitor: Client, agent: Client
) -> None:
    channel = (await visitor.open(EXPERTS_WORDS)).channel
    asked = await reply(visitor, channel)
    reasons = ["names the error code E-17", "has tried a restart already"]
    assert (asked.offset, asked.kind) == (2, "ask_human")
    assert asked.data == {"expert": {"score": 0.65, "reasons": reasons}}
    desk = channel.replace("conversation:", "desk:")
    async with asyncio.timeout(60):
        noted = await anext(agent.subscribe(desk, after=START))
    assert isinstance(noted, Entry)
    assert (noted.kind, noted.sender.kind) == ("assign_reason", "server")
    assert noted.data == {"text": f"An expert asks: {'; '.join(reasons)}."}
    (listed,) = await waiting(chat, 1)
    assert listed["expert"] is True
    assert listed["state"] == "waiting"


async def test_an_ordinary_question_gets_its_answer(visitor: Client) -> None:
    channel = (await visitor.open("How do I send a lamp back?")).channel
    given = await reply(visitor, channel)
    assert (given.kind, given.data["answer"]) == ("answer", "returns")


async def test_an_answer_that_is_written_down_word_for_word_is_given_to_experts_too(
    visitor: Client,
) -> None:
    text = "Does error E-17 mean that I must send it in?"
    given = await reply(visitor, await opened(visitor, text, expert=True))
    assert (given.kind, given.data["answer"]) == ("answer", "returns")


async def test_the_page_may_say_who_is_an_expert_and_what_was_read(visitor: Client) -> None:
    flagged = await opened(visitor, "how do i send my lamp back", expert=True, read=["returns"])
    asked = await reply(visitor, flagged)
    assert asked.data["expert"] == {
        "score": 1.0,
        "reasons": ["the page says so", "has read Returns"],
    }
    plain = await opened(visitor, "how do i send my lamp back", expert=False, read=["returns"])
    assert (await reply(visitor, plain)).kind == "answer"


async def test_experts_stand_first_among_those_who_wait(
    chat: ServerProcess, visitor: Client
) -> None:
    patient = (await visitor.open("thanks")).channel
    await visitor.publish(patient, "ask_human", {})
    await waiting(chat, 1)
    expert = (await visitor.open(EXPERTS_WORDS)).channel
    found = [f"conversation:{each['id']}" for each in await waiting(chat, 2)]
    assert found == [expert, patient]


async def test_the_operators_words_are_learned_while_the_server_runs(
    folder: Path, visitor: Client
) -> None:
    text = "The fluxgate hums, and so does the nadir valve"
    first = await reply(visitor, (await visitor.open(text)).channel)
    assert first.data["expert"]["reasons"][0] == "speaks of fluxgate, nadir valve"
    (folder / "_experts.txt").unlink()
    async with asyncio.timeout(60):
        while (await reply(visitor, (await visitor.open(text)).channel)).kind == "ask_human":
            await asyncio.sleep(0.5)  # who asks faster is asked to wait


async def test_who_was_here_before_needs_to_say_less(
    chat: ServerProcess, visitor: Client, agent: Client
) -> None:
    text = "Since v3.2.1 it is slow"
    first = (await visitor.open(text)).channel
    assert (await reply(visitor, first)).kind == "answer"
    for _ in range(3):
        await visitor.open("thanks")
    count = 4  # more than these add nothing to the score
    async with asyncio.timeout(60):
        while True:
            await kept(chat, count)
            channel = (await visitor.open(text)).channel
            asked = await reply(visitor, channel)
            if asked.kind == "ask_human":
                break
            count += 1  # nobody waits for records that are slow to say who was here
    reasons = ["names the version v3.2.1", f"had {count} conversations before"]
    assert asked.data == {"expert": {"score": 0.45, "reasons": reasons}}
    desk = channel.replace("conversation:", "desk:")
    async with asyncio.timeout(60):
        noted = await anext(agent.subscribe(desk, after=START))
    assert isinstance(noted, Entry)
    assert noted.data == {"text": f"An expert asks: {'; '.join(reasons)}."}
    async with connect(chat.url) as stranger:
        assert (await reply(stranger, (await stranger.open(text)).channel)).kind == "answer"


async def kept(chat: ServerProcess, count: int) -> None:
    """Wait until the records know of so many conversations."""
    async with asyncio.timeout(60):
        with closing(sqlite3.connect(chat.data / "records.db")) as database:
            query = "SELECT count(*) FROM visitor_conversations"
            while database.execute(query).fetchone() != (count,):
                await asyncio.sleep(0.02)


async def waiting(chat: ServerProcess, count: int) -> list[dict[str, Any]]:
    """Read the waiting list as soon as it has so many."""
    email = "bo@example.com"
    async with async_http(base_url=chat.url) as browser:
        body = {"email": email, "password": PASSWORD}
        if (await _sign_in(browser, chat, body)).status_code == 401:
            await asyncio.to_thread(chat.add_agent, email, "Bo", PASSWORD)
            (await _sign_in(browser, chat, body)).raise_for_status()
        async with asyncio.timeout(60):
            while True:
                page = (await browser.get("/v1/inbox/default?state=waiting")).raise_for_status()
                found: list[dict[str, Any]] = page.json()["conversations"]
                if len(found) == count:
                    return found
                await asyncio.sleep(0.02)


async def _sign_in(
    browser: httpx.AsyncClient, chat: ServerProcess, body: dict[str, str]
) -> httpx.Response:
    return await browser.post("/v1/session", json=body, headers={"Origin": chat.url})

"""What is asked in vain becomes an answer, over real sockets, on each kind of records."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.http import http
from tests.support.postgres_server import PostgresServer
from tests.support.redis_server import RedisServer
from tests.support.server import ServerProcess, run_straks
from tests.support.talk import Frame, Talker, new_key

SHOP = "http://localhost:8081"
QUESTION = "Can I bring my dog to the showroom?"
ANSWER = """---
title: Dogs in the showroom
phrases:
  - can I bring my dog to the showroom
---
Yes, on a lead.
"""


@pytest.fixture(params=["sqlite", "postgres"])
def chat(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServerProcess]:
    if request.param == "sqlite":
        with ServerProcess(tmp_path) as server:
            yield server
        return
    redis: RedisServer = request.getfixturevalue("redis")
    postgres: PostgresServer = request.getfixturevalue("postgres")
    redis.empty()
    postgres.empty()
    with ServerProcess(tmp_path, redis=redis.url, database=postgres.url) as server:
        yield server


@pytest.fixture
def agent(chat: ServerProcess) -> Iterator[httpx.Client]:
    made = run_straks(
        "agent", "add", "bo@chat.example", "--name", "Bo", "--password-stdin",
        stdin="correct horse\n",
        **{name: chat.settings[name] for name in ("data", "database") if name in chat.settings},
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    headers = {"Origin": chat.url}
    with http(base_url=chat.url, headers=headers) as client:
        chat.sign_in(client, "bo@chat.example", "correct horse")
        yield client


async def ask(visitor: Talker, text: str) -> tuple[str, Frame]:
    """Open a conversation; give its channel and the answer."""
    opened = await visitor.ask("open", key=new_key(), data={"text": text, "lang": "en"})
    channel: str = opened["channel"]
    since = len(visitor.frames)
    page = await visitor.ask("subscribe", channel=channel)
    for entry in page["entries"]:
        if entry["kind"] == "answer":
            return channel, entry
    return channel, await visitor.wait_for_entry(channel, "answer", since=since)


async def asked(agent: httpx.Client, **wanted: int) -> Any:
    """Wait until so many were ``asked``, or ``helped``; the counts follow the log."""
    async with asyncio.timeout(40):
        while True:
            body = agent.get("/v1/questions?days=1").raise_for_status().json()
            if all(body[name] == number for name, number in wanted.items()):
                return body
            await asyncio.sleep(0.05)


async def test_a_question_in_vain_becomes_an_answer_that_is_given(
    chat: ServerProcess, agent: httpx.Client, tmp_path: Path
) -> None:
    async with Talker(chat.socket_url, origin=SHOP) as vera:
        channel, answer = await ask(vera, QUESTION)
        assert answer["data"]["answer"] is None
    gap = (await asked(agent, asked=1, answered=0))["groups"]
    assert gap == [
        {
            "text": QUESTION,
            "lang": "en",
            "people": 1,
            "minutes": 0,
            "times": 1,
            "reasons": {"unanswered": 1, "unhelpful": 0},
            "examples": [
                {"conversation": channel.partition(":")[2], "offset": 1, "text": QUESTION}
            ],
        }
    ]

    tried = agent.post("/v1/answers/try", json={"file": "dogs.md", "source": ANSWER})
    assert tried.json() == {
        "tried": 1,
        "changes": [
            {
                "text": QUESTION,
                "lang": "en",
                "times": 1,
                "before": None,
                "after": "Dogs in the showroom",
            }
        ],
    }
    saved = agent.put("/v1/answers/file?file=dogs.md", json={"source": ANSWER})
    assert saved.status_code == 200, saved.text
    assert "\nauthor: Bo\n" in saved.json()["source"]

    await learned(agent, "dogs")
    async with Talker(chat.socket_url, origin=SHOP) as olle:
        channel, answer = await ask(olle, QUESTION)
        assert answer["data"]["answer"] == "dogs"
        assert answer["data"]["text"] == "Yes, on a lead."
        await olle.publish(channel, "feedback", {"answer": answer["offset"], "helped": False})
    await unhelpful(agent)

    folder = tmp_path / "written"
    place = {name: chat.settings[name] for name in ("data", "database") if name in chat.settings}
    done = run_straks("answers", "export", str(folder), **place)
    assert done.returncode == 0, done.stderr
    assert (folder / "dogs.md").read_text() == saved.json()["source"]


async def learned(agent: httpx.Client, answer: str) -> None:
    """Wait until the server answers with this, too."""
    async with asyncio.timeout(40):
        while True:
            answers = agent.get("/v1/answers").raise_for_status().json()["answers"]
            if any(each["id"] == answer for each in answers):
                return
            await asyncio.sleep(0.05)


async def unhelpful(agent: httpx.Client) -> None:
    """Wait until the answer is told to be of no help, and to be written anew."""
    async with asyncio.timeout(40):
        while True:
            files = agent.get("/v1/answers/files").raise_for_status().json()["files"]
            if files[0]["unhelpful"] == 1:
                break
            await asyncio.sleep(0.05)
    assert [(each["file"], each["origin"], each["author"]) for each in files] == [
        ("dogs.md", "console", "Bo")
    ]
    (group,) = [
        each for each in agent.get("/v1/questions").json()["groups"] if each.get("answer") == "dogs"
    ]
    assert (group["reasons"], group["people"]) == ({"unanswered": 0, "unhelpful": 1}, 1), group

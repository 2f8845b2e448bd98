"""The Python client and the real server: nothing is lost, doubled or out of order."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from straks_client import Client, DisconnectedError, RefusedError, Subscription, connect
from straks_protocol import START, Entry
from tests.support.http import http
from tests.support.server import ServerProcess

PASSWORD = "correct horse battery staple"


async def messages(subscription: Subscription, count: int) -> list[str]:
    """Read on until so many messages came; answers of the server's own are left out."""
    found: list[str] = []
    async with asyncio.timeout(30):
        while len(found) < count:
            event = await anext(subscription)
            if isinstance(event, Entry) and event.kind == "message":
                found.append(event.data["text"])
    return found


async def say(client: Client, channel: str, *texts: str) -> None:
    for text in texts:
        await client.publish(channel, "message", {"text": text})


def as_agent(server: ServerProcess, name: str) -> dict[str, Any]:
    """Make an account; give the arguments with which its client connects."""
    email = f"{name.lower()}@example.com"
    server.add_agent(email, name, PASSWORD)

    async def token() -> str:
        def sign_in() -> str:
            with http() as client:
                return str(server.sign_in(client, email, PASSWORD)["token"])

        return await asyncio.to_thread(sign_in)

    return {"token": token, "origin": server.url}


@pytest.mark.parametrize("codec", ["json", "msgpack"])
async def test_a_visitor_and_an_agent_talk(server: ServerProcess, codec: str) -> None:
    agent_options = as_agent(server, "Ann")
    async with (
        connect(server.url, codec=codec) as visitor,
        connect(server.url, codec=codec, **agent_options) as agent,
    ):
        opened = await visitor.open("Where is my bag?", lang="en")
        theirs = visitor.subscribe(opened.channel, after=START)
        asked = await visitor.publish(opened.channel, "ask_human", {})
        await agent.publish(opened.channel, "accept", {}, expect=asked.offset)
        ours = agent.subscribe(opened.channel, after=START)
        await say(agent, opened.channel, "At carousel 4.")
        await say(visitor, opened.channel, "Thanks!")
        expected = ["Where is my bag?", "At carousel 4.", "Thanks!"]
        assert await messages(theirs, 3) == expected
        assert await messages(ours, 3) == expected
        with pytest.raises(RefusedError) as caught:
            await visitor.publish(opened.channel, "accept", {}, expect=asked.offset)
        assert caught.value.code == "forbidden"
        assert (await visitor.presence(opened.channel)).available


async def test_a_visitor_says_whether_an_answer_helped(server: ServerProcess) -> None:
    async with (
        connect(server.url) as visitor,
        connect(server.url, **as_agent(server, "Ann")) as ann,
    ):
        opened = await visitor.open("Where is my bag?")
        verdict = {"answer": 1, "helped": False}
        judged = await visitor.publish(opened.channel, "feedback", {**verdict, "why": "?"})
        page = await ann.history(opened.channel, before=judged.offset + 1, limit=1)
        assert [(entry.kind, entry.data) for entry in page.entries] == [("feedback", verdict)]
        with pytest.raises(RefusedError, match=r"data\.helped") as caught:
            await visitor.publish(opened.channel, "feedback", {"answer": 1, "helped": "no"})
        assert caught.value.code == "bad_data"
        with pytest.raises(RefusedError) as caught:
            await ann.publish(opened.channel, "feedback", verdict)
        assert caught.value.code == "forbidden"


async def test_killing_the_server_loses_nothing(server: ServerProcess) -> None:
    """Publishes are in flight at each of three kills; the outbox settles them all, in order."""
    async with connect(server.url, timeout=30, random=lambda: 0.1) as visitor:
        opened = await visitor.open("0")
        events = visitor.subscribe(opened.channel, after=START)
        texts = [str(number) for number in range(1, 151)]
        async with asyncio.TaskGroup() as tasks:
            sending = [tasks.create_task(say(visitor, opened.channel, text)) for text in texts]
            for kill in range(1, 4):
                async with asyncio.timeout(30):
                    await asyncio.wait(sending[: 20 * kill])
                await server.restart_async()
        assert await messages(events, 151) == ["0", *texts]
        history: list[str] = []
        after = 0
        while True:
            page = await visitor.history(opened.channel, after=after)
            history += [e.data["text"] for e in page.entries if e.kind == "message"]
            after = page.entries[-1].offset
            if not page.more:
                break
    assert history == ["0", *texts]


async def test_a_drained_server_is_come_back_to(server: ServerProcess) -> None:
    async with connect(server.url, timeout=30, random=lambda: 0.1) as visitor:
        opened = await visitor.open("before")
        events = visitor.subscribe(opened.channel, after=START)
        assert await messages(events, 1) == ["before"]
        sending = asyncio.create_task(say(visitor, opened.channel, "one", "two", "three"))
        assert await server.stop_async() == 0
        await server.start_async()
        await sending
        assert await messages(events, 3) == ["one", "two", "three"]


async def test_a_forged_token_is_the_end(server: ServerProcess) -> None:
    with pytest.raises(DisconnectedError, match="token_invalid"):
        async with connect(server.url, token="not.a.token"):
            pytest.fail("it was welcomed")

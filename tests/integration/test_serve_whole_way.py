"""The whole way over real sockets, once on each log."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from straks.demo import answers_folder
from tests.support.http import http
from tests.support.redis_server import redis_server
from tests.support.server import ServerProcess
from tests.support.talk import Frame, Talker, new_key

SHOP = "http://localhost:8081"


@pytest.fixture(params=["sqlite", "redis"])
def chat(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ServerProcess]:
    answers = str(answers_folder())
    if request.param == "sqlite":
        with ServerProcess(tmp_path, answers=answers) as server:
            yield server
        return
    with (
        redis_server(tmp_path, appendfsync="always") as redis,
        ServerProcess(tmp_path, redis=redis.url, answers=answers) as server,
    ):
        yield server


class Desk:
    """An agent: signed in over HTTP, with a socket."""

    def __init__(self, server: ServerProcess, email: str) -> None:
        self.server = server
        self.email = email
        self.http = http(base_url=server.url)
        self.talker: Talker

    async def sign_in(self) -> Talker:
        body = self.server.sign_in(self.http, self.email, "correct horse")
        return await self.connect(str(body["token"]))

    async def connect(self, token: str | None = None) -> Talker:
        if token is None:
            token = self.http.get("/v1/session").raise_for_status().json()["token"]
        self.talker = Talker(self.server.socket_url, origin=self.server.url, token=token)
        await self.talker.connect()
        return self.talker

    def inbox(self, state: str) -> Any:
        return self.http.get(f"/v1/inbox/default?state={state}").raise_for_status().json()


@pytest.fixture
async def desks(chat: ServerProcess) -> AsyncIterator[list[Desk]]:
    made = []
    for name in ("Bo", "Cy"):
        chat.add_agent(f"{name}@chat.example", name, "correct horse")
        made.append(Desk(chat, f"{name}@chat.example"))
    yield made
    for desk in made:
        desk.http.close()


def available(chat: ServerProcess) -> Any:
    """Tell what a visitor is told: whether anybody is there."""
    with http(base_url=chat.url) as visitor:
        return visitor.get("/v1/site").json()["available"]


async def open_conversation(visitor: Talker, text: str) -> str:
    opened = await visitor.ask("open", key=new_key(), data={"text": text, "lang": "en"})
    assert opened["type"] == "opened", opened
    channel: str = opened["channel"]
    subscribed = await visitor.ask("subscribe", channel=channel)
    assert subscribed["entries"][0]["data"]["text"] == text
    return channel


async def kinds_of(talker: Talker, channel: str) -> list[tuple[int, str]]:
    page = await talker.ask("subscribe", channel=channel)
    assert page["type"] == "subscribed", page
    return [(entry["offset"], entry["kind"]) for entry in page["entries"]]


async def test_a_visitor_is_answered_then_helped_and_nothing_is_lost_by_a_kill(
    chat: ServerProcess, desks: list[Desk]
) -> None:
    bo, cy = desks
    assert available(chat) is False
    visitor = Talker(chat.socket_url, origin=SHOP)
    await visitor.connect()
    channel = await answered_by_itself(visitor)
    first, second = await bo.sign_in(), await cy.sign_in()
    assert available(chat) is True

    accepted = await accepted_by_the_first(bo, second, channel)
    reply = await helped_and_closed(visitor, bo, second, channel, accepted)
    key = new_key()
    thanks = await visitor.publish(channel, "message", {"text": "Thanks"}, key=key)
    before = await kinds_of(visitor, channel)
    assert [kind for _, kind in before] == [
        "message",
        "answer",
        "ask_human",
        "accept",
        "message",
        "close",
        "reopen",
        "message",
    ]
    assert [offset for offset, _ in before] == list(range(1, 9))

    await chat.restart_async()
    for gone in (visitor, first, second):
        await gone.wait_closed()
    await resumed(visitor, channel, {"offset": 5, "id": reply["entry_id"]})
    repeated = await visitor.publish(channel, "message", {"text": "Thanks"}, key=key)
    assert (repeated["duplicate"], repeated["entry_id"]) == (True, thanks["entry_id"])
    first = await bo.connect()
    assert await kinds_of(first, channel) == before
    await until_listed(bo, "mine", "Thanks")
    for talker in (visitor, first):
        await talker.close()


async def answered_by_itself(visitor: Talker) -> str:
    """Ask; then ask for a person."""
    channel = await open_conversation(visitor, "Where is my order?")
    answer = await wait_for_kind(visitor, channel, "answer")
    assert answer["data"]["answer"], answer
    assert answer["data"]["question"] == 1
    asked = await visitor.publish(channel, "ask_human")
    assert asked["type"] == "published", asked
    return channel


async def accepted_by_the_first(bo: Desk, second: Talker, channel: str) -> int:
    """Let two agents accept; give the offset of the one that won."""
    page = await until_listed(bo, "waiting")
    summary = page["conversations"][0]
    assert f"conversation:{summary['id']}" == channel
    feed = await second.ask("subscribe", channel="inbox:default", after=page["position"])
    assert feed["recovered"] is True
    for agent in (bo.talker, second):
        await agent.ask("subscribe", channel=channel)
    expect = summary["state_offset"]
    won = await bo.talker.publish(channel, "accept", expect=expect)
    assert won["type"] == "published", won
    lost = await second.publish(channel, "accept", expect=expect)
    assert lost["type"] == "error", (won, lost, expect)
    assert (lost["code"], lost["by"]["name"]) == ("already_taken", "Bo")
    await second.wait_for(
        lambda frame: (
            frame["type"] == "entry"
            and frame["channel"] == "inbox:default"
            and (frame["entry"]["data"].get("agent") or {}).get("name") == "Bo"
        )
    )
    assert [c["id"] for c in (await until_listed(bo, "mine"))["conversations"]] == [summary["id"]]
    offset: int = won["offset"]
    return offset


async def helped_and_closed(
    visitor: Talker, bo: Desk, second: Talker, channel: str, accepted: int
) -> Frame:
    """Let the agent reply and close, and the visitor reopen; give the reply."""
    reply = await bo.talker.publish(channel, "message", {"text": "I will look."})
    assert (await visitor.wait_for_entry(channel, "message"))["data"]["text"] == "I will look."
    refused = await second.publish(channel, "message", {"text": "Me too!"})
    assert refused["code"] == "forbidden"
    closed = await bo.talker.publish(channel, "close", expect=accepted)
    assert closed["type"] == "published", closed
    late = await visitor.publish(channel, "message", {"text": "One more thing"})
    assert late["code"] == "wrong_state"
    again = await visitor.publish(channel, "reopen", expect=closed["offset"])
    assert again["type"] == "published", again
    return reply


async def resumed(visitor: Talker, channel: str, after: Frame) -> None:
    """Come back after the kill and find what came after the reply."""
    await visitor.connect()
    assert visitor.welcome["principal"]["kind"] == "visitor"
    back = await visitor.ask("subscribe", channel=channel, after=after)
    assert back["recovered"] is True
    assert [entry["offset"] for entry in back["entries"]] == [6, 7, 8]


async def test_a_stranger_sees_nothing_of_a_conversation(
    chat: ServerProcess, desks: list[Desk]
) -> None:
    visitor, stranger = (Talker(chat.socket_url, origin=SHOP) for _ in range(2))
    await visitor.connect()
    await stranger.connect()
    channel = await open_conversation(visitor, "This is private")
    desk = channel.replace("conversation:", "desk:")
    for name in (channel, desk, "inbox:default", "conversation:absent"):
        refused = await stranger.ask("subscribe", channel=name)
        assert refused["code"] == "not_found", refused
        refused = await stranger.publish(name, "message", {"text": "hello"})
        assert refused["code"] == "not_found", refused
    agent = await desks[0].sign_in()
    await agent.ask("subscribe", channel=desk)
    noted = await agent.publish(desk, "note", {"text": "for us only"})
    assert noted["type"] == "published", noted
    assert (await visitor.ask("subscribe", channel=desk))["code"] == "not_found"
    assert all("for us only" not in str(frame) for frame in visitor.frames + stranger.frames)
    for talker in (visitor, stranger, agent):
        await talker.close()


async def wait_for_kind(talker: Talker, channel: str, kind: str) -> Frame:
    """Give an entry that was in the subscribed page or is pushed after it."""
    for frame in talker.frames:
        for entry in frame.get("entries", ()):
            if entry["kind"] == kind:
                found: Frame = entry
                return found
    return await talker.wait_for_entry(channel, kind)


async def until_listed(desk: Desk, state: str, preview: str | None = None) -> Any:
    """Read a list until it shows something, or this first: projections follow the log."""

    def listed() -> bool:
        return any(preview in (None, each["preview"]) for each in page["conversations"][:1])

    seen = len(desk.talker.frames)
    page = desk.inbox(state)
    feed = await desk.talker.ask("subscribe", channel="inbox:default", after=page["position"])
    assert feed["type"] == "subscribed", feed
    if feed["entries"]:  # They came after the list was read.
        page = desk.inbox(state)
    while not listed():
        await desk.talker.wait_for(
            lambda frame: frame["type"] == "entry" and frame["channel"] == "inbox:default",
            since=seen,
        )
        seen = len(desk.talker.frames)
        page = desk.inbox(state)
    return page

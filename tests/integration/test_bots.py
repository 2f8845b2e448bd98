"""A bot of others answers in place of the engine, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from straks_client import Client, DisconnectedError, RefusedError, connect
from straks_protocol import CloseCode, Entry
from tests.support.http import http
from tests.support.server import ServerProcess, run_straks

PASSWORD = "correct horse battery staple"
NAME = "helper"
QUESTION = "How do I send a lamp back?"


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server without answers, that waits for the bot longer than any test does."""
    with ServerProcess(tmp_path_factory.mktemp("patient"), bot=NAME, bot_timeout="60") as server:
        yield server


@pytest.fixture(scope="module")
def hasty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with ServerProcess(tmp_path_factory.mktemp("hasty"), bot=NAME, bot_timeout="0.5") as server:
        yield server


@pytest.fixture
def key(patient: ServerProcess) -> Iterator[str]:
    yield make_key(patient)
    app_command(patient, "remove", NAME)


def app_command(server: ServerProcess, *arguments: str) -> str:
    done = run_straks("app", *arguments, data=str(server.data))
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def make_key(server: ServerProcess, *scopes: str) -> str:
    options = [word for scope in scopes or ("answer",) for word in ("--scope", scope)]
    return app_command(server, "add", NAME, *options)


async def give(bot: Client, asked: dict[str, Any], text: str = "Just send it.") -> None:
    """Answer what the bot was asked."""
    data = {"question": asked["offset"], "answer": NAME, "title": NAME, "text": text, "score": 0.9}
    await bot.publish(asked["channel"], "answer", data, expect=asked["state_offset"])


class Asked:
    """What a bot was asked, as it comes."""

    def __init__(self, bot: Client) -> None:
        self._events = bot.subscribe(f"app:{NAME}")
        self._old: set[str] = set()

    async def begin(self, bot: Client) -> None:
        """Pass over what was asked before; return when it is heard what is asked from now on."""
        page = await bot.history(f"app:{NAME}", limit=200)  # answered after the subscription
        self._old = {entry.id for entry in page.entries}

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(30):
            event = await anext(self._events)
            while isinstance(event, Entry) and event.id in self._old:
                event = await anext(self._events)
        assert isinstance(event, Entry)
        assert (event.kind, event.sender.kind) == ("question", "server")
        return event.data


@asynccontextmanager
async def helper(server: ServerProcess, key: str) -> AsyncIterator[tuple[Client, Asked]]:
    """Connect the bot; return when it hears what it is asked."""
    async with connect(server.url, token=key, timeout=30) as bot:
        asked = Asked(bot)
        await asked.begin(bot)
        yield bot, asked


async def replies(client: Client, channel: str, count: int = 1) -> list[Entry]:
    """Give what the server and the bot said, as soon as it is so much, or more."""
    async with asyncio.timeout(40):
        while True:
            page = await client.history(channel, after=0, limit=200)
            found = [each for each in page.entries if each.sender.kind == "app"]
            if len(found) >= count:
                return found
            await asyncio.sleep(0.02)


async def ask_on(bot: Client) -> None:
    """Ask for something again and again, as long as the connection lives."""
    async with asyncio.timeout(60):
        while True:
            await bot.history(f"app:{NAME}", limit=1)
            await asyncio.sleep(0.1)


async def as_agent(server: ServerProcess) -> dict[str, Any]:
    await asyncio.to_thread(server.add_agent, "ann@example.com", "Ann", PASSWORD)

    def sign_in() -> str:
        with http() as browser:
            return str(server.sign_in(browser, "ann@example.com", PASSWORD)["token"])

    return {"token": await asyncio.to_thread(sign_in), "origin": server.url}


async def test_a_bot_that_answers_in_time_answers_alone(patient: ServerProcess, key: str) -> None:
    async with helper(patient, key) as (bot, asked), connect(patient.url) as visitor:
        assert bot.principal.kind == "app"
        opened = await visitor.open(QUESTION, lang="en")
        question = await asked.next()
        assert question == {
            "channel": opened.channel,
            "offset": 1,
            "state_offset": 1,
            "text": QUESTION,
            "lang": "en",
        }
        await give(bot, question)
        (given,) = await replies(visitor, opened.channel)
        assert (given.sender.id, given.data["text"]) == (NAME, "Just send it.")
        with pytest.raises(RefusedError, match="has its reply") as refused:
            await give(bot, question, "Or do not.")
        assert refused.value.code == "wrong_state"
        assert len(await replies(visitor, opened.channel)) == 1


async def test_a_bot_that_is_late_is_told_so(hasty: ServerProcess) -> None:
    async with helper(hasty, make_key(hasty)) as (bot, _), connect(hasty.url) as visitor:
        question = None
        while question is None:  # it is not even asked where the server itself was too slow
            opened = await visitor.open(QUESTION)
            (given,) = await replies(visitor, opened.channel)
            assert (given.sender.id, given.data["answer"]) == ("answers", None)
            page = await bot.history(f"app:{NAME}", limit=200)
            asked = (entry.data for entry in page.entries)
            question = next((each for each in asked if each["channel"] == opened.channel), None)
        for kind, data in (
            ("answer", {"question": 1, "answer": NAME, "text": "Now?", "score": 1}),
            ("ask_human", {"question": 1}),
        ):
            with pytest.raises(RefusedError, match="has its reply") as refused:
                await bot.publish(opened.channel, kind, data, expect=question["state_offset"])
            assert refused.value.code == "wrong_state"
        assert len(await replies(visitor, opened.channel)) == 1


async def test_a_bot_that_is_away_or_goes_is_not_waited_for(
    patient: ServerProcess, key: str
) -> None:
    async with connect(patient.url) as visitor:
        away = await visitor.open(QUESTION)
        assert [each.sender.id for each in await replies(visitor, away.channel)] == ["answers"]
        async with helper(patient, key) as (_, asked):
            opened = await visitor.open(QUESTION)
            await asked.next()
        assert [each.sender.id for each in await replies(visitor, opened.channel)] == ["answers"]


async def test_a_bot_may_bring_a_person_and_then_is_silent(patient: ServerProcess) -> None:
    key = make_key(patient, "answer", "message")
    async with (
        helper(patient, key) as (bot, asked),
        connect(patient.url) as visitor,
        connect(patient.url, **await as_agent(patient)) as ann,
    ):
        opened = await visitor.open("Something hard?")
        question = await asked.next()
        wished = await bot.publish(
            opened.channel, "ask_human", {"question": 1}, expect=question["state_offset"]
        )
        await bot.publish(opened.channel, "message", {"text": "Somebody comes."})
        taken = await ann.publish(opened.channel, "accept", {}, expect=wished.offset)
        answer = {"question": 1, "answer": NAME, "text": "I know!", "score": 1}
        for kind, data, expect in (
            ("message", {"text": "Me again."}, None),
            ("answer", answer, taken.offset),
            ("ask_human", {}, taken.offset),
        ):
            with pytest.raises(RefusedError) as refused:
                await bot.publish(opened.channel, kind, data, expect=expect)
            assert refused.value.code == "wrong_state"
        with pytest.raises(RefusedError) as refused:
            await bot.publish(opened.channel, "answer", answer, expect=wished.offset)
        assert refused.value.code == "conflict"
        said = await replies(visitor, opened.channel)
        assert [each.kind for each in said] == ["ask_human", "message"]
    app_command(patient, "remove", NAME)


async def test_who_waits_for_the_bot_holds_nobody_up(patient: ServerProcess, key: str) -> None:
    async with helper(patient, key) as (bot, asked), connect(patient.url) as visitor:
        slow = await visitor.open(QUESTION)
        first = await asked.next()
        human = await visitor.open("Can I talk to a human please?")
        assert [each.kind for each in await replies(visitor, human.channel)] == ["ask_human"]
        expert = await visitor.open("error E-17, I have restarted it already")
        assert [each.kind for each in await replies(visitor, expert.channel)] == ["ask_human"]
        quick = await visitor.open("And what of bulbs?")
        second = await asked.next()
        assert second["channel"] == quick.channel  # the others were never the bot's
        await give(bot, second)
        assert [each.sender.id for each in await replies(visitor, quick.channel)] == [NAME]
        await give(bot, first)
        assert [each.sender.id for each in await replies(visitor, slow.channel)] == [NAME]


@pytest.mark.timeout(180)
async def test_a_kill_while_the_bot_is_waited_for_loses_nothing(tmp_path: Path) -> None:
    """Of three questions the bot answers one before the kill, one after it, and one never."""
    with ServerProcess(tmp_path, bot=NAME, bot_timeout="10") as server:
        async with (
            connect(server.url, timeout=60, random=lambda: 0.1) as visitor,
            helper(server, make_key(server)) as (bot, asked),
        ):
            channels, questions = [], []
            for number in range(3):
                channels.append((await visitor.open(f"{QUESTION} {number}")).channel)
                questions.append(await asked.next())
            assert [each["channel"] for each in questions] == channels
            # The first two may be late by now where all is slow; nothing below depends on it.
            await give(bot, questions[2])
            await server.restart_async()
            # The server may have answered before the bot was back.
            late = asyncio.create_task(give(bot, questions[1]))
            await asyncio.wait([late])
            said = [await replies(visitor, channel) for channel in channels]
            assert [len(each) for each in said] == [1, 1, 1]
            assert [each[0].sender.id for each in said[::2]] == ["answers", NAME]
            error = late.exception()
            assert (error is None) is (said[1][0].sender.id == NAME)
            if error is not None:
                assert isinstance(error, RefusedError)
                assert error.code == "wrong_state"
            await visitor.publish(channels[0], "message", {"text": "A human, please"})
            assert [each.kind for each in await replies(visitor, channels[0], 2)] == [
                "answer",
                "ask_human",
            ]
            said = [await replies(visitor, channel) for channel in channels]
            assert [len(each) for each in said] == [2, 1, 1]


async def test_a_key_that_is_ended_ends_what_is_connected_with_it(patient: ServerProcess) -> None:
    key = make_key(patient)
    assert await asyncio.to_thread(app_command, patient, "list") == f"{NAME}  answer"
    async with helper(patient, key) as (bot, _):
        await asyncio.to_thread(app_command, patient, "remove", NAME)
        with pytest.raises(DisconnectedError) as ended:
            await ask_on(bot)
        assert ended.value.code == CloseCode.TOKEN_REVOKED
    with pytest.raises(DisconnectedError) as refused:
        async with connect(patient.url, token=key, timeout=30):
            pass
    assert refused.value.code == CloseCode.TOKEN_REVOKED


async def test_an_app_does_what_its_scopes_say_and_no_more(patient: ServerProcess) -> None:
    key = make_key(patient, "app:orders:publish")
    async with connect(patient.url, token=key) as app, connect(patient.url) as visitor:
        await app.publish("app:orders", "order.paid", {"order": 5})
        opened = await visitor.open("thanks")
        for channel, kind in (
            (opened.channel, "message"),
            (opened.channel.replace("conversation", "desk"), "note"),
            ("inbox:default", "conversation"),
            ("app:other", "order.paid"),
        ):
            with pytest.raises(RefusedError) as refused:
                await app.publish(channel, kind, {"text": "Hi"})
            assert refused.value.code == "not_found"
        with pytest.raises(RefusedError) as refused:
            await app.publish(f"app:{NAME}", "question", {"text": "Hi"})
        assert refused.value.code == "forbidden"
        with pytest.raises(RefusedError):
            await app.open("May I?")
    with pytest.raises(DisconnectedError) as turned_away:
        async with connect(patient.url, token=key, origin=patient.url, timeout=30):
            pass
    assert turned_away.value.code == CloseCode.ORIGIN_NOT_ALLOWED
    app_command(patient, "remove", NAME)

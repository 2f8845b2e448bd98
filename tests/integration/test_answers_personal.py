"""Answers that depend on who asks: forms, facts and look-ups, beside the feed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest

from straks.answers.beside import handlers
from straks.answers.business import Business
from straks.answers.files import AnswerBook
from straks.answers.hours import OpeningHours
from straks.answers.lookup import Lookup
from straks.answers.matcher import Matcher
from straks.answers.responder import Responder
from straks.answers.source import parse
from straks.conversation.consumer import Consumer
from straks.log.log import Entry
from straks.records.errors import RecordsUnavailableError
from tests.support.conversing import AGENT, VISITOR, Conversing, conversing
from tests.support.webhook import Webhook, webhook

STATUS = """---
title: Order status
phrases: [where is my order]
ask:
  - order: Your order number
  - email
lookup: order_status
fallback: The **shop** is asleep.
---
I can see that.

Order {{order}} is {{status}}, {{name|dear visitor}}. [Track](https://t.example/{{order}})
"""
SIZES = """---
title: Sizes
phrases: [which size fits]
ask:
  - {name: height, label: Your height, type: number}
  - {name: waist, label: Waist, optional: yes}
---
At {{height}} cm take L.
"""
NEWS = """---
title: Newsletter
phrases: [send me news]
ask: [email]
---
We send it to whoever leaves an address.
"""
HOURS = """---
title: Hours
phrases: [when are you open]
---
{{open_now}}
"""
PLAIN = "---\ntitle: Delivery\nphrases: [how long is delivery]\n---\nTwo days.\n"
BUSY = """---
title: Lager
lang: da
phrases: [er den på lager]
lookup: stock
---
{{left}} tilbage. {{open_now|}}
"""
BOOK = AnswerBook(
    tuple(
        parse(file, source.encode())
        for file, source in (
            ("status.md", STATUS),
            ("sizes.md", SIZES),
            ("news.md", NEWS),
            ("hours.md", HOURS),
            ("delivery.md", PLAIN),
            ("stock.da.md", BUSY),
        )
    )
)


class Earlier:
    """What earlier conversations said."""

    def __init__(self, facts: Mapping[str, str]) -> None:
        self.facts = facts
        self.away = False

    async def known(self, visitor_id: str) -> Mapping[str, str]:
        if self.away:
            raise RecordsUnavailableError("away")
        return self.facts if visitor_id == VISITOR.id else {}

    async def earlier(self, visitor_id: str, conversation_id: str) -> int:
        raise AssertionError("nobody is an expert here")


class Here:
    def __init__(self, log: Conversing, hook: Webhook, earlier: Earlier) -> None:
        self.log = log
        self.hook = hook
        self.earlier = earlier

    async def open(self, text: str, **data: Any) -> str:
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        key = f"0192-{text}"
        self.log.service.open(VISITOR, key, {"text": text, **data}, future.set_result)
        channel: str = (await future).entry.channel
        self.log.log.follow(channel)
        await self.log.log.synced(channel)
        return channel

    async def details(self, channel: str, answer: int, **fields: str) -> None:
        await self.log.send(VISITOR, channel, "details", {"answer": answer, "fields": fields})

    async def replies(self, channel: str, count: int = 1) -> list[tuple[int, dict[str, Any]]]:
        async with asyncio.timeout(20):
            while True:
                entries = await self.log.entries(channel)
                found = [e for e in entries if e.sender == "app:answers"]
                if len(found) >= count:
                    return [(entry.offset, _data(entry)) for entry in found]
                await asyncio.sleep(0.002)


def _data(entry: Entry) -> dict[str, Any]:
    parsed: dict[str, Any] = orjson.loads(entry.data)
    return parsed


def business(url: str) -> Business:
    return Business(
        hours=OpeningHours.read({"mon-sun": "0:00-24:00"}),
        lookups={
            "order_status": Lookup("order_status", url, None, 5.0, ("order", "email")),
            "stock": Lookup("stock", url, None, 5.0),
        },
    )


@asynccontextmanager
async def answering(log: Conversing, hook: Webhook, earlier: Earlier) -> AsyncIterator[Responder]:
    responder = Responder(log.service, Matcher.train(BOOK), name="Nordlys", known=earlier)
    responder.personal.business = business(hook.url)
    handle = handlers(log.log, responder.handle, responder.personal)
    reader = Consumer("answers", log.log, handle, urgent=responder.is_urgent)
    log.log.listen(reader.committed)
    log.service.foresight = responder.foresee
    task = asyncio.create_task(reader.run())
    try:
        yield responder
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await responder.personal.close()


@asynccontextmanager
async def here(tmp_path: Path, **earlier: str) -> AsyncIterator[Here]:
    async with conversing(tmp_path) as log, webhook() as hook:
        known = Earlier(earlier)
        async with answering(log, hook, known):
            yield Here(log, hook, known)


async def test_a_form_asks_for_what_is_not_known_and_the_answer_follows(tmp_path: Path) -> None:
    async with here(tmp_path) as shop:
        shop.hook.give({"status": "<b>sent</b>"})
        channel = await shop.open("where is my order", known={"email": "v@example.org"})
        ((offset, asked),) = await shop.replies(channel)
        assert asked["form"] == [{"name": "order", "label": "Your order number", "type": "text"}]
        assert (asked["question"], asked["answer"], asked["text"]) == (
            1,
            "status",
            "I can see that.",
        )
        assert shop.hook.requests == []
        await shop.details(channel, offset, order="7 & <i>8</i>")
        _, (_, given) = await shop.replies(channel, 2)
        assert given["question"] == 3
        assert "form" not in given
        assert given["text"] == (
            "I can see that.\n\nOrder 7 & <i>8</i> is <b>sent</b>, dear visitor. "
            "Track (https://t.example/7%20%26%20%3Ci%3E8%3C%2Fi%3E)"
        )
        assert (
            "Order 7 &amp; &lt;i&gt;8&lt;/i&gt; is &lt;b&gt;sent&lt;/b&gt;, dear" in given["html"]
        )
        (told,) = shop.hook.told()
        assert told["facts"] == {"order": "7 & <i>8</i>", "email": "v@example.org"}
        assert told["conversation"] == channel.partition(":")[2]


async def test_when_all_is_known_nothing_is_asked(tmp_path: Path) -> None:
    known = {"email": "v@example.org", "order": "7", "name": "Vera"}
    async with here(tmp_path) as shop:
        shop.hook.give({"status": "sent"})
        channel = await shop.open("where is my order", known=known)
        ((_, given),) = await shop.replies(channel)
        assert "form" not in given
        assert "Order 7 is sent, Vera." in given["text"]


async def test_what_earlier_conversations_said_is_filled_in_beforehand(tmp_path: Path) -> None:
    async with here(tmp_path, email="v@example.org", order="6", height="180") as shop:
        channel = await shop.open("where is my order")
        ((offset, asked),) = await shop.replies(channel)
        field = {"name": "order", "label": "Your order number", "type": "text", "value": "6"}
        assert asked["form"] == [field]
        shop.hook.give({"status": "sent"})
        await shop.details(channel, offset, order="6")
        _, (_, given) = await shop.replies(channel, 2)
        assert "Order 6 is sent" in given["text"]
        assert shop.hook.told()[0]["facts"] == {"order": "6", "email": "v@example.org"}


async def test_records_that_are_away_keep_nobody_from_an_answer(tmp_path: Path) -> None:
    async with here(tmp_path, email="v@example.org") as shop:
        shop.earlier.away = True
        channel = await shop.open("send me news")
        ((_, asked),) = await shop.replies(channel)
        assert [field["name"] for field in asked["form"]] == ["email"]
        assert asked["text"] == "We send it to whoever leaves an address."


async def test_a_known_address_is_not_asked_for(tmp_path: Path) -> None:
    async with here(tmp_path, email="v@example.org") as shop:
        channel = await shop.open("send me news")
        ((_, given),) = await shop.replies(channel)
        assert "form" not in given


async def test_what_may_be_left_out_is_asked_for_once(tmp_path: Path) -> None:
    async with here(tmp_path) as shop:
        channel = await shop.open("which size fits")
        ((offset, asked),) = await shop.replies(channel)
        assert [field["name"] for field in asked["form"]] == ["height", "waist"]
        assert asked["form"][1]["optional"] is True
        assert asked["text"] == "To answer that I need to know this first:"
        await shop.details(channel, offset, waist="80")
        _, (offset, again) = await shop.replies(channel, 2)
        assert [field["name"] for field in again["form"]] == ["height"]
        await shop.details(channel, offset, height="180")
        *_, (_, given) = await shop.replies(channel, 3)
        assert (given["text"], "form" in given) == ("At 180 cm take L.", False)


@pytest.mark.parametrize("broken", ["status", "member"])
async def test_a_look_up_that_fails_is_told_of_with_a_person(tmp_path: Path, broken: str) -> None:
    known = {"email": "v@example.org", "order": "7"}
    async with here(tmp_path) as shop:
        shop.hook.give({"other": "x"}, 200 if broken == "member" else 500)
        channel = await shop.open("where is my order", known=known)
        ((_, told),) = await shop.replies(channel)
        assert (told["text"], told["html"]) == (
            "The shop is asleep.",
            "<p>The <strong>shop</strong> is asleep.</p>",
        )
        assert told["answer"] == "status"
        assert told["buttons"] == ["Talk to a person"]
        await shop.log.say(VISITOR, channel, told["buttons"][0])
        async with asyncio.timeout(20):
            while (await shop.log.now(channel)).state != "waiting":
                await asyncio.sleep(0.002)


async def test_without_a_text_of_its_own_it_is_told_in_its_language(tmp_path: Path) -> None:
    async with here(tmp_path) as shop:
        shop.hook.give({}, 500)
        channel = await shop.open("er den på lager", lang="da")
        ((_, told),) = await shop.replies(channel)
        assert told["text"] == "Jeg kan ikke slå det op lige nu. En medarbejder kan hjælpe dig."
        assert told["buttons"] == ["Tal med et menneske"]


async def test_a_slow_look_up_delays_nobody_else(tmp_path: Path) -> None:
    async with here(tmp_path) as shop:
        shop.hook.gate.clear()
        shop.hook.give({"left": 3})
        slow = await shop.open("er den på lager", lang="da")
        async with asyncio.timeout(20):
            while not shop.hook.requests:
                await asyncio.sleep(0.002)
        for n in range(3):
            other = await shop.open("how long is delivery", read=[f"r{n}"])
            await shop.replies(other)
        await shop.log.say(VISITOR, slow, "how long is delivery")
        ((_, first),) = await shop.replies(slow)
        assert first["answer"] == "delivery"
        shop.hook.gate.set()
        _, (_, second) = await shop.replies(slow, 2)
        assert (second["question"], second["text"][:10]) == (1, "3 tilbage.")


async def test_nothing_is_said_once_a_person_came(tmp_path: Path) -> None:
    async with here(tmp_path) as shop:
        shop.hook.gate.clear()
        channel = await shop.open("er den på lager", lang="da")
        async with asyncio.timeout(20):
            while not shop.hook.requests:
                await asyncio.sleep(0.002)
        await shop.log.send(AGENT, channel, "accept", {}, expect=1)
        shop.hook.gate.set()
        other = await shop.open("how long is delivery")
        await shop.replies(other)
        async with asyncio.timeout(20):
            while await shop.log.log.cursor("answers", 0) < 4:
                await asyncio.sleep(0.01)
        entries = await shop.log.entries(channel)
        assert [entry.kind for entry in entries] == ["message", "accept"]


async def test_what_a_stop_interrupted_is_done_again_once(tmp_path: Path) -> None:
    async with conversing(tmp_path) as log, webhook() as hook:
        hook.gate.clear()
        hook.give({"left": 3})
        shop = Here(log, hook, Earlier({}))
        async with answering(log, hook, shop.earlier):
            channel = await shop.open("er den på lager", lang="da")
            await shop.replies(await shop.open("how long is delivery"))
            async with asyncio.timeout(20):
                while not hook.requests:
                    await asyncio.sleep(0.002)
        assert await log.log.cursor("answers", 0) == 0
        hook.gate.set()
        async with answering(log, hook, shop.earlier):
            ((_, given),) = await shop.replies(channel)
            assert given["text"].startswith("3 tilbage.")
            await shop.replies(await shop.open("how long is delivery", lang="en"))
        async with answering(log, hook, shop.earlier):
            await shop.replies(await shop.open("which size fits"))
            assert len(await shop.replies(channel)) == 1


async def test_opening_hours_are_told(tmp_path: Path) -> None:
    async with here(tmp_path) as shop:
        ((_, given),) = await shop.replies(await shop.open("when are you open"))
        assert given["text"] == "We are open until 24:00."


async def test_a_look_up_says_nothing_else_than_the_opening_hours(tmp_path: Path) -> None:
    async with here(tmp_path) as shop:
        shop.hook.give({"left": 3, "open_now": "Lukket."})
        ((_, given),) = await shop.replies(await shop.open("er den på lager", lang="da"))
        assert given["text"] == "3 tilbage. Vi har åbent til 24:00."


async def test_details_for_nothing_of_ours_get_no_reply(tmp_path: Path) -> None:
    async with here(tmp_path) as shop:
        channel = await shop.open("send me news")
        ((offset, _),) = await shop.replies(channel)
        await shop.details(channel, offset + 40, email="v@example.org")
        await shop.log.send(VISITOR, channel, "details", {"fields": {"order": "7"}})
        await shop.log.say(VISITOR, channel, "how long is delivery")
        replies = await shop.replies(channel, 2)
        assert [data["answer"] for _, data in replies] == ["news", "delivery"]

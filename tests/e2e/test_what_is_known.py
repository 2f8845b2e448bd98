"""What a page, a form and the visitor themselves tell is at hand for the agent."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin, Subprotocol

from tests.e2e.stage import FIRST, Stage
from tests.e2e.test_accessibility import DESK, agent_is_fine
from tests.support.talk import new_key

WHY = re.compile(
    "Passed to a person at once, as an expert: .*the error code E-17.*has tried a restart already"
)
PATIENCE = 30.0
"""Seconds for one reply, on a busy machine."""


class Teller:
    """A visitor whose page tells more than the shop's does."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._asked = 0
        self.ask("hello")

    def ask(self, kind: str, /, **fields: Any) -> dict[str, Any]:
        """Send a request; gives its reply."""
        self._asked += 1
        self._socket.send(json.dumps({"type": kind, "id": self._asked, **fields}))
        while True:
            frame: dict[str, Any] = json.loads(self._socket.recv(timeout=PATIENCE))
            if frame.get("id") == self._asked:
                assert frame["type"] != "error", frame
                return frame

    def tell(self, channel: str, kind: str, **data: Any) -> None:
        """Publish an entry."""
        self.ask("publish", channel=channel, key=new_key(), kind=kind, data=data)


@contextmanager
def told_to(stage: Stage) -> Iterator[Teller]:
    """Connect as a visitor."""
    with connect(
        stage.server.socket_url,
        origin=Origin(stage.shop.url),
        subprotocols=[Subprotocol("straks.v1.json")],
        proxy=None,
    ) as socket:
        yield Teller(socket)


@pytest.fixture
def teller(stage: Stage) -> Iterator[Teller]:
    with told_to(stage) as visitor:
        yield visitor


def test_an_agent_reads_what_is_known_beside_the_conversation(stage: Stage, teller: Teller) -> None:
    ann = stage.agent("Ann")
    known = {"name": "Vera", "email": "vera@example.org", "order": "6"}
    opened = teller.ask(
        "open", key=new_key(), data={"text": "My lamp flickers", "lang": "en", "known": known}
    )
    teller.tell(opened["channel"], "details", fields={"order": "7", "serial_number": "MX-12"})
    teller.tell(opened["channel"], "ask_human")
    expect(ann.row("My lamp flickers")).to_contain_text("Vera")
    ann.pick()
    panel = ann.page.get_by_role("region", name="Known about Vera")
    expect(panel.locator("dl > div")).to_have_text(
        ["NameVera", "E-mailvera@example.org", "Order number7", "Serial numberMX-12"]
    )
    told = ann.happened.filter(has_text="Order number: 7 · Serial number: MX-12")
    expect(told).to_have_count(1)
    ann.page.set_viewport_size({"width": 390, "height": 844})
    expect(panel).to_be_in_viewport(ratio=1)
    assert ann.width_left_over() == 0


def test_where_nothing_is_known_nothing_is_in_the_way(stage: Stage) -> None:
    _visitor, ann = stage.meet()
    expect(ann.page.locator(".known")).to_have_count(0)


def test_an_expert_gets_a_person_at_once_before_others_and_the_agent_sees_why(
    carrying: Stage,
) -> None:
    ann = carrying.agent("Ann")
    ordinary = carrying.visitor().open()
    ordinary.ask(FIRST)
    ordinary.person.click()
    expect(ann.rows).to_have_text([re.compile(re.escape(FIRST))])
    expert = carrying.visitor().open()
    expert.ask("The driver logs E-17 after firmware 2.4.1, I have already restarted it")
    expect(expert.event("Passed on to a person who knows")).to_be_visible()
    expect(expert.event("You asked for a person")).to_have_count(0)
    expect(expert.panel).to_contain_text("A person has been asked to come.")
    # No standard answer came before.
    expect(expert.bubbles).to_have_count(1)

    driver_first = [re.compile("The driver logs E-17"), re.compile(re.escape(FIRST))]
    expect(ann.rows).to_have_text(driver_first)
    ann.page.reload()
    expect(ann.rows).to_have_text(driver_first)
    marked = ann.rows.get_by_title("Expert: passed to a person at once")
    expect(marked).to_have_text(["Expert"])
    ann.pick("The driver logs E-17")
    expect(ann.page.locator(".conversation-head")).to_contain_text("Expert")
    expect(ann.happened).to_have_text([WHY])
    ann.accept()
    ann.say("Which driver is it?")
    expect(expert.bubbles.last).to_have_text("Which driver is it?")
    # The desk has it too: it is read once.
    told = [frame["entry"] for frame in ann.frames if frame["type"] == "entry"]
    told += [entry for frame in ann.frames for entry in frame.get("entries", ())]
    assert "assign_reason" in {entry["kind"] for entry in told}
    expect(ann.happened.filter(has_text="E-17")).to_have_count(1)


GUIDE = """---
title: Change the bulb
lang: en
guide: yes
ask:
  - order: Your order number
phrases:
  - how do I change the bulb
---
It takes three steps.

## Switch it off
At the **wall**.

## Turn the bulb
To the left.

## Switch it on
And enjoy.
"""


@pytest.fixture
def guiding(chromium: Browser, tmp_path: Path, accounts: Path) -> Iterator[Stage]:
    """A server whose only answer is a guide that asks for something."""
    folder = tmp_path / "answers"
    folder.mkdir()
    (folder / "bulb.md").write_text(GUIDE, encoding="utf-8")
    with Stage(chromium, tmp_path, accounts, answers=folder) as opened:
        yield opened


def test_who_takes_over_a_guide_sees_how_far_it_went(guiding: Stage) -> None:
    ann = guiding.agent("Ann", **DESK)
    with told_to(guiding) as teller:
        opened = teller.ask(
            "open", key=new_key(), data={"text": "how do I change the bulb", "lang": "en"}
        )
        channel = opened["channel"]
        ann.tab("All open").click()
        ann.pick()
        guide = ann.thread.locator(".guide")
        expect(guide.locator(".guide-head")).to_have_text("Guide of 3 steps, none done yet")
        answer = teller.ask("subscribe", channel=channel)["entries"][-1]
        teller.tell(channel, "step", answer=answer["offset"], step=2)
        expect(guide.locator(".guide-head")).to_have_text("Guide: step 2 of 3 done")
        expect(guide.locator(".guide-done")).to_have_count(2)
        expect(ann.thread.locator(".offered")).to_have_text("Asked for: Your order number")
        guide.get_by_text("Switch it off").click()
        expect(guide.get_by_text("At the wall.")).to_be_visible()
        teller.tell(channel, "details", answer=answer["offset"], fields={"order": "7"})
        expect(ann.happened.filter(has_text="Order number: 7")).to_have_count(1)
        expect(ann.page.get_by_role("region", name="Known about")).to_contain_text("7")
        agent_is_fine(ann, "a guide, and what is known")

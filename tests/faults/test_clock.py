"""A server's clock is set: what was said stays in order, and everything goes on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.fault_load import SHOP, fault_test, load, rounds
from tests.support.nodes import Nodes
from tests.support.skewed import SkewedServer
from tests.support.talk import Talker, new_key

HOUR = 3600

pytestmark = fault_test(240)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Nodes]:
    with Nodes(tmp_path, count=1, kind=SkewedServer) as nodes:
        yield nodes


def set_clock(nodes: Nodes, number: int, seconds: int) -> None:
    """Set the clock of one node, so far from the machine's."""
    node = nodes[number]
    assert isinstance(node, SkewedServer)
    node.set_clock(seconds)


async def times(talker: Talker, channel: str) -> list[int]:
    """Give the times of what a visitor said, in the conversation's order."""
    page = await talker.ask("history", channel=channel)
    return [entry["at"] for entry in page["entries"] if entry["kind"] == "message"]


def ahead(milliseconds: int) -> int:
    """Tell how many hours a time is ahead of this machine's, to the nearest."""
    return round((milliseconds / 1000 - time.time()) / HOUR)


async def test_times_never_go_back_within_a_conversation(node: Nodes) -> None:
    async with Talker(node[0].socket_url, origin=SHOP) as visitor:
        opened = await visitor.ask("open", key=new_key(), data={"text": "hello"})
        channel = opened["channel"]

        async def say() -> dict[str, Any]:
            return await visitor.publish(channel, "message", {"text": "hi"})

        for seconds in (0, HOUR, -HOUR, 0):
            set_clock(node, 0, seconds)
            assert (await say())["type"] == "published"
        found = await times(visitor, channel)
        assert found == sorted(found)
        # What was said in the future does not get an earlier time for what comes after it.
        assert [ahead(at) for at in found] == [0, 0, 1, 1, 1]


async def test_a_clock_that_jumps_loses_doubles_and_reorders_nothing(node: Nodes) -> None:
    async with load(node, "the clock jumps", agent=(0,)) as running:
        for number in rounds(4):
            await running.flow(150)
            set_clock(node, 0, (HOUR, -HOUR, 5 * HOUR, 0)[number % 4])
            running.mark()

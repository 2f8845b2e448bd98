"""The disk is full for a while: what cannot be stored is refused, and stored when there is room."""

from __future__ import annotations

import asyncio
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.support.fault_load import SHOP, fault_test, load, rounds
from tests.support.nodes import Nodes
from tests.support.talk import Talker, new_key

FULL = 4096
"""Bytes that no file may grow beyond: less than every file that the server appends to has."""

pytestmark = fault_test(240)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Nodes]:
    with Nodes(tmp_path, count=1) as nodes:
        yield nodes


@contextmanager
def full_disk(node: Nodes) -> Iterator[None]:
    """Let no write of the server find room while the block runs."""
    process = node[0].process
    assert process is not None
    _, most = resource.prlimit(process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (FULL, most))
    try:
        yield
    finally:
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (most, most))


async def test_a_publish_is_refused_for_now_and_stored_when_there_is_room(node: Nodes) -> None:
    async with Talker(node[0].socket_url, origin=SHOP) as visitor:
        opened = await visitor.ask("open", key=new_key(), data={"text": "hello"})
        channel, key = opened["channel"], new_key()
        # That there is no answer is stored, too, a moment later.
        while await offsets(visitor, channel) != [1, 2]:
            await asyncio.sleep(0.01)
        with full_disk(node):
            refused = await visitor.publish(channel, "message", {"text": "hi"}, key=key)
            assert refused["type"] == "error"
            assert refused["code"] == "unavailable"
            assert refused["retry_after"] > 0
            assert await offsets(visitor, channel) == [1, 2]
        stored = await visitor.publish(channel, "message", {"text": "hi"}, key=key)
        while "retry_after" in stored:  # it waited for one that still found no room
            assert stored["code"] == "unavailable"
            await asyncio.sleep(stored["retry_after"])
            stored = await visitor.publish(channel, "message", {"text": "hi"}, key=key)
        assert (stored["type"], stored["offset"]) == ("published", 3)


async def offsets(visitor: Talker, channel: str) -> list[int]:
    page = await visitor.ask("history", channel=channel)
    return [entry["offset"] for entry in page["entries"]]


async def test_a_node_is_not_ready_while_its_disk_is_full(node: Nodes) -> None:
    await node.wait_ready(0)
    with full_disk(node):
        await node.wait_ready(0, ready=False)
    await node.wait_ready(0)


async def test_a_full_disk_loses_doubles_and_reorders_nothing(node: Nodes) -> None:
    async with load(node, "disk full", agent=(0,)) as running:
        for _ in rounds(3):
            await running.flow(200)
            with full_disk(node):
                await running.refused("unavailable", 50)
            running.mark()
    process = node[0].process
    assert process is not None
    assert process.poll() is None

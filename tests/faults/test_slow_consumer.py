"""One who reads nothing holds nobody up, and is told when there is something to catch up on."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.fault_load import SHOP, fault_test, load
from tests.support.nodes import ORIGIN, UNLIMITED, Nodes
from tests.support.raw_socket import RawSocket

ENOUGH = 1500
LONG = 9_000
"""Messages, and their letters, that fill what a node and the kernel keep for one connection."""
AT_ONCE = 50

pytestmark = fault_test(240)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Nodes]:
    # One who reads nothing answers no ping either.
    with Nodes(tmp_path, count=1, settings={**UNLIMITED, "heartbeat": "600"}) as nodes:
        yield nodes


async def fill(talker: RawSocket, channel: str) -> None:
    """Say more than a node keeps for one connection."""
    for _ in range(ENOUGH // AT_ONCE):
        ids = [talker.next_id() for _ in range(AT_ONCE)]
        for request_id in ids:
            fields = {"id": request_id, "channel": channel, "key": str(uuid.uuid4())}
            talker.send("publish", **fields, kind="message", data={"text": "x" * LONG})
        for request_id in ids:
            assert (await talker.reply(request_id))["type"] == "published"


async def until_told(slow: RawSocket, channel: str) -> int:
    """Read what was kept for a slow reader, up to the word that there is more; give its end."""
    last = 0
    while (message := await slow.recv())["type"] != "unsubscribed":
        if message["type"] == "entry" and message["channel"] == channel:
            offset = message["entry"]["offset"]
            assert last in (0, offset - 1)
            last = offset
    assert message["code"] == "resync"
    return last


async def test_a_slow_consumer_disturbs_nobody_and_catches_up(node: Nodes) -> None:
    talker = await RawSocket.connect(node[0].port, origin=SHOP)
    await talker.hello()
    channel = await talker.open()
    slow = await RawSocket.connect(node[0].port, origin=ORIGIN)
    await slow.hello(await node.token())
    assert (await slow.request("subscribe", channel=channel))["type"] == "subscribed"
    slow.writer.transport.pause_reading()  # type: ignore[attr-defined]  # it reads as well
    async with load(node, "slow consumer", agent=(0,)) as running:
        await running.flow(100)
        await fill(talker, channel)
        running.mark()
    slow.writer.transport.resume_reading()  # type: ignore[attr-defined]  # as above
    async with asyncio.timeout(60):
        last = await until_told(slow, channel)
    after, more = last, True
    while more:
        page = await slow.request("history", channel=channel, after=after)
        offsets = [entry["offset"] for entry in page["entries"]]
        assert offsets == list(range(after + 1, after + 1 + len(offsets)))
        after, more = after + len(offsets), page["more"]
    assert after > ENOUGH
    await slow.close()
    await talker.close()

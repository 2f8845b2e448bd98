"""A conversation on two nodes with both sides connected, by the frames alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from tests.support.fault_load import SHOP
from tests.support.follower import Follower, Shown, shown
from tests.support.nodes import ORIGIN, Nodes
from tests.support.talk import Frame, Talker, new_key

__all__ = ["TwoSides", "two_sides"]


class TwoSides:
    """A visitor on the first node and an agent on the last, who stay; see :func:`two_sides`."""

    def __init__(self, nodes: Nodes, visitor: Follower, agent: Follower) -> None:
        self.nodes = nodes
        self.channel = visitor.channel
        self.visitor = visitor
        self.agent = agent
        self.published: set[str] = set()
        """The keys of all that was said."""
        self.acknowledged: dict[str, Shown] = {}
        """What was published, by key, where the newest acknowledgement says that it is."""

    async def say(self, side: Follower, count: int) -> list[Frame]:
        """Publish messages, each until it is stored; give the answers, with each one's ``key``."""
        return [await self.publish(side, new_key()) for _ in range(count)]

    async def publish(self, side: Follower, key: str) -> Frame:
        """Publish a message until it is stored, whatever is broken meanwhile."""
        self.published.add(key)
        data = {"text": "hello"}
        reply = await _ask(
            side, "publish", channel=self.channel, kind="message", data=data, key=key
        )
        assert reply["type"] == "published", reply
        self.acknowledged[key] = reply["offset"], reply["entry_id"]
        return reply | {"key": key}

    async def log(self, number: int) -> list[Shown]:
        """Give what a fresh subscriber on a node is shown."""
        token = await self.nodes.token(number)
        async with Talker(self.nodes[number].socket_url, origin=ORIGIN, token=token) as fresh:
            page = await _ask(fresh, "subscribe", channel=self.channel)
            assert page["type"] == "subscribed", page
            return [shown(entry) for entry in page["entries"]]

    async def keys(self, number: int) -> list[str]:
        """Give the keys of all that either side has published, as a node has it in the log."""
        token = await self.nodes.token(number)
        agent = Talker(self.nodes[number].socket_url, origin=ORIGIN, token=token)
        found = []
        for side in (self.back(number), agent):
            async with side:
                page = await _ask(side, "subscribe", channel=self.channel)
                assert page["type"] == "subscribed", page
                found += [entry["key"] for entry in page["entries"] if "key" in entry]
        return found

    async def both_show(self, entries: Sequence[Shown]) -> None:
        """Return when both sides show this; see :meth:`Follower.shows`."""
        await self.visitor.shows(entries)
        await self.agent.shows(entries)

    async def come_back(self, number: int, after: Frame) -> Frame:
        """Have the visitor come back to a node, where it stood at an acknowledgement."""
        async with self.back(number) as visitor:
            position = {"offset": after["offset"], "id": after["entry_id"]}
            found = await _ask(visitor, "subscribe", channel=self.channel, after=position)
            assert found["type"] == "subscribed", found
            return found

    def back(self, number: int) -> Talker:
        """Give another connection of the visitor."""
        url = self.nodes[number].socket_url
        return Talker(url, origin=SHOP, token=self.visitor.token)


@asynccontextmanager
async def two_sides(
    nodes: Nodes, wanted: Callable[[str], bool] = lambda _: True
) -> AsyncIterator[TwoSides]:
    """Open a conversation that the agent accepts; both follow it while the block runs.

    ``wanted`` tells whether a channel will do.
    """
    async with Talker(nodes[0].socket_url, origin=SHOP) as opener:
        while True:
            opened = await _ask(opener, "open", key=new_key(), data={"text": "hello"})
            assert opened["type"] == "opened", opened
            if wanted(opened["channel"]):
                break
    channel: Any = opened["channel"]
    async with (
        Follower(nodes[0].socket_url, channel, token=opener.token, origin=SHOP) as visitor,
        Follower(
            nodes[-1].socket_url, channel, token=await nodes.token(-1), origin=ORIGIN
        ) as agent,
    ):
        accepted = await _ask(
            agent, "publish", channel=channel, kind="accept", data={}, key=new_key(),
            expect=opened["offset"],
        )  # fmt: skip
        assert accepted["type"] == "published", accepted
        yield TwoSides(nodes, visitor, agent)


async def _ask(side: Talker, what: str, /, **fields: Any) -> Frame:
    """Ask until the server can tell, whatever is broken meanwhile."""
    while True:
        reply = await side.ask(what, **fields)
        if "retry_after" not in reply:
            return reply
        await asyncio.sleep(reply["retry_after"])

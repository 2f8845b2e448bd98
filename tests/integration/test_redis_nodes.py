"""What one server appends reaches the others, whatever happens to the way there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial

import pytest

from straks.log.log import Entry, Watcher
from straks.log.redis import RedisLog
from straks.log.redis.keys import channel_keys
from straks.log.redis.nodes import rank
from straks_protocol import Position
from tests.support.logs import append, item
from tests.support.redis_cluster import RedisCluster
from tests.support.redis_server import RedisServer

A, B = "conversation:a", "conversation:b"


class Node(Watcher):
    """A log and what it tells."""

    def __init__(self, log: RedisLog) -> None:
        self.log = log
        self.heard: list[Entry] = []
        self.told: list[tuple[str, str, bytes]] = []
        self.forks: list[str] = []
        self.growths: list[int] = []
        self._news = asyncio.Event()
        log.listen(self._committed)
        log.watch(self)
        log.nodes.hear(lambda *told: self._note(self.told.append, told))

    def of(self, channel: str) -> list[int]:
        """Offsets that were heard."""
        return [entry.offset for entry in self.heard if entry.channel == channel]

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(20):
            while not holds():
                self._news.clear()
                try:
                    async with asyncio.timeout(0.05):
                        await self._news.wait()
                except TimeoutError:
                    continue

    async def follow(self, channel: str) -> None:
        self.log.follow(channel)
        await self.log.synced(channel)

    def forked(self, channel: str) -> None:
        self._note(self.forks.append, channel)

    def grown(self, partition: int) -> None:
        self._note(self.growths.append, partition)

    def synced(self, channel: str, position: Position) -> None:
        self._news.set()

    def _committed(self, entries: Sequence[Entry]) -> None:
        self._note(self.heard.extend, entries)

    def _note(self, add: Callable[..., None], what: object) -> None:
        add(what)
        self._news.set()


def heard_up_to(node: Node, offset: int) -> bool:
    return len(node.of(A)) >= offset


@pytest.fixture(params=["redis", "cluster"])
def where(request: pytest.FixtureRequest) -> RedisServer | RedisCluster:
    server: RedisServer | RedisCluster = request.getfixturevalue(request.param)
    server.empty()
    return server


@pytest.fixture
async def nodes(where: RedisServer | RedisCluster) -> AsyncIterator[tuple[Node, Node]]:
    one = await RedisLog.open(where.url, node="one", deadline=30.0)
    two = await RedisLog.open(where.url, node="two", deadline=30.0)
    yield Node(one), Node(two)
    await two.close()
    await one.close()


def master(where: RedisServer | RedisCluster, channel: str) -> RedisServer:
    key = channel_keys(channel).log
    return where.master_of(key) if isinstance(where, RedisCluster) else where


async def test_followed_channels_are_heard_in_order_and_once(nodes: tuple[Node, Node]) -> None:
    one, two = nodes
    for node in nodes:
        await node.follow(A)
    for number in range(50):
        await append((one, two)[number % 2].log, item(A), item(A))
    for node in nodes:
        await node.until(partial(heard_up_to, node, 100))
        assert node.of(A) == list(range(1, 101))
        assert node.log.follows(A)


async def test_what_is_not_followed_is_not_heard(nodes: tuple[Node, Node]) -> None:
    one, two = nodes
    await two.follow(B)
    await append(one.log, item(A))
    await append(one.log, item(B))
    await two.until(lambda: two.of(B) == [1])
    assert two.of(A) == []
    assert not two.log.follows(A)
    assert one.of(A) == [1]


async def test_two_who_append_at_once_hear_the_same_order(nodes: tuple[Node, Node]) -> None:
    for node in nodes:
        await node.follow(A)

    async def talk(node: Node) -> None:
        for _ in range(100):
            await append(node.log, item(A))

    await asyncio.gather(*(talk(node) for node in nodes))
    for node in nodes:
        await node.until(partial(heard_up_to, node, 200))
        assert node.of(A) == list(range(1, 201))
    assert [entry.id for entry in nodes[0].heard] == [entry.id for entry in nodes[1].heard]
    assert not nodes[0].forks
    assert not nodes[1].forks


async def test_the_last_entry_that_the_bus_lost_is_read(
    nodes: tuple[Node, Node], where: RedisServer | RedisCluster
) -> None:
    """Published to nobody, as when the connection breaks just then."""
    one, two = nodes
    await two.follow(A)
    await append(one.log, item(A))
    await two.until(lambda: two.of(A) == [1])
    keys = channel_keys(A)
    with master(where, A).client() as client:
        client.client_kill_filter(_type="pubsub")
        stored = await append(one.log, item(A))
        assert stored[0].offset == 2
        assert client.exists(keys.log)
    await two.until(lambda: two.of(A) == [1, 2])
    await append(one.log, item(A))
    await two.until(lambda: two.of(A) == [1, 2, 3])


async def test_an_entry_that_only_the_storage_knows_is_found(
    nodes: tuple[Node, Node], where: RedisServer | RedisCluster
) -> None:
    one, two = nodes
    await two.follow(A)
    with master(where, A).client() as client:
        # The bus says nothing of what is appended past the function.
        (before,) = await append(one.log, item(A))
        await two.until(lambda: two.of(A) == [1])
        keys = channel_keys(A)
        fields = client.xrange(keys.log)[0][1]
        client.xadd(keys.log, fields, id="0-2")
        client.hset(keys.state, mapping={"o": 2, "i": before.id})
    await two.until(lambda: two.of(A) == [1, 2])


async def test_a_log_that_lost_entries_and_grew_again_is_noticed(
    nodes: tuple[Node, Node], where: RedisServer | RedisCluster
) -> None:
    one, two = nodes
    await two.follow(A)
    await append(one.log, item(A), item(A), item(A))
    await two.until(lambda: two.of(A) == [1, 2, 3])
    with master(where, A).client() as client:
        client.flushall()
    await append(one.log, item(A), item(A), item(A), item(A))
    await two.until(lambda: two.forks == [A])
    (again,) = await append(one.log, item(A))
    await two.until(lambda: two.heard[-1] == again)


async def test_messages_go_to_those_who_follow(nodes: tuple[Node, Node]) -> None:
    one, two = nodes
    await two.follow(A)
    await one.follow(A)
    one.log.nodes.tell(A, b"typing")
    one.log.nodes.tell(B, b"nobody")
    one.log.nodes.tell_all(b"all")
    await two.until(lambda: len(two.told) == 2)
    token = one.log.nodes.token
    assert sorted(two.told) == [("", token, b"all"), (A, token, b"typing")]
    assert one.told == []


async def test_nodes_see_each_other_and_share_the_feeds(nodes: tuple[Node, Node]) -> None:
    one, two = nodes
    one.log.nodes.note(b"here")
    await two.until(lambda: two.log.nodes.others() == {one.log.nodes.token: b"here"})

    def held(node: Node) -> set[int]:
        return {p for p in range(16) if node.log.tenure(p) is not None}

    def shared() -> bool:
        return bool(held(one)) and bool(held(two)) and len(held(one)) + len(held(two)) == 16

    await one.until(shared)
    assert not held(one) & held(two)


async def test_a_feed_wakes_the_one_who_reads_it(nodes: tuple[Node, Node]) -> None:
    one, two = nodes
    partition = one.log.partition_of(A)
    # Whoever came first reads it until the other is seen.
    chosen = rank([one.log.nodes.token, two.log.nodes.token], partition)
    reader, other = (one, two) if chosen == one.log.nodes.token else (two, one)
    await reader.until(lambda: reader.log.tenure(partition) is not None)
    (stored,) = await append(other.log, item(A))
    await reader.until(lambda: partition in reader.growths)
    found = await reader.log.feed(partition, 0, 10)
    assert [each.entry.id for each in found] == [stored.id]

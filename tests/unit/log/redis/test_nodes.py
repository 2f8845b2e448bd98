"""Nodes that share a Redis: whom each of them sees, and who reads which feed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from straks.log.log import LogError
from straks.log.redis import nodes
from straks.log.redis.address import parse
from straks.log.redis.keys import NODES as KEY_OF_NODES
from straks.log.redis.keys import PARTITIONS, TELL, channel_keys, owner_key, slot_of
from straks.log.redis.lane import Lane
from straks.log.redis.link import LIBRARY_NAME
from straks.log.redis.nodes import TOKEN_LENGTH, RedisNodes, rank
from straks.log.redis.topology import Topology
from tests.support.fake_redis import FakeRedis, array, error, info
from tests.support.redis_cluster import SLOTS
from tests.support.redis_server import RedisServer
from tests.support.small_server import eventually

NODES = st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=8, unique=True)
ALL = range(PARTITIONS)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything happens ten times as fast."""
    hurry(monkeypatch, 10)


@pytest.fixture
def hastened(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three times: no lease is to end because the machine stood still for a moment."""
    hurry(monkeypatch, 3)


def hurry(monkeypatch: pytest.MonkeyPatch, times: float) -> None:
    for name in ("_LEASE", "_OWNED", "_BEAT", "_PATIENCE"):
        monkeypatch.setattr(nodes, name, getattr(nodes, name) / times)


class Member(RedisNodes):
    """A node that counts what it is told."""

    def __init__(
        self,
        topology: Topology,
        name: str,
        token: str,
        deadline: float = 2.0,
        absence: float = 0.0,
    ) -> None:
        count = range(len(topology.lanes))
        self.lanes = [
            Lane(topology, number, deadline=deadline, doubt=lambda _: None) for number in count
        ]
        super().__init__(name, token, self.lanes, absence=absence)
        self.changes = 0
        self.tenures: list[int] = []
        self.told: list[tuple[str, str, bytes]] = []
        self.syncs: list[str] = []
        self.on_change(self._count)
        self.on_tenure(self.tenures.append)
        self.on_sync(self.syncs.append)
        self._task: asyncio.Task[None] | None = None

    def _count(self) -> None:
        self.changes += 1

    @property
    def held(self) -> set[int]:
        """The partitions whose feeds it reads."""
        return {partition for partition in ALL if self.tenure(partition) is not None}

    def start(self) -> None:
        """Begin to beat."""
        self._task = asyncio.create_task(self.run())

    async def stop(self) -> None:
        """Beat no longer, as if it had died."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None
        for lane in self.lanes:
            lane.close()


def token(letter: str) -> str:
    return letter * TOKEN_LENGTH


class Members:
    """The nodes of one test; all are stopped at its end."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology
        self.all: list[Member] = []

    def join(self, name: str, letter: str | None = None, **options: Any) -> Member:
        """Start a node."""
        member = self.make(name, letter, **options)
        member.start()
        return member

    def make(self, name: str, letter: str | None = None, **options: Any) -> Member:
        member = Member(self._topology, name, token(letter or name[0]), **options)
        self.all.append(member)
        return member


@asynccontextmanager
async def members_of(url: str) -> AsyncIterator[Members]:
    members = Members(await Topology.find(parse(url), deadline=5.0))
    try:
        yield members
    finally:
        for member in members.all:
            await member.stop()


@pytest.fixture
async def members(server: RedisServer) -> AsyncIterator[Members]:
    async with members_of(server.url) as made:
        yield made


def answering(beat: bytes) -> Callable[[list[bytes]], bytes]:
    """Answer beats with this, and that nobody reads anything."""
    nobody = array(*[""] * PARTITIONS)
    return lambda command: beat if command[1].endswith(b"_beat") else nobody


def one_lane_elsewhere(fake: FakeRedis, other: FakeRedis) -> str:
    """Make a cluster of two, of which the other has partition 7 alone; give its address."""
    for each in (fake, other):
        each.replies |= {
            "INFO": info(cluster_enabled=1),
            "CLUSTER": array(
                (0, slot_of(7) - 1, (*fake.address, "a", ())),
                (slot_of(7), slot_of(7), (*other.address, "b", ())),
                (slot_of(7) + 1, SLOTS - 1, (*fake.address, "a", ())),
            ),
        }
    fake.replies["FCALL"] = lambda command: (
        array() if command[1].endswith(b"_beat") else array(command[4])
    )
    return f"redis://{fake.address}"


def share_all(*members: Member) -> Callable[[], bool]:
    """Tell whether each partition has one of them."""
    return lambda: sorted(p for member in members for p in member.held) == list(ALL)


# --- who is chosen ---------------------------------------------------------------------------


@given(NODES, st.randoms(use_true_random=False))
def test_each_partition_has_one_node_whoever_asks(known: list[str], random: Any) -> None:
    chosen = [rank(known, partition) for partition in ALL]
    assert set(chosen) <= set(known)
    random.shuffle(known)
    assert [rank(known, partition) for partition in ALL] == chosen


@given(NODES.filter(lambda known: len(known) > 1), st.data())
def test_only_what_a_node_had_moves_when_it_leaves(known: list[str], data: st.DataObject) -> None:
    leaver = data.draw(st.sampled_from(known))
    rest = [node for node in known if node != leaver]
    for partition in ALL:
        before = rank(known, partition)
        if before != leaver:
            assert rank(rest, partition) == before


def test_nodes_have_about_as_much_to_read() -> None:
    four = [f"{n:016x}" for n in range(4)]
    counts = [sum(rank(four, partition) == node for partition in range(4000)) for node in four]
    assert min(counts) > 800


# --- who is there ----------------------------------------------------------------------------


async def test_nodes_see_each_other_with_their_notes(
    members: Members, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("straks.log.redis.nodes._BEAT", 0.1)
    one = members.join("one")
    one.note(b"first")
    two = members.join("two")
    await eventually(lambda: two.others() == {token("o"): b"first"})
    await eventually(lambda: one.others() == {token("t"): b""})
    changes = two.changes
    one.note(b"second")
    await eventually(lambda: two.others() == {token("o"): b"second"})
    assert two.changes == changes + 1


async def test_a_new_note_is_shown_at_once_and_several_as_one(
    fake: FakeRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("straks.log.redis.nodes._BEAT", 60.0)
    fake.replies["FCALL"] = answering(array())
    async with members_of(fake.url) as alone:
        one = alone.join("one")
        await fake.heard_of("FCALL", 2)
        for note in (b"a", b"b", b"c", b"c"):
            one.note(note)
        await fake.heard_of("FCALL", 4)
        beats = [words for words in fake.words("FCALL") if words[0].endswith(b"_beat")]
        assert [words[-1] for words in beats] == [b"", b"c"]
        assert beats[0][4:6] == [b"one:" + token("o").encode(), b"5000"]


@pytest.mark.usefixtures("hastened")
async def test_who_beats_no_longer_is_gone_with_its_lease(
    members: Members, server: RedisServer
) -> None:
    one, two = members.join("one"), members.join("two")
    await eventually(lambda: bool(one.others()) and bool(two.others()))
    await asyncio.sleep(1.0)  # Who has just come lets the others come back for a while.
    with server.client() as client:
        until = client.zscore(KEY_OF_NODES, two.tag)
        await two.stop()
        assert one.others()
        await eventually(lambda: not one.others())
        seconds, microseconds = client.time()
    assert until is not None
    assert seconds * 1000 + microseconds // 1000 >= until
    assert one.connected


@pytest.mark.usefixtures("hurried")
async def test_a_node_that_is_cut_off_knows_it_and_keeps_who_was_there(fake: FakeRedis) -> None:
    alive = array("one:" + token("o"), "", "two:" + token("t"), "note")
    fake.replies["FCALL"] = answering(alive)
    async with members_of(fake.url) as cut:
        one = cut.join("one")
        await eventually(lambda: one.others() == {token("t"): b"note"})
        fake.replies["FCALL"] = error("LOADING no")
        await eventually(lambda: not one.connected)
        assert one.others() == {token("t"): b"note"}
        # The other could not beat either: it has time to come back.
        fake.replies["FCALL"] = answering(array("one:" + token("o"), ""))
        await eventually(lambda: one.connected)
        assert one.others() == {token("t"): b"note"}
        await eventually(lambda: not one.others())


@pytest.mark.usefixtures("hastened")
async def test_one_master_that_hangs_does_not_keep_a_node_from_beating() -> None:
    async with (
        FakeRedis() as fake,
        FakeRedis(FCALL=None) as hung,
        members_of(one_lane_elsewhere(fake, hung)) as clustered,
    ):
        one = clustered.join("one", deadline=2.0)
        await eventually(lambda: one.held == set(ALL) - {7})
        numbers = [one.tenure(partition) for partition in ALL]
        beats = len(fake.words("FCALL"))
        await hung.heard_of("FCALL", 3)  # That takes two leases.
        assert one.connected
        assert [one.tenure(partition) for partition in ALL] == numbers
        assert len(fake.words("FCALL")) > beats + 5 * PARTITIONS


async def test_what_can_be_left_is_left_though_one_master_is_away() -> None:
    async with (
        FakeRedis() as fake,
        FakeRedis(FCALL=error("LOADING no")) as away,
        members_of(one_lane_elsewhere(fake, away)) as clustered,
    ):
        with pytest.raises(LogError, match="LOADING"):
            await clustered.make("one").leave()
        held = [words for words in fake.words("FCALL") if words[0].endswith(b"_hold")]
        assert {words[2] for words in held} == {
            owner_key(partition).encode() for partition in ALL if partition != 7
        }


# --- who reads what --------------------------------------------------------------------------


@pytest.mark.usefixtures("hurried")
async def test_each_partition_has_one_reader_while_nodes_come_and_go(members: Members) -> None:
    one = members.join("one")
    await eventually(share_all(one))
    two, three = members.join("two"), members.join("3")
    doubles: list[set[int]] = []

    def look(_partition: int) -> None:
        found = [member.held for member in members.all]
        doubles.extend(a & b for n, a in enumerate(found) for b in found[:n] if a & b)

    for member in members.all:
        member.on_tenure(look)
    chosen = {
        member.token: {p for p in ALL if rank([m.token for m in members.all], p) == member.token}
        for member in members.all
    }
    assert all(chosen.values())
    await eventually(lambda: {member.token: member.held for member in members.all} == chosen)
    await two.stop()
    await eventually(share_all(one, three))
    await three.stop()
    await three.leave()
    await eventually(share_all(one))
    assert doubles == []


@pytest.mark.usefixtures("hurried")
async def test_who_leaves_is_followed_at_once(
    members: Members, server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("straks.log.redis.nodes._OWNED", 60.0)
    one = members.join("one")
    await eventually(share_all(one))
    await one.leave()
    with server.client() as client:
        assert not any(client.exists(owner_key(partition)) for partition in ALL)


@pytest.mark.usefixtures("hurried")
async def test_who_has_left_counts_while_its_people_come_back_and_reads_nothing(
    members: Members,
) -> None:
    one, two = members.join("one"), members.join("two", absence=60.0)
    two.note(b"anna")
    await eventually(lambda: list(one.others().values()) == [b"anna"])
    await eventually(share_all(one, two))
    await two.stop()
    await two.leave()
    assert two.held == set()
    await eventually(share_all(one))
    await asyncio.sleep(1.0)  # Twice as long as a lease, and as the patience with others.
    assert list(one.others().values()) == [b"anna"]


@pytest.mark.usefixtures("hurried")
async def test_who_has_left_is_gone_in_the_end(members: Members) -> None:
    one, two = members.join("one"), members.join("two", absence=0.6)
    await eventually(lambda: bool(one.others()))
    await two.stop()
    await two.leave()
    await eventually(lambda: not one.others())


@pytest.mark.usefixtures("hurried")
async def test_a_node_that_started_again_has_what_it_had(
    members: Members, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("straks.log.redis.nodes._OWNED", 60.0)
    before = members.join("one", "a")
    await eventually(share_all(before))
    await before.stop()
    again = members.join("one", "b")
    await eventually(share_all(again))


@pytest.mark.usefixtures("hurried")
async def test_a_tenure_that_ended_is_another_when_it_comes_back(
    members: Members, server: RedisServer
) -> None:
    """As on a node that stood still, while another read on and left."""
    one = members.join("one")
    await eventually(share_all(one))
    numbers = [one.tenure(partition) for partition in ALL]
    with server.client() as client:
        until = time.monotonic() + 5
        taken = False
        while not taken and time.monotonic() < until:
            owners = client.fcall(
                f"{LIBRARY_NAME}_hold",
                PARTITIONS,
                *(owner_key(partition) for partition in ALL),
                "two:x",
                60_000,
                *["1"] * PARTITIONS,
            )
            taken = owners == [b"two:x"] * PARTITIONS
        client.delete(*(owner_key(partition) for partition in ALL))
    assert taken
    assert one.held == set()
    one.tenures.clear()
    await eventually(share_all(one))
    assert not {*numbers} & {one.tenure(partition) for partition in ALL}
    assert set(one.tenures) == set(ALL)


@pytest.mark.usefixtures("hurried")
async def test_the_end_of_a_tenure_is_told_though_the_node_stood_still(
    members: Members, server: RedisServer
) -> None:
    one = members.join("one")
    await eventually(share_all(one))
    one.tenures.clear()
    await asyncio.sleep(0)
    with server.client() as client:
        owners = {owner_key(partition): "two:x" for partition in ALL}
        while client.exists(*owners):
            pass  # It stands still: its lease ends, and another takes what it had.
        client.mset(owners)
    assert one.held == set()
    await eventually(lambda: set(one.tenures) == set(ALL))
    assert one.held == set()


async def test_a_doubt_is_another_tenure_of_the_same_node(members: Members) -> None:
    one = members.join("one")
    await eventually(share_all(one))
    before = {partition: one.tenure(partition) for partition in ALL}
    one.tenures.clear()
    one.doubt([3, 5])
    assert one.tenures == [3, 5]
    assert {p for p in ALL if one.tenure(p) != before[p]} == {3, 5}
    assert one.held == set(ALL)


async def test_without_redis_nothing_is_read(fake: FakeRedis) -> None:
    fake.replies["FCALL"] = error("LOADING no")
    async with members_of(fake.url) as away:
        one = away.join("one")
        await fake.heard_of("FCALL", 2)
        assert one.held == set()
        with pytest.raises(LogError):
            await one.beat()
        with pytest.raises(LogError):
            await one.leave()


# --- what is told ----------------------------------------------------------------------------


async def test_what_is_told_is_published_where_it_is_followed(
    members: Members, server: RedisServer
) -> None:
    one = members.make("one")
    live = channel_keys("conversation:a").live
    with server.client() as client, client.pubsub() as bus:
        bus.ssubscribe(live, TELL)
        for _ in range(2):
            assert bus.get_sharded_message(timeout=5) is not None
        one.tell("conversation:a", b"typing")
        one.tell_all(b"\0all")
        await one.lanes[0].talk.ask(("PING",))
        found = [bus.get_sharded_message(timeout=5) for _ in range(2)]
    assert [(each["channel"], each["data"]) for each in found if each is not None] == [
        (live.encode(), b"s" + token("o").encode() + b"typing"),
        (TELL.encode(), b"s" + token("o").encode() + b"\0all"),
    ]


async def test_what_others_tell_is_passed_on(members: Members) -> None:
    one = members.make("one")
    one.heard("conversation:a", b"t" * 16, b"to nobody yet")
    one.hear(lambda *told: one.told.append(told))
    one.heard("conversation:a", b"t" * 16, b"hej")
    one.heard("", b"\xff" * 16, b"")
    one.synced("")
    one.synced("conversation:a")
    assert one.told == [("conversation:a", token("t"), b"hej"), ("", "�" * 16, b"")]
    assert one.syncs == ["", "conversation:a"]

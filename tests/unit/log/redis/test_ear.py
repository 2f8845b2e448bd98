"""What is wanted is heard, and who cannot hear knows it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from straks.log.redis import ear as module
from straks.log.redis.address import parse
from straks.log.redis.ear import Ear
from straks.log.redis.keys import probe_name
from straks.log.redis.master import Master
from straks.log.redis.reader import Reader
from straks.log.redis.topology import Topology
from tests.support.fake_redis import HANG_UP, FakeRedis, array, error, info
from tests.support.redis_cluster import SLOTS
from tests.support.redis_server import RedisServer
from tests.support.small_server import eventually

pytestmark = pytest.mark.usefixtures("uncomplaining")

NODE = "n" * 16
PROBE = probe_name(0, NODE)
NAMES = [f"straks:{{0}}:name{n}" for n in range(6)]


class Listening:
    """Who is told, and an ear that tells it."""

    def __init__(self, topology: Topology) -> None:
        self.told: list[tuple[str, str] | str] = []
        """``(name, payload)`` of what was heard, ``("up", name)`` and ``"down"``, in order."""
        self.undrained = 0
        self.master = Master(topology, 0, deadline=5.0, changed=lambda: None)
        self.talk = Reader(self.master, deadline=0.5)
        self.ear = Ear(self.master, self.talk, NODE, self)

    def heard(self, name: bytes, payload: bytes) -> None:
        self.undrained += 1
        self.told.append((name.decode(), payload.decode()))

    def drained(self) -> None:
        self.undrained = 0

    def up(self, name: bytes) -> None:
        self.told.append(("up", name.decode()))

    def down(self) -> None:
        self.told.append("down")

    def has(self, *told: tuple[str, str] | str) -> Callable[[], bool]:
        return lambda: all(each in self.told for each in told)


@asynccontextmanager
async def listening(url: str, *names: str) -> AsyncIterator[Listening]:
    """Let an ear run that wants some names."""
    made = Listening(await Topology.find(parse(url), deadline=5.0))
    for name in names:
        made.ear.want(name)
    task = asyncio.create_task(made.ear.run())
    try:
        yield made
    finally:
        task.cancel()
        await asyncio.wait([task])
        made.talk.close()
        assert task.cancelled()


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not heard is missed soon."""
    monkeypatch.setattr(module, "_UNHEARD", 0.2)


def subscribed(command: list[bytes]) -> bytes:
    """Confirm each name."""
    verb = command[0].decode().lower()
    return b"".join(array(verb, name, 1) for name in command[1:])


def publishing(fake: FakeRedis) -> Callable[[list[bytes]], bytes]:
    """Publish to all who subscribe to something."""

    def publish(command: list[bytes]) -> bytes:
        fake.say(array("smessage", command[1], command[2]), to="SSUBSCRIBE")
        return b":1\r\n"

    return publish


@pytest.fixture
def bus(fake: FakeRedis, monkeypatch: pytest.MonkeyPatch) -> FakeRedis:
    """A fake one that publishes, and is probed often."""
    monkeypatch.setattr(module, "_PROBE_EVERY", 0.05)
    fake.replies |= {
        "SSUBSCRIBE": subscribed,
        "SUNSUBSCRIBE": subscribed,
        "SPUBLISH": publishing(fake),
    }
    return fake


async def hears(fake: FakeRedis, who: Listening, since: float = float("-inf")) -> None:
    """Wait until a probe was heard after a moment of the loop."""
    await fake.until(lambda: who.ear.heard_at > since)


# --- wanting ---------------------------------------------------------------------------------


async def test_what_is_wanted_is_heard_and_nothing_else(server: RedisServer) -> None:
    a, b, c = NAMES[:3]
    async with listening(server.url, a) as one:
        one.ear.want(b)
        await eventually(one.has(("up", a), ("up", b)))
        with server.client() as client:
            for name in (c, b, a):
                client.execute_command("SPUBLISH", name, f"to {name}")
        await eventually(one.has((a, f"to {a}")))
        assert [each for each in one.told if each[0] != "up"] == [(b, f"to {b}"), (a, f"to {a}")]
        assert one.undrained == 0
        await eventually(lambda: one.ear.heard_at > 0)
        one.ear.drop(a)
        one.ear.drop(c)
        with server.client() as client:
            await eventually(lambda: client.pubsub_shardnumsub(a)[0][1] == 0)


async def test_many_names_are_subscribed_to_in_pieces(bus: FakeRedis) -> None:
    names = [f"name{n}" for n in range(1300)]
    async with listening(bus.url, *names[:700]) as one:
        await bus.heard_of("SSUBSCRIBE", 2)
        for name in names[700:]:
            one.ear.want(name)
        await bus.until(lambda: len(one.told) == 1300 + 1)
        sizes = [len(words) for words in bus.words("SSUBSCRIBE")]
        assert sizes == [512, 189, 512, 88]
        assert bus.words("SSUBSCRIBE")[0][0] == PROBE.encode()  # It tells whether all works.
        assert set(one.told) == {("up", name) for name in [PROBE, *names]}


async def test_what_is_wanted_and_dropped_at_once_costs_nothing(bus: FakeRedis) -> None:
    async with listening(bus.url, "a") as one:
        await bus.heard_of("SSUBSCRIBE")
        one.ear.want("b")
        one.ear.drop("b")
        one.ear.drop("a")
        one.ear.want("a")
        one.ear.want("a")
        one.ear.want("c")
        await bus.heard_of("SSUBSCRIBE", 2)
        assert bus.words("SSUBSCRIBE")[1] == [b"c"]
        assert bus.words("SUNSUBSCRIBE") == []


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["want", "drop", "wait", "settle"]), st.sampled_from(NAMES)),
        max_size=40,
    )
)
def test_however_names_come_and_go_those_wanted_last_are_heard(
    redis: RedisServer, steps: Sequence[tuple[str, str]]
) -> None:
    numbers = count()

    async def run() -> None:
        wanted = set()
        async with listening(redis.url) as one:
            for step, name in steps:
                if step == "want":
                    one.ear.want(name)
                    wanted.add(name)
                elif step == "drop":
                    one.ear.drop(name)
                    wanted.discard(name)
                elif step == "wait":
                    await asyncio.sleep(0)
                else:
                    await settled(one)
            await settled(one)
            one.told.clear()
            with redis.client() as client:
                for name in NAMES:
                    client.execute_command("SPUBLISH", name, "x")
                await settled(one)
            assert {each[0] for each in one.told if each[1] == "x"} == wanted
            assert "down" not in one.told

    async def settled(one: Listening) -> None:
        """Wait for a name of its own that was asked for last."""
        await eventually(lambda: one.ear._wire is not None)
        name = f"{NAMES[0]}:{next(numbers)}"
        one.ear.want(name)
        await eventually(one.has(("up", name)))
        one.ear.drop(name)

    asyncio.run(run())


# --- the connection --------------------------------------------------------------------------


async def test_a_connection_that_breaks_is_made_again_for_all_that_is_wanted(
    bus: FakeRedis,
) -> None:
    async with listening(bus.url, "a", "b") as one:
        await hears(bus, one)
        one.ear.drop("a")
        one.told.clear()
        bus.cut(to="SSUBSCRIBE")
        one.ear.want("c")
        await bus.until(one.has(("up", "b"), ("up", "c")))
        assert one.told[0] == "down"
        assert ("up", "a") not in one.told
        await hears(bus, one, one.ear.heard_at)


async def test_while_there_is_no_connection_wishes_are_kept(bus: FakeRedis) -> None:
    async with listening(bus.url, "a") as one:
        await hears(bus, one)
        bus.replies["INFO"] = error("LOADING no")
        bus.cut()
        await bus.heard_of("INFO", len(bus.words("INFO")) + 3)
        one.told.clear()
        one.ear.want("b")
        one.ear.want("c")
        one.ear.drop("a")
        one.ear.drop("b")
        bus.replies["INFO"] = info()
        await bus.until(one.has(("up", "c")))
        assert one.told == [("up", PROBE), ("up", "c")]


@pytest.mark.parametrize(
    "reply",
    [
        error("NOPERM this user has no permissions to access one of the channels"),
        HANG_UP,
    ],
)
async def test_who_cannot_subscribe_tries_again_with_pauses(bus: FakeRedis, reply: bytes) -> None:
    bus.replies["SSUBSCRIBE"] = reply
    async with listening(bus.url, "a") as one:
        await bus.heard_of("SSUBSCRIBE")
        await asyncio.sleep(0.2)
        assert len(bus.words("SSUBSCRIBE")) <= 5
        bus.replies["SSUBSCRIBE"] = subscribed
        await bus.until(one.has(("up", "a")))


async def test_nothing_is_up_behind_a_refusal(bus: FakeRedis) -> None:
    """Who has been told that it is deaf must not be told otherwise by the rest of what came."""
    bus.replies["SSUBSCRIBE"] = lambda command: (
        subscribed(command) + error("MOVED") + array("ssubscribe", "b", 1)
    )
    async with listening(bus.url, "a", "b") as one:
        await bus.until(one.has("down"))
        assert one.told[: one.told.index("down")] == [("up", PROBE), ("up", "a"), ("up", "b")]
        await bus.heard_of("SSUBSCRIBE", 2)
        assert one.told[one.told.index("down") + 1 :][:1] in ([], [("up", PROBE)])


async def test_who_is_master_now_is_listened_to(bus: FakeRedis) -> None:
    async with FakeRedis() as second:
        second.replies |= {"SSUBSCRIBE": subscribed, "SPUBLISH": publishing(second)}
        for each in (bus, second):
            each.replies |= {
                "INFO": info(cluster_enabled=1),
                "CLUSTER": array((0, SLOTS - 1, (*bus.address, "id", ()))),
            }
        bus.replies["SSUBSCRIBE"] = error(f"MOVED 1 {second.address}")
        async with listening(f"redis://{bus.address}", "a") as one:
            await hears(second, one)
            assert one.has(("up", "a"))()


async def test_a_master_that_is_another_now_is_found_without_its_help(bus: FakeRedis) -> None:
    async with FakeRedis() as second:
        second.replies |= {"SSUBSCRIBE": subscribed, "SPUBLISH": publishing(second)}
        bus.replies["SENTINEL"] = array(bus.address.host, str(bus.address.port))
        async with listening(f"redis+sentinel://{bus.address}/main", "a") as one:
            await hears(bus, one)
            bus.replies["SENTINEL"] = array(second.address.host, str(second.address.port))
            await one.master._topology.refresh()
            await second.heard_of("SSUBSCRIBE")
            await hears(second, one, one.ear.heard_at)


@pytest.mark.parametrize("wanted", [True, False])
async def test_a_name_that_was_taken_away_ends_the_connection_if_it_is_wanted(
    bus: FakeRedis, wanted: bool
) -> None:
    async with listening(bus.url, "a") as one:
        await hears(bus, one)
        one.told.clear()
        bus.say(array("sunsubscribe", "a" if wanted else "other", 0), to="SSUBSCRIBE")
        for _ in range(2):  # The next may have been on its way.
            await hears(bus, one, one.ear.heard_at)
        assert one.told == (["down", ("up", PROBE), ("up", "a")] if wanted else [])


async def test_a_name_that_is_left_and_wanted_again_stays(bus: FakeRedis) -> None:
    async with listening(bus.url, "a") as one:
        await hears(bus, one)
        one.told.clear()
        bus.replies["SUNSUBSCRIBE"] = None
        one.ear.drop("a")
        await bus.heard_of("SUNSUBSCRIBE")
        one.ear.want("a")
        await bus.heard_of("SSUBSCRIBE", 2)
        bus.say(array("sunsubscribe", "a", 0), to="SSUBSCRIBE")  # the reply to the first, late
        await hears(bus, one, one.ear.heard_at)
        assert one.told == [("up", "a")]


# --- hearing at all --------------------------------------------------------------------------


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("hearers", [0, 1])
async def test_a_connection_that_hears_nothing_is_given_up(bus: FakeRedis, hearers: int) -> None:
    bus.replies["SPUBLISH"] = b":%d\r\n" % hearers
    async with listening(bus.url, "a") as one:
        await bus.heard_of("SSUBSCRIBE", 2)
        assert "down" in one.told
        assert one.ear.heard_at == float("-inf")
        bus.replies["SPUBLISH"] = publishing(bus)
        await hears(bus, one)


@pytest.mark.usefixtures("hurried")
async def test_a_probe_of_an_earlier_connection_proves_nothing(bus: FakeRedis) -> None:
    async with listening(bus.url) as one:
        await bus.heard_of("SPUBLISH", 5)
        last = len(bus.words("SPUBLISH"))
        bus.replies |= {
            "SPUBLISH": b":1\r\n",
            "SSUBSCRIBE": lambda command: (
                subscribed(command) + array("smessage", PROBE, bus.words("SPUBLISH")[last - 1][1])
            ),
        }
        bus.cut(to="SSUBSCRIBE")
        await bus.heard_of("SSUBSCRIBE", 3)
        assert len(bus.words("SPUBLISH")) - last <= 2
        assert "down" in one.told


@pytest.mark.usefixtures("hurried")
async def test_who_cannot_publish_does_not_doubt_what_it_hears(bus: FakeRedis) -> None:
    async with listening(bus.url, "a") as one:
        await hears(bus, one)
        bus.replies["SPUBLISH"] = error("LOADING no")
        await bus.heard_of("SPUBLISH", len(bus.words("SPUBLISH")) + 6)
        assert len(bus.words("SSUBSCRIBE")) == 1
        bus.say(array("smessage", "a", "still"), to="SSUBSCRIBE")
        await eventually(one.has(("a", "still")))
        assert "down" not in one.told


async def test_a_probe_is_the_nodes_own_and_nobody_elses_to_hear(bus: FakeRedis) -> None:
    async with listening(bus.url) as one:
        await hears(bus, one)
        assert bus.words("SPUBLISH")[0] == [PROBE.encode(), b"1"]
        assert one.told == [("up", PROBE)]


async def test_who_is_stopped_leaves_no_connection(bus: FakeRedis) -> None:
    async with listening(bus.url, "a") as one:
        await hears(bus, one)
    await bus.until(lambda: not bus.connections)
    assert one.told[-1] == "down"

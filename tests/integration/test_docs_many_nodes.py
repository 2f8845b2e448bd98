"""The page on many nodes, and its part of the page on backups, hold to the letter."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator

import psutil
import pytest
from websockets.exceptions import InvalidStatus

from straks.log.redis.keys import NODES as LEASES
from tests.integration.conftest import Release
from tests.support.machine import Machine
from tests.support.pages import commands
from tests.support.postgres_server import postgres_server
from tests.support.site import PASSWORDS, Site, follow

NODES = ("straks@8081", "straks@8082")
WAIT = """
for port in 8081 8082; do
    until curl --fail --silent "http://127.0.0.1:$port/readyz"; do sleep 0.1; done
done
"""

NOBODY_ELSE = f"""
export REDISCLI_AUTH=$(sed -n 's/^requirepass //p' /etc/redis/straks.conf)
until [ "$(redis-cli -e zcount '{LEASES}' "$(date +%s)000" +inf)" = 2 ]; do sleep 0.1; done
"""
"""Those who lived when a backup was taken count for some seconds after it was put back."""

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def machine(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine on which the page was typed from its beginning."""
    root = tmp_path_factory.mktemp("many-nodes")
    with (
        postgres_server() as postgres,
        Machine(
            root, installed=release.installed, wheel=release.wheel, postgres=postgres
        ) as machine,
    ):
        # It comes with what other tests need.
        postgres.sql("DROP DATABASE straks", "postgres")
        postgres.sql("DROP ROLE straks", "postgres")
        machine.type_section("many-nodes", "Redis")
        machine.type_section("many-nodes", "PostgreSQL")
        machine.type_section("many-nodes", "Nodes", passwords=PASSWORDS)
        machine.type_section("many-nodes", "nginx and TLS")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SSL_CERT_FILE", str(machine.certificate))
            yield machine


@pytest.fixture
def site(machine: Machine) -> Site:
    return Site(machine.url, machine.certificate)


def names(machine: Machine) -> list[str]:
    return [machine.written(name) for name in NODES]


def connections(machine: Machine) -> list[int]:
    """Count what is open to each node."""
    counts = []
    for name in names(machine):
        process = machine.units[name].process
        assert process is not None, machine.tails()
        port = int(name.partition("@")[2])
        counts.append(
            sum(
                each.status == psutil.CONN_ESTABLISHED and each.laddr.port == port
                for each in process.net_connections("tcp")
            )
        )
    return counts


def test_nothing_is_warned_of(machine: Machine) -> None:
    for name in names(machine):
        assert '"serving"' in machine.units[name].tail()
        assert '"level":"warning"' not in machine.units[name].tail()


async def test_visitor_and_agent_talk_from_node_to_node(machine: Machine, site: Site) -> None:
    """Each node has one of the two, as nginx spreads them."""
    async with site.visitor() as visitor, site.agent() as agent:
        async with asyncio.timeout(20):
            while connections(machine) != [1, 1]:
                await asyncio.sleep(0.05)
        opened = await visitor.open("Where is my lamp?")
        theirs = follow(visitor, opened.channel)
        asked = await visitor.publish(opened.channel, "ask_human", {})
        await site.lists("waiting", "Where is my lamp?")
        await agent.publish(opened.channel, "accept", {}, expect=asked.offset)
        ours = follow(agent, opened.channel)
        await agent.publish(opened.channel, "message", {"text": "On its way."})
        await visitor.publish(opened.channel, "message", {"text": "Thanks!"})
        for page in (theirs, ours):
            await page.shows("Where is my lamp?", "On its way.", "Thanks!")


async def test_each_node_is_killed_and_the_visitor_goes_on(machine: Machine, site: Site) -> None:
    """Through the same nginx, to the node that is left, and nobody is told anything false."""
    async with site.visitor() as visitor, site.agent() as agent:
        opened = await visitor.open("begin")
        asked = await visitor.publish(opened.channel, "ask_human", {})
        await agent.publish(opened.channel, "accept", {}, expect=asked.offset)
        theirs, ours = follow(visitor, opened.channel), follow(agent, opened.channel)
        said = ["begin"]
        for name in names(machine):
            process = machine.units[name].process
            assert process is not None
            process.kill()
            for who, client in (("visitor", visitor), ("agent", agent)):
                said.append(f"{who}, without {name}")
                await client.publish(opened.channel, "message", {"text": said[-1]})
            await theirs.shows(*said)
            await ours.shows(*said)
            machine.run(f"systemctl start {name}\n{WAIT}")
        assert theirs.resets == ours.resets == 0


async def test_a_rolling_restart_is_not_seen(machine: Machine, site: Site) -> None:
    """Both sides talk all the time, and miss nothing."""
    async with site.visitor() as visitor, site.agent() as agent:
        opened = await visitor.open("begin")
        asked = await visitor.publish(opened.channel, "ask_human", {})
        await agent.publish(opened.channel, "accept", {}, expect=asked.offset)
        theirs, ours = follow(visitor, opened.channel), follow(agent, opened.channel)
        before = [machine.units[name].process for name in names(machine)]
        rolling = asyncio.create_task(
            machine.type_section_async("many-nodes", "Restart and upgrade")
        )
        said = ["begin"]
        while not rolling.done():
            for client in (visitor, agent):
                said.append(f"meanwhile {len(said)}")
                await client.publish(opened.channel, "message", {"text": said[-1]})
            await asyncio.sleep(0.05)
        await rolling
        assert not set(before) & {machine.units[name].process for name in names(machine)}
        await theirs.shows(*said)
        await ours.shows(*said)
        assert theirs.resets == ours.resets == 0


async def test_addresses_are_those_that_the_proxies_saw(machine: Machine, site: Site) -> None:
    """One address has its share of each node, whatever it claims, and takes nothing from others."""
    settings = machine.path("/etc/straks/straks.env")
    before = settings.read_text()
    settings.write_text(before + "STRAKS_MAX_CONNECTIONS_PER_ADDRESS=2\n")
    try:
        await machine.run_async(f"systemctl restart {' '.join(names(machine))}\n{WAIT}")
        async with contextlib.AsyncExitStack() as stack:

            async def come(claimed: str, *, source: str = "127.0.0.1") -> None:
                await stack.enter_async_context(site.socket(claimed, source=source))

            # A proxy that is trusted says so, of which this nginx makes one more.
            for _ in range(2 * len(NODES)):
                await come("203.0.113.7")
            with pytest.raises(InvalidStatus, match="503"):
                await come("203.0.113.7")
            with pytest.raises(InvalidStatus, match="503"):
                await come("198.51.100.1, 203.0.113.7")
            await come("203.0.113.8")
            # This one is not trusted: what it says does not count.
            for _ in range(2 * len(NODES) + 1):
                await come("203.0.113.7", source="127.0.0.2")
    finally:
        settings.write_text(before)
        await machine.run_async(f"systemctl restart {' '.join(names(machine))}\n{WAIT}")


async def test_a_full_redis_refuses_and_keeps(machine: Machine, site: Site) -> None:
    async with site.visitor() as visitor:
        opened = await visitor.open("kept")
        shown = follow(visitor, opened.channel)
        await shown.shows("kept")
        machine.run("REDISCLI_AUTH=$redis redis-cli -e config set maxmemory 1mb")
        try:
            late = asyncio.create_task(
                visitor.publish(opened.channel, "message", {"text": "refused"})
            )
            await site.is_ready(503)
            assert not late.done()
            page = await visitor.history(opened.channel)
            messages = [entry for entry in page.entries if entry.kind == "message"]
            assert [entry.data["text"] for entry in messages] == ["kept"]
        finally:
            machine.run("REDISCLI_AUTH=$redis redis-cli -e config set maxmemory 0")
        await late
        await shown.shows("kept", "refused")
        await site.is_ready(200)


async def take_backup(machine: Machine) -> None:
    await machine.type_section_async("backup-and-restore", "Take it")


async def copy_files(machine: Machine) -> None:
    """Redis' own files in place of what it sends, all else as before."""
    (taken,) = commands("backup-and-restore", "Take it")
    (copied,) = commands("backup-and-restore", "Or copy Redis' own files")
    line = 'redis-cli -e --rdb "$to/redis.rdb"\n'
    assert line in taken
    await machine.run_async(taken.replace(line, copied))


@pytest.mark.parametrize("take", [take_backup, copy_files])
async def test_a_backup_brings_back_its_moment(
    machine: Machine, site: Site, take: Callable[[Machine], Awaitable[None]]
) -> None:
    """What came after it is gone, and nobody believes otherwise."""
    async with site.visitor() as visitor:
        opened = await visitor.open(f"before {take.__name__}")
        shown = follow(visitor, opened.channel)
        await visitor.publish(opened.channel, "ask_human", {})
        await shown.until(lambda page: "ask_human" in page.kinds)
        old, token = shown.position, visitor.token
        await take(machine)
        for number in range(3):
            await visitor.publish(opened.channel, "message", {"text": f"after {number}"})
        await shown.until(lambda page: page.texts[-1:] == ["after 2"])
        new = shown.position
        async with site.agent():
            await site.lists("waiting", "after 2")
    await machine.type_section_async("backup-and-restore", "Restore over Redis and PostgreSQL")
    async with site.visitor(token) as visitor:
        # The log grows past what was lost, as when others write before this one comes back.
        for number in range(5):
            await visitor.publish(opened.channel, "message", {"text": f"anew {number}"})
    anew = [f"before {take.__name__}", *(f"anew {number}" for number in range(5))]
    async with site.visitor(token) as visitor:
        shown = follow(visitor, opened.channel, new)
        await shown.shows(*anew)
        assert shown.resets == 1
    async with site.visitor(token) as visitor:
        shown = follow(visitor, opened.channel, old)
        await shown.shows(*anew[1:])
        assert shown.resets == 0
    async with site.agent():
        await site.lists("waiting", "anew 4")
        assert "after 2" not in await site.inbox("waiting")
    with_password = machine.run("redis-cli config get appendfsync")
    assert "always" in with_password


async def test_a_house_is_left_and_arrived_at(machine: Machine, site: Site) -> None:
    """A visitor who was there when it was left goes on as after a pause."""
    async with site.visitor() as visitor:
        opened = await visitor.open("before the move")
        shown = follow(visitor, opened.channel)
        await visitor.publish(opened.channel, "ask_human", {})
        await shown.until(lambda page: "ask_human" in page.kinds)
        await machine.run_async(NOBODY_ELSE)
        await machine.type_section_async("moving-house", "Leave many nodes")
        machine.run(
            "export REDISCLI_AUTH=$(sed -n 's/^requirepass //p' /etc/redis/straks.conf)\n"
            "redis-cli -e flushall\n"
            "runuser -u postgres -- dropdb straks\n"
            "runuser -u postgres -- createdb --owner straks straks"
        )
        await machine.type_section_async("moving-house", "Arrive at many nodes")
        await visitor.publish(opened.channel, "message", {"text": "after the move"})
        await shown.until(lambda page: page.texts == ["before the move", "after the move"])
        assert shown.resets == 0
    async with site.agent():
        await site.lists("waiting", "after the move")

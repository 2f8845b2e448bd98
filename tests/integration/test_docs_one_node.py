"""The page on one node, and its part of the page on backups, hold to the letter."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from tests.integration.conftest import Release
from tests.support.machine import Machine
from tests.support.pages import commands
from tests.support.site import PASSWORDS, Site, follow

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def machine(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Machine]:
    """A machine on which the page was typed from its beginning."""
    root = tmp_path_factory.mktemp("one-node")
    with Machine(root, installed=release.installed, wheel=release.wheel) as machine:
        machine.type_section("one-node", "Settings")
        machine.type_section("one-node", "Start", passwords=PASSWORDS)
        machine.type_section("one-node", "nginx and TLS")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("SSL_CERT_FILE", str(machine.certificate))
            yield machine


@pytest.fixture
def site(machine: Machine) -> Site:
    return Site(machine.url, machine.certificate)


async def test_a_visitor_is_answered_over_tls(site: Site) -> None:
    async with site.visitor() as visitor, site.agent() as agent:
        opened = await visitor.open("Where is my lamp?")
        theirs = follow(visitor, opened.channel)
        asked = await visitor.publish(opened.channel, "ask_human", {})
        await agent.publish(opened.channel, "accept", {}, expect=asked.offset)
        await agent.publish(opened.channel, "message", {"text": "On its way."})
        await theirs.shows("Where is my lamp?", "On its way.")


def test_the_secrets_and_the_data_are_nobody_elses(machine: Machine) -> None:
    assert machine.path("/etc/straks/straks.env").stat().st_mode & 0o777 == 0o600
    for path in machine.path("/var/lib/straks").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path


async def test_an_upgrade_is_a_pause_to_the_visitor(machine: Machine, site: Site) -> None:
    async with site.visitor() as visitor:
        opened = await visitor.open("before")
        shown = follow(visitor, opened.channel)
        await shown.shows("before")
        before = machine.units["straks"].process
        upgrade = asyncio.create_task(
            machine.type_section_async("one-node", "Stop, start again, upgrade")
        )
        said = ["before"]
        while not upgrade.done():
            said.append(f"meanwhile {len(said)}")
            await visitor.publish(opened.channel, "message", {"text": said[-1]})
            await asyncio.sleep(0.05)
        await upgrade
        assert machine.units["straks"].process != before
        await shown.shows(*said)
        assert shown.resets == 0


@pytest.mark.parametrize("section", ["While it runs", "While it stands still"])
async def test_a_backup_brings_back_its_moment(machine: Machine, site: Site, section: str) -> None:
    """What came after it is gone, and nobody believes otherwise."""
    async with site.visitor() as visitor:
        opened = await visitor.open(f"opened before: {section}")
        shown = follow(visitor, opened.channel)
        await visitor.publish(opened.channel, "ask_human", {})
        await shown.until(lambda page: "ask_human" in page.kinds)
        old, token = shown.position, visitor.token
        await machine.type_section_async("backup-and-restore", section)
        for number in range(3):
            text = f"after {number}"
            await visitor.publish(opened.channel, "message", {"text": text})
        await shown.until(lambda page: page.texts[-1:] == ["after 2"])
        new = shown.position
        late = await visitor.open("opened after")
    await machine.type_section_async("backup-and-restore", "Restore over SQLite")
    async with site.visitor(token) as visitor:
        # The log grows past what was lost, as when others write before this one comes back.
        for number in range(5):
            await visitor.publish(opened.channel, "message", {"text": f"anew {number}"})
    anew = [f"opened before: {section}", *(f"anew {number}" for number in range(5))]
    async with site.visitor(token) as visitor:
        shown = follow(visitor, opened.channel, new)
        await shown.shows(*anew)
        assert shown.resets == 1
    async with site.visitor(token) as visitor:
        shown = follow(visitor, opened.channel, old)
        await shown.shows(*anew[1:])
        assert shown.resets == 0
    async with site.agent() as agent:
        await site.lists("waiting", anew[-1])
        assert "opened after" not in await site.inbox("open")
        page = await agent.history(opened.channel)
        assert [entry.id for entry in page.entries if entry.offset == old.offset] == [old.id]
    assert late.channel != opened.channel


async def test_a_house_is_left_and_arrived_at(machine: Machine, site: Site) -> None:
    """A visitor who was there when it was left goes on as after a pause."""
    async with site.visitor() as visitor:
        opened = await visitor.open("before the move")
        shown = follow(visitor, opened.channel)
        await visitor.publish(opened.channel, "ask_human", {})
        await shown.until(lambda page: "ask_human" in page.kinds)
        await machine.type_section_async("moving-house", "Leave one node")
        machine.run("mv /var/lib/straks /var/lib/straks.left")
        await machine.type_section_async("moving-house", "Arrive at one node")
        await visitor.publish(opened.channel, "message", {"text": "after the move"})
        await shown.until(lambda page: page.texts == ["before the move", "after the move"])
        assert shown.resets == 0
    async with site.agent():
        await site.lists("waiting", "after the move")


async def test_the_list_follows_the_log_that_is_older(machine: Machine, site: Site) -> None:
    """Between the copies of log and records people go on talking."""
    (backup,) = commands("backup-and-restore", "While it runs")
    log, later, records = backup.partition("sqlite3 /var/lib/straks/records.db")
    async with site.visitor() as visitor, site.agent():
        opened = await visitor.open("in the log")
        await visitor.publish(opened.channel, "ask_human", {})
        await site.lists("waiting", "in the log")
        machine.run(log)
        await visitor.publish(opened.channel, "message", {"text": "in the records alone"})
        await site.lists("waiting", "in the records alone")
        machine.run(later + records)
    await machine.type_section_async("backup-and-restore", "Restore over SQLite")
    async with site.agent():
        await site.lists("waiting", "in the log")
        assert "in the records alone" not in await site.inbox("waiting")


async def test_a_message_of_a_moment_ago_comes_back_by_itself(machine: Machine, site: Site) -> None:
    """The visitor stays on the page while an older backup is put in place."""
    async with site.visitor() as visitor:
        opened = await visitor.open("kept")
        shown = follow(visitor, opened.channel)
        await machine.type_section_async("backup-and-restore", "While it runs")
        await visitor.publish(opened.channel, "message", {"text": "lost"})
        await shown.shows("kept", "lost")
        lost = shown.position
        await machine.type_section_async("backup-and-restore", "Restore over SQLite")
        await shown.until(lambda page: page.resets == 1)
        await shown.shows("kept", "lost")
        assert shown.position != lost

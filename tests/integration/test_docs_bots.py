"""What docs/bots.md shows works as written."""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
from pathlib import Path

import pytest

from straks_client import Client, connect
from straks_protocol import Entry
from tests.integration.test_bots import replies
from tests.support.server import ServerProcess, run_straks

PAGE = (Path(__file__).resolve().parents[2] / "docs/bots.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


async def first_of_the_bot(visitor: Client) -> Entry:
    """Ask about bulbs until the bot hears it."""
    async with asyncio.timeout(60):
        while True:
            opened = await visitor.open("Does it come with a bulb?")
            (given,) = await replies(visitor, opened.channel)
            if given.sender.id == "helper":
                return given


@pytest.mark.timeout(180)
async def test_the_bot_of_the_page_answers_about_bulbs_and_brings_a_person(tmp_path: Path) -> None:
    make_key, serve, _ = (block.split() for block in blocks("sh"))
    (program,) = blocks("python")
    arguments = (*serve[1:], "--bot-timeout", "60")
    with ServerProcess(tmp_path, arguments=arguments) as server:
        made = run_straks(*make_key[1:], data=str(server.data))
        assert made.returncode == 0, made.stderr
        program = program.replace("http://127.0.0.1:8080", server.url)
        assert server.url in program
        with subprocess.Popen(
            [sys.executable, "-u", "-c", program],
            stdout=subprocess.PIPE,
            text=True,
            env=server.environment | {"HELPER_KEY": made.stdout.strip()},
        ) as bot:
            assert bot.stdout is not None
            assert bot.stdout.readline() == "the bot is here\n"
            async with connect(server.url, timeout=30) as visitor:
                given = await first_of_the_bot(visitor)
                assert given.kind == "answer"
                assert given.data["text"] == "Each lamp comes with its bulb."
                other = await visitor.open("What do you sell?")
                (wished,) = await replies(visitor, other.channel)
                assert (wished.sender.id, wished.kind) == ("helper", "ask_human")
            assert [bot.stdout.readline(), bot.stdout.readline()] == ["answer\n", "ask_human\n"]
            bot.kill()

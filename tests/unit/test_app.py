"""The composition root: how a failing part ends the whole."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bench.ports import free_port
from straks.app import BrokenError, open_accounts, open_straks
from straks.config import load_settings
from straks.errors import StartError


async def test_a_part_that_fails_ends_the_server(tmp_path: Path) -> None:
    settings = load_settings(data=str(tmp_path), port=str(free_port()), host="127.0.0.1")
    started = asyncio.Event()

    async def fails() -> None:
        await started.wait()
        raise ValueError("bad luck")

    async with open_straks(settings) as straks:
        with pytest.raises(BrokenError, match="bad luck"):
            await straks.run(started.set, beside=fails)


async def test_a_part_that_ends_early_ends_the_server(tmp_path: Path) -> None:
    settings = load_settings(data=str(tmp_path), port=str(free_port()), host="127.0.0.1")
    started = asyncio.Event()

    async def ends() -> None:
        await started.wait()

    async with open_straks(settings) as straks:
        with pytest.raises(BrokenError, match="beside ended"):
            await straks.run(started.set, beside=ends)


async def test_what_was_opened_is_closed_when_the_rest_cannot_be(tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"damaged")
    settings = load_settings(data=str(tmp_path), port=str(free_port()), host="127.0.0.1")
    for _ in range(2):
        with pytest.raises(StartError, match="damaged"):
            async with open_straks(settings):
                raise AssertionError("opened")
    (tmp_path / "secret").unlink()
    async with open_straks(settings) as straks:
        assert straks.url == f"http://127.0.0.1:{settings.port}"


async def test_accounts_open_beside_a_server(tmp_path: Path) -> None:
    settings = load_settings(data=str(tmp_path), port=str(free_port()), host="127.0.0.1")
    async with open_straks(settings) as straks, open_accounts(settings) as accounts:
        made = await accounts.add_agent("bo@chat.example", "Bo", None)
        assert await straks.accounts.find("bo@chat.example") == made

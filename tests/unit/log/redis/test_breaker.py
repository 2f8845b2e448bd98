"""Who asks for what was away a moment ago does not wait."""

from __future__ import annotations

import asyncio

import pytest

from straks.log.log import LogUnavailableError
from straks.log.redis.breaker import Breaker


async def fail(breaker: Breaker) -> None:
    async with breaker.attempt():
        raise LogUnavailableError("really")


async def test_what_works_is_not_disturbed() -> None:
    breaker = Breaker("it")
    for _ in range(3):
        async with breaker.attempt():
            pass


async def test_after_a_failure_everybody_is_refused_without_trying() -> None:
    breaker = Breaker("it")
    with pytest.raises(LogUnavailableError, match="really"):
        await fail(breaker)
    with pytest.raises(LogUnavailableError, match="it is away"):
        await fail(breaker)


async def test_after_the_pause_one_at_a_time_looks_again() -> None:
    breaker = Breaker("it", pause=0.0)
    with pytest.raises(LogUnavailableError):
        await fail(breaker)
    async with breaker.attempt():
        with pytest.raises(LogUnavailableError, match="it is away"):
            await fail(breaker)
    async with breaker.attempt(), breaker.attempt():
        pass


async def test_who_looks_and_is_cancelled_lets_others_look() -> None:
    breaker = Breaker("it", pause=0.0)
    with pytest.raises(LogUnavailableError):
        await fail(breaker)

    async def look() -> None:
        async with breaker.attempt():
            await asyncio.sleep(60)

    task = asyncio.create_task(look())
    await asyncio.sleep(0)
    task.cancel()
    await asyncio.wait([task])
    async with breaker.attempt():
        pass

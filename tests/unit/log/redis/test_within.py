"""A time limit."""

from __future__ import annotations

import asyncio

import pytest

from straks.log.redis.within import within


async def test_what_comes_in_time_is_given() -> None:
    assert await within(5.0, asyncio.sleep(0, "result")) == "result"


async def test_what_takes_longer_is_cancelled() -> None:
    work = asyncio.ensure_future(asyncio.Event().wait())
    with pytest.raises(TimeoutError):
        await within(0.01, work)
    assert work.cancelled()


@pytest.mark.parametrize("ticks", range(4))
async def test_a_cancellation_in_the_moment_of_the_result_is_not_lost(ticks: int) -> None:
    """Whoever ends a part of the server waits for its end, and cancels once."""
    result: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def work() -> str:
        return await result

    async def part() -> None:
        await within(5.0, work())
        await asyncio.Event().wait()

    task = asyncio.create_task(part())
    await asyncio.sleep(0.01)
    result.set_result("result")
    for _ in range(ticks):
        await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        async with asyncio.timeout(5.0):
            await task

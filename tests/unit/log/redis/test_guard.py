"""A part of the log that fails is told of, in the log and to who must end."""

from __future__ import annotations

import asyncio
import logging

import pytest

from straks.log.log import LogBrokenError
from straks.log.redis.guard import guard


async def test_a_failure_is_told_with_its_cause(caplog: pytest.LogCaptureFixture) -> None:
    failures: list[LogBrokenError] = []

    async def part() -> None:
        raise ValueError("an answer that nobody asked for")

    with caplog.at_level(logging.CRITICAL):
        await guard("ear", part, failures.append)
    assert [str(failure) for failure in failures] == [
        "the log's ear failed: an answer that nobody asked for"
    ]
    (record,) = caplog.records
    assert record.getMessage() == "the log's ear failed"
    assert record.exc_info is not None


async def test_an_end_that_was_asked_for_is_no_failure() -> None:
    failures: list[LogBrokenError] = []

    async def part() -> None:
        await asyncio.Event().wait()

    running = asyncio.create_task(guard("ear", part, failures.append))
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert failures == []

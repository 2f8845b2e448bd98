"""One node at a time moves what is old enough, and what it cannot move now it moves later."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest

from straks.archive.mover import Mover
from straks.clock import ManualClock
from straks.log.log import LogUnavailableError

HOUR = 3_600_000


class Place:
    """Conversations by the time of their last entry, and what was asked of them."""

    def __init__(self, count: int, at: int) -> None:
        self.idle_since = {f"c{number:04}": at for number in range(count)}
        self.in_use: set[str] = set()
        self.asked: list[str] = []
        self.failing = False
        self.broken: set[str] = set()
        self.looks = 0
        self.hot = [f"h{number}" for number in range(150)]
        self.noted: set[str] = set()
        self.tenant: int | None = 1
        self.loses_it_after: int | None = None

    async def idle(
        self, before: int, after: tuple[int, str], limit: int
    ) -> Sequence[tuple[int, str]]:
        rows = sorted((at, name) for name, at in self.idle_since.items() if at < before)
        return [row for row in rows if row > after][:limit]

    async def take(self, conversation: str, before: int) -> bool:
        name = conversation.removeprefix("conversation:")
        self.asked.append(name)
        if self.failing or name in self.broken:
            raise LogUnavailableError("away")
        if len(self.asked) == self.loses_it_after:
            self.tenant = None
        if name in self.in_use:
            return False
        assert self.idle_since.pop(name) < before
        return True

    async def here(self) -> AsyncIterator[str]:
        self.looks += 1
        for name in self.hot:
            yield f"conversation:{name}"

    async def found(self, idents: Sequence[str]) -> None:
        if self.failing:
            raise LogUnavailableError("away")
        self.noted.update(idents)

    def tenure(self, partition: int) -> int | None:
        assert partition == 0
        return self.tenant


def mover(place: Place, clock: ManualClock) -> Mover:
    return Mover(place, place, place, clock, after_seconds=3_600)


async def test_all_that_is_old_enough_is_moved(clock: ManualClock) -> None:
    place = Place(250, clock.now_ms() - HOUR - 1)
    place.idle_since["young"] = clock.now_ms() - HOUR + 1
    assert await mover(place, clock).move_all() == 250
    assert [*place.idle_since] == ["young"]


async def test_what_is_in_use_is_asked_for_once_in_a_pass(clock: ManualClock) -> None:
    place = Place(250, clock.now_ms() - HOUR - 1)
    place.in_use = {*place.idle_since}
    assert await mover(place, clock).move_all() == 0
    assert sorted(place.asked) == sorted(place.in_use)


async def test_a_node_without_the_tenure_moves_nothing(clock: ManualClock) -> None:
    place = Place(3, clock.now_ms() - HOUR - 1)
    place.tenant = None
    assert await mover(place, clock).move_all() == 0
    assert place.asked == []


async def test_a_node_that_loses_the_tenure_stops_at_once(clock: ManualClock) -> None:
    place = Place(250, clock.now_ms() - HOUR - 1)
    place.loses_it_after = 50
    assert await mover(place, clock).move_all() == 50


async def test_one_that_cannot_be_moved_stops_no_other(clock: ManualClock) -> None:
    place = Place(250, clock.now_ms() - HOUR - 1)
    place.broken = {"c0000", "c0120"}
    with pytest.raises(LogUnavailableError):
        await mover(place, clock).move_all()
    assert {*place.idle_since} == place.broken


async def test_nothing_more_is_tried_when_several_fail_in_a_row(clock: ManualClock) -> None:
    place = Place(250, clock.now_ms() - HOUR - 1)
    place.broken = {*place.idle_since}
    with pytest.raises(LogUnavailableError):
        await mover(place, clock).move_all()
    assert len(place.asked) == 3


async def test_several_that_cannot_be_moved_do_not_stop_the_others_for_ever(
    clock: ManualClock,
) -> None:
    place = Place(20, clock.now_ms() - HOUR - 1)
    place.broken = {f"c{number:04}" for number in range(8)}
    moves = mover(place, clock)
    for _ in range(4):
        with pytest.raises(LogUnavailableError):
            await moves.move_all()
    assert {*place.idle_since} == place.broken

    place.broken = {"c0000"}
    for _ in range(3):
        with pytest.raises(LogUnavailableError):
            await moves.move_all()
    assert {*place.idle_since} == place.broken


async def test_it_looks_once_in_a_tenure_what_the_log_has(clock: ManualClock) -> None:
    place = Place(3, clock.now_ms() - HOUR - 1)
    moves = mover(place, clock)
    for _ in range(3):
        await moves.move_all()
    assert (place.looks, place.noted) == (1, {*place.hot})
    place.tenant = 2
    await moves.move_all()
    assert place.looks == 2


async def test_it_looks_again_after_what_failed_for_the_first_time(clock: ManualClock) -> None:
    place = Place(3, clock.now_ms() - HOUR - 1)
    place.broken = {"c0001"}
    moves = mover(place, clock)
    for looks in (1, 2, 2, 2):
        with pytest.raises(LogUnavailableError):
            await moves.move_all()
        assert place.looks == looks


async def test_it_goes_on_when_what_it_needs_is_back(
    clock: ManualClock, caplog: pytest.LogCaptureFixture
) -> None:
    place = Place(3, clock.now_ms() - HOUR - 1)
    place.failing = True
    running = asyncio.create_task(
        Mover(place, place, place, clock, after_seconds=3_600, pause=0.001).run()
    )
    try:
        async with asyncio.timeout(20):
            while "the archive: away" not in caplog.text:
                await asyncio.sleep(0.001)
            place.failing = False
            while place.idle_since:
                await asyncio.sleep(0.001)
    finally:
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

"""When a followed channel counts as up to date."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from straks.log.log import Entry, Page
from straks.log.redis.follower import Follower
from straks_protocol import Position
from tests.support.logs import item

A = "conversation:a"


class Growing:
    """A log of one channel whose pages come when they are let."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.open = asyncio.Event()

    def grow(self) -> None:
        offset = len(self.entries) + 1
        self.entries.append(item(A).entry(offset, 0))

    async def positions(self, channels: Sequence[str]) -> Sequence[Position]:
        end = self.entries[-1] if self.entries else None
        at = Position(offset=0, id="") if end is None else Position(offset=end.offset, id=end.id)
        return [at for _ in channels]

    async def read(self, channel: str, *, after: int | None = None, **_: Any) -> Page:
        await self.open.wait()
        return Page(self.entries[after or 0 :], more=False)


class Ear:
    def want(self, name: str) -> bytes:
        return name.encode()

    def drop(self, name: str) -> None: ...


async def test_what_is_behind_is_up_to_date_when_the_rest_was_read() -> None:
    log, told, current = Growing(), list[tuple[str, int]](), set[str]()
    follower = Follower(
        log,
        Ear(),
        deliver=lambda entries: told.extend(("entry", entry.offset) for entry in entries),
        synced=lambda _, position: told.append(("synced", position.offset)),
        forked=lambda _: told.append(("forked", 0)),
        current=current,
    )
    follower.follow(A)
    (live,) = follower._by_live
    follower.up(live)
    running = asyncio.create_task(follower.run())
    await follower.synced(A)
    assert current == {A}
    follower.down()
    assert current == set()
    log.grow()
    log.grow()
    follower.up(live)
    waiting = asyncio.create_task(follower.synced(A))
    for _ in range(20):
        await asyncio.sleep(0)
    assert current == set()
    assert not waiting.done()
    assert told == [("synced", 0)]
    log.open.set()
    await waiting
    assert current == {A}
    assert told == [("synced", 0), ("entry", 1), ("entry", 2), ("synced", 2)]
    running.cancel()
    await asyncio.wait([running])

"""Conversations that lose what was acknowledged and grow again, in each way that a log can fork."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final, TypeAlias

from tests.support.books import Outcome
from tests.support.nodes import Nodes
from tests.support.talk import Frame
from tests.support.two_sides import TwoSides, two_sides

__all__ = ["Forks", "forks"]

_KEPT: Final = 3
"""Entries that everybody has before anything is lost."""
_LOST: Final = (1, 2, 3)
"""Entries that the old master acknowledged, and the new one never had."""
_GROWN: Final = (0, 1, 2, 3)
"""Entries by which the new master grows past the end of what it lost."""
_OTHERS: Final = 2
"""Conversations that lose nothing, where there can be any."""

Way: TypeAlias = tuple[int, int]
"""By how much a conversation loses, and by how much it then grows."""


class Forks:
    """What is said in them, and what becomes of it; see :func:`forks`."""

    def __init__(self, talks: Mapping[Way, TwoSides], others: Sequence[TwoSides]) -> None:
        self._talks = talks
        self._others = others
        self._lost: dict[Way, list[Frame]] = {}
        self._mark = 0.0
        self._took: dict[Way, float] = {}

    @property
    def _every(self) -> list[TwoSides]:
        return [*self._talks.values(), *self._others]

    async def keep(self) -> None:
        """Say what will not be lost."""
        for talk in self._every:
            await talk.say(talk.visitor, _KEPT)

    async def lose(self) -> None:
        """Say what will be lost, and see that everybody shows it."""
        for way, talk in self._talks.items():
            self._lost[way] = await talk.say(talk.visitor, way[0])
        for talk in self._every:
            await talk.both_show(await talk.log(0))

    def mark(self) -> None:
        """Measure from now on how long it takes until everybody shows the log as it is."""
        self._mark = time.monotonic()

    async def grow(self) -> None:
        """Say what takes the place of what was lost."""
        for (_, grown), talk in self._talks.items():
            await talk.say(talk.agent, grown)

    async def all_are_told(self) -> None:
        """Return when both sides of those that lost show the log, told once that they must."""
        await asyncio.gather(*(self._is_told(way) for way in self._talks))
        for talk in self._others:
            await _show_the_same(talk)
            assert talk.visitor.resets == talk.agent.resets == 0, talk.channel

    async def _is_told(self, way: Way) -> None:
        talk = self._talks[way]
        await _show_the_same(talk)
        self._took.setdefault(way, time.monotonic() - self._mark)
        assert talk.visitor.resets == talk.agent.resets == 1, way

    async def nobody_comes_back_to_what_is_lost(self) -> None:
        for way, talk in self._talks.items():
            for position in self._lost[way]:
                for number in range(len(talk.nodes)):
                    answer = await talk.come_back(number, position)
                    assert not answer["recovered"], (way, number, position)

    async def store_again(self) -> None:
        """Publish what was lost under its old keys, twice, as clients do that are not sure."""
        for way, talk in self._talks.items():
            for reply in self._lost[way]:
                again = await talk.publish(talk.visitor, reply["key"])
                assert not again["duplicate"], way
                assert (await talk.publish(talk.visitor, reply["key"]))["duplicate"], way

    async def check(self, title: str) -> None:
        """Hold all that was said against what both sides show and a fresh subscriber reads.

        Prints the figures; those of recovery are of each conversation that lost something.
        """
        await self.all_are_told()
        outcomes = [await _outcome(talk) for talk in self._every]
        total = Outcome(
            sent=sum(each.sent for each in outcomes),
            acknowledged=sum(each.acknowledged for each in outcomes),
            to_visitors=sum(each.to_visitors for each in outcomes),
            to_agents=sum(each.to_agents for each in outcomes),
            lost=sum(each.lost for each in outcomes),
            duplicated=sum(each.duplicated for each in outcomes),
            reordered=sum(each.reordered for each in outcomes),
            resets=sum(each.resets for each in outcomes),
            recovery=list(self._took.values()),
        )
        print(f"{title}: {total}")  # noqa: T201  -- the result
        total.check(told=True)


@asynccontextmanager
async def forks(nodes: Nodes, there: Callable[[str], bool] | None = None) -> AsyncIterator[Forks]:
    """Open them while the block runs.

    ``there`` tells which channels are where something will be lost, if it is not everywhere: then
    there are others, too, which must not notice anything.
    """
    async with AsyncExitStack() as stack:

        async def begin(wanted: Callable[[str], bool]) -> TwoSides:
            return await stack.enter_async_context(two_sides(nodes, wanted))

        talks = {
            (lost, lost + past): await begin(there or (lambda _: True))
            for lost in _LOST
            for past in _GROWN
        }
        others = (
            [await begin(lambda channel: not there(channel)) for _ in range(_OTHERS)]
            if there
            else []
        )
        yield Forks(talks, others)


async def _show_the_same(talk: TwoSides) -> None:
    log = await talk.log(0)
    await talk.both_show(log)
    assert await talk.log(len(talk.nodes) - 1) == log


async def _outcome(talk: TwoSides) -> Outcome:
    log, keys = set(await talk.log(0)), Counter(await talk.keys(0))
    entries = set(talk.acknowledged.values())
    return Outcome(
        sent=len(talk.published),
        acknowledged=len(talk.acknowledged),
        to_visitors=len(entries & set(talk.visitor.shown)),
        to_agents=len(entries & set(talk.agent.shown)),
        lost=len(entries - log) + len(talk.acknowledged.keys() - keys.keys()),
        duplicated=keys.total() - len(keys),
        reordered=len(talk.visitor.faults) + len(talk.agent.faults),
        resets=talk.visitor.resets + talk.agent.resets,
        recovery=(),
    )

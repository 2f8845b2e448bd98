"""A cursor stays behind what is not answered yet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from straks.answers.beside import handlers
from straks.log.log import Entry, FeedItem


class Place:
    """A feed of two partitions, and replies that are under way."""

    partitions = 2

    def __init__(self) -> None:
        self.tenures: list[int | None] = [1, 1]
        self.under_way: set[str] = set()
        self.handled: list[list[int]] = []

    def tenure(self, partition: int) -> int | None:
        return self.tenures[partition]

    def is_under_way(self, question: str) -> bool:
        return question in self.under_way

    async def room(self) -> None:
        pass

    async def handle(self, items: Sequence[FeedItem]) -> None:
        self.handled.append([item.position for item in items])


def items(*positions: int) -> list[FeedItem]:
    return [
        FeedItem(
            position,
            Entry(
                channel="conversation:a",
                offset=position,
                id=f"e{position}",
                at=0,
                sender="visitor:v",
                name=None,
                key="k",
                kind="message",
                data=b"{}",
            ),
        )
        for position in positions
    ]


async def test_it_comes_as_far_as_the_first_that_is_under_way() -> None:
    place: Any = Place()
    first, second = handlers(place, place.handle, place)
    place.under_way = {"e12", "e30"}
    assert await first(items(10, 12, 20)) == 11
    assert await first(items(30, 31)) == 11
    assert await second(items(5)) is None
    place.under_way = {"e30"}
    assert await first([]) == 29
    place.under_way = set()
    assert await first([]) is None
    assert place.handled == [[10, 12, 20], [30, 31], [5]]


async def test_a_feed_that_is_read_anew_begins_at_its_cursor() -> None:
    place: Any = Place()
    first, _ = handlers(place, place.handle, place)
    place.under_way = {"e12", "e40"}
    assert await first(items(10, 12)) == 11
    # Another server has gone on meanwhile.
    place.tenures[0] = 3
    assert await first(items(38, 40)) == 39
    assert await first(items(38, 40)) == 39

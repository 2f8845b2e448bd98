from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.support.books import Books
from tests.support.tap import Connection

CHANNEL = "conversation:a"


def connection(principal: str) -> Connection:
    found = Connection()
    found.principal = principal
    return found


VISITOR, AGENT = connection("visitor:v"), connection("agent:a")


def entry(offset: int) -> dict[str, Any]:
    return {"offset": offset, "id": f"id{offset}"}


def push(offset: int) -> dict[str, Any]:
    return {"type": "entry", "channel": CHANNEL, "entry": entry(offset)}


def subscribed(*offsets: int, recovered: bool = True) -> dict[str, Any]:
    entries = [entry(offset) for offset in offsets]
    return {
        "type": "subscribed",
        "channel": CHANNEL,
        "recovered": recovered,
        "entries": entries,
    }


def said(books: Books, offset: int) -> None:
    """Send one, and have it acknowledged."""
    books.sent(f"key{offset}")
    books.acked(CHANNEL, f"key{offset}", offset, f"id{offset}")


@pytest.fixture
def books() -> Books:
    """Two entries that both sides have, one of them from a page."""
    books = Books()
    said(books, 1)
    said(books, 2)
    for side in (VISITOR, AGENT):
        books.seen(side, subscribed(1))
        books.seen(side, push(2))
    return books


def test_what_both_sides_have_is_settled(books: Books) -> None:
    assert books.unsettled() == []
    books.tally.compare(CHANNEL, [entry(1), entry(2)])
    outcome = books.outcome()
    outcome.check()
    assert str(outcome).startswith(
        "sent 2, acknowledged 2, delivered 2 to visitors and 2 to agents, "
        "lost 0, duplicated 0, reordered 0; 0 faults"
    )


def test_what_one_side_lacks_is_not_settled(books: Books) -> None:
    said(books, 3)
    books.seen(VISITOR, push(3))
    assert books.unsettled() == ["key3"]
    with pytest.raises(AssertionError, match="delivered 3 to visitors and 2 to agents"):
        books.outcome().check()


def test_what_comes_twice_to_one_side_is_not_settled_but_doubled(books: Books) -> None:
    said(books, 3)
    books.seen(VISITOR, push(3))
    books.seen(VISITOR, push(3))
    assert books.unsettled() == ["key3"]
    assert books.outcome().duplicated == 1


def test_what_came_before_its_acknowledgement_is_settled_with_it(books: Books) -> None:
    books.sent("key3")
    books.seen(VISITOR, push(3))
    books.seen(AGENT, push(3))
    assert books.unsettled() == ["key3"]
    books.acked(CHANNEL, "key3", 3, "id3")
    assert books.unsettled() == []


def test_another_entry_in_an_acknowledged_ones_place_is_not_delivery(books: Books) -> None:
    books.sent("key3")
    books.acked(CHANNEL, "key3", 3, "other")
    books.seen(VISITOR, push(3))
    books.seen(AGENT, push(3))
    assert (books.outcome().to_visitors, books.outcome().to_agents) == (2, 2)


def test_recovery_lasts_until_all_that_was_sent_before_is_settled(books: Books) -> None:
    books.mark()
    books.sent("key3")
    books.mark()
    books.acked(CHANNEL, "key3", 3, "id3")
    for side in (VISITOR, AGENT):
        books.seen(side, push(3))
    first, second = books.outcome().recovery
    assert first == 0
    assert second > 0


def test_a_reset_is_not_what_a_log_without_loss_does(books: Books) -> None:
    books.seen(VISITOR, subscribed(1, 2, recovered=False))
    assert books.outcome().resets == 1
    whole = replace(books.outcome(), duplicated=0, resets=0)
    whole.check()
    with pytest.raises(AssertionError):
        replace(whole, resets=1).check()

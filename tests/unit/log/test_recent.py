"""The end of a feed in memory."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from straks.log.log import Entry
from straks.log.recent import RecentFeed


def entry(number: int, size: int = 2) -> Entry:
    return Entry(
        channel="app:x",
        offset=number,
        id=str(number),
        at=0,
        sender="app:1",
        name=None,
        key=str(number),
        kind="x",
        data=b"x" * size,
    )


def positions(feed: RecentFeed, after: int, limit: int = 100) -> list[int] | None:
    found = feed.after(after, limit)
    return None if found is None else [each.position for each in found]


@given(
    begin=st.integers(0, 5),
    added=st.integers(0, 20),
    size=st.integers(1, 8),
    after=st.integers(0, 30),
    limit=st.integers(1, 10),
)
def test_it_tells_what_storage_would_tell(
    begin: int, added: int, size: int, after: int, limit: int
) -> None:
    feed = RecentFeed(begin, entries=size)
    for number in range(begin + 1, begin + added + 1):
        feed.add(number, entry(number))
    found = feed.after(after, limit)
    kept_after = begin + max(0, added - size)
    if found is None:
        assert after < kept_after
        return
    expected = range(after + 1, begin + added + 1)[:limit]
    assert [each.position for each in found] == list(expected)
    assert [each.entry.offset for each in found] == list(expected)


def test_bytes_are_bounded_too() -> None:
    feed = RecentFeed(0, size=100)
    for number in range(1, 11):
        feed.add(number, entry(number, size=30))
    assert positions(feed, 7) == [8, 9, 10]
    assert positions(feed, 6) is None


def test_what_is_larger_than_the_bound_is_left_to_storage() -> None:
    feed = RecentFeed(0, size=10)
    feed.add(1, entry(1, size=11))
    assert positions(feed, 0) is None
    assert positions(feed, 1) == []


def test_where_the_feed_ends_is_learnt_from_the_first_entry() -> None:
    feed = RecentFeed(None)
    assert positions(feed, 0) is None
    assert positions(feed, 99) is None
    feed.add(8, entry(8))
    assert positions(feed, 6) is None
    assert positions(feed, 7) == [8]
    assert positions(feed, 8) == []


def test_a_gap_starts_it_anew() -> None:
    feed = RecentFeed(0)
    feed.add(1, entry(1))
    feed.add(5, entry(5))
    assert positions(feed, 0) is None
    assert positions(feed, 4) == [5]
    feed.forget()
    assert positions(feed, 5) is None


def test_what_all_consumers_have_handled_goes() -> None:
    feed = RecentFeed(0)
    for number in range(1, 6):
        feed.add(number, entry(number))
    feed.handled("slow", 0)
    feed.handled("quick", 5)
    assert positions(feed, 0) == [1, 2, 3, 4, 5]
    feed.handled("slow", 3)
    assert positions(feed, 2) is None
    assert positions(feed, 3) == [4, 5]
    feed.handled("slow", 9)  # It asked storage, which knows of more.
    assert positions(feed, 5) == []
    feed.add(6, entry(6))
    assert positions(feed, 5) == [6]

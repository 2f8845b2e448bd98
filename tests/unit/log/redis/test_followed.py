"""Whatever is lost, doubled or late on the way: what is delivered is the log, once and in order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from straks.log.log import Entry
from straks.log.redis.followed import Followed, Found
from straks_protocol import START, Position


def entry(offset: int, lineage: str = "a") -> Entry:
    return Entry(
        channel="conversation:a",
        offset=offset,
        id=f"{lineage}{offset}",
        at=0,
        sender="visitor:v",
        name=None,
        key=str(offset),
        kind="message",
        data=b"{}",
    )


LOG = [entry(offset) for offset in range(1, 13)]


def before(offset: int) -> str:
    return "" if offset == 1 else f"a{offset - 1}"


def begun(offset: int = 0) -> Followed:
    followed = Followed()
    followed.ask()
    followed.begin(Position(offset=offset, id=f"a{offset}") if offset else START)
    return followed


@given(st.lists(st.integers(1, 12), max_size=40))
def test_what_is_heard_in_any_order_is_delivered_in_its_own(heard: list[int]) -> None:
    followed = begun()
    delivered: list[Entry] = []
    for offset in heard:
        delivered += followed.take(before(offset), entry(offset))
    assert delivered == LOG[: len(delivered)]
    asked = followed.ask()
    assert asked is not None
    found = followed.found(asked, Position(offset=12, id="a12"))
    if found is Found.MORE:
        delivered += followed.read(LOG[max(asked.offset - 1, 0) :])
    assert delivered == LOG
    assert not followed.forked
    followed.ask()
    assert followed.found(Position(offset=12, id="a12"), Position(offset=12, id="a12")) is (
        Found.SAME
    )
    assert not followed.suspect


def test_a_gap_is_suspect_until_it_is_filled() -> None:
    followed = begun()
    assert followed.take("a1", entry(2)) == ()
    assert followed.suspect
    assert [each.offset for each in followed.take("", entry(1))] == [1, 2]
    assert not followed.suspect


def test_a_log_that_is_shorter_than_what_was_delivered_has_forked() -> None:
    followed = begun(3)
    asked = followed.ask()
    assert asked is not None
    assert followed.found(asked, Position(offset=2, id="a2")) is Found.FORKED


def test_a_log_that_grew_again_has_forked_also_at_the_same_length() -> None:
    followed = begun(3)
    asked = followed.ask()
    assert asked is not None
    assert followed.found(asked, Position(offset=3, id="b3")) is Found.FORKED


def test_a_log_that_grew_past_what_was_delivered_is_found_out_by_reading() -> None:
    followed = begun(3)
    followed.ask()
    assert followed.read([entry(3, "b"), entry(4, "b")]) == []
    assert followed.forked


def test_an_entry_behind_another_than_the_last_is_not_delivered() -> None:
    followed = begun(3)
    assert followed.take("b3", entry(4, "b")) == ()
    assert followed.suspect


def test_what_was_delivered_since_the_question_was_asked_is_no_fork() -> None:
    followed = begun(3)
    asked = followed.ask()
    assert asked is not None
    followed.take("a3", entry(4))
    assert followed.found(asked, Position(offset=3, id="a3")) is Found.SAME

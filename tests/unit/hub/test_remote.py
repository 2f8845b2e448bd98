"""What is kept of that which other nodes tell."""

from __future__ import annotations

import pytest

from straks.hub.remote import MEMBERS, Person, Remote

A, B = "conversation:a", "conversation:b"
VERA: Person = ("visitor:vera", None)
ANNA: Person = ("agent:anna", "Anna")
NODES = 256
PATIENCE = 5.0


@pytest.fixture
def remote() -> Remote:
    remote = Remote(patience=PATIENCE)
    remote.live(["one", "two"])
    return remote


def crowd(size: int) -> list[Person]:
    return [(f"visitor:{number}", None) for number in range(size)]


def test_the_last_word_of_each_node_counts(remote: Remote) -> None:
    assert remote.told(A, "one", 1, 1, [VERA])
    assert remote.told(A, "two", 1, 1, [ANNA])
    assert remote.people(A) == [VERA, ANNA]
    assert remote.told(A, "one", 1, 2, [])
    assert remote.people(A) == [ANNA]
    assert remote.people(B) == []


def test_what_is_told_again_does_not_show(remote: Remote) -> None:
    assert not remote.told(A, "one", 1, 1, [])
    assert remote.told(A, "one", 1, 2, [VERA])
    assert not remote.told(A, "one", 1, 3, [VERA])


@pytest.mark.parametrize("number", [4, 5])
def test_an_older_word_of_the_same_run_is_late(remote: Remote, number: int) -> None:
    remote.told(A, "one", 1, 5, [VERA])
    assert not remote.told(A, "one", 1, number, [])
    assert remote.people(A) == [VERA]


def test_another_run_of_a_node_begins_to_count_anew(remote: Remote) -> None:
    remote.told(A, "one", 1, 5, [VERA])
    assert remote.told(A, "one", 2, 1, [ANNA])
    assert remote.people(A) == [ANNA]


def test_who_is_told_of_before_their_node_is_seen_waits_for_that(remote: Remote) -> None:
    assert not remote.told(A, "three", 1, 1, [VERA])
    assert remote.people(A) == []
    assert remote.live(["one", "two", "three"]) == ([A], False)
    assert remote.people(A) == [VERA]


def test_the_people_of_a_node_go_with_it(remote: Remote) -> None:
    remote.told(A, "one", 1, 1, [VERA])
    remote.told(A, "two", 1, 1, [ANNA])
    assert remote.live(["two"]) == ([A], False)
    assert remote.people(A) == [ANNA]


def test_a_node_that_is_back_has_to_be_asked(remote: Remote) -> None:
    remote.told(A, "one", 1, 1, [VERA])
    remote.live(["two"])
    assert remote.live(["one", "two"]) == ([], True)
    assert remote.people(A) == []
    assert remote.live(["one", "two"]) == ([], False)
    remote.live(["two"])
    assert remote.live(["one", "two", *map(str, range(20))]) == ([], True)


def test_who_is_doubted_stays_for_a_while(remote: Remote) -> None:
    remote.told(A, "one", 1, 1, [VERA])
    assert remote.ask(A, 10.0)
    assert remote.expire(14.0) == ([], 1.0)
    assert remote.people(A) == [VERA]
    assert remote.expire(15.0) == ([A], None)
    assert remote.people(A) == []


def test_who_is_believed_stays_without_an_answer(remote: Remote) -> None:
    remote.told(A, "one", 1, 1, [VERA])
    remote.told(A, "two", 1, 1, [ANNA])
    remote.live(["one", "two"])
    assert remote.ask(A, 10.0)
    assert remote.expire(15.0, {"one"}) == ([A], None)
    assert remote.people(A) == [VERA]
    assert remote.ask(A, 15.0)
    assert remote.expire(20.0) == ([A], None)
    assert remote.people(A) == []


def test_who_answers_is_not_doubted(remote: Remote) -> None:
    remote.told(A, "one", 1, 1, [VERA])
    remote.told(A, "two", 1, 1, [ANNA])
    remote.ask(A, 10.0)
    remote.told(A, "one", 1, 2, [VERA])
    assert remote.expire(15.0) == ([A], None)
    assert remote.people(A) == [VERA]


def test_a_late_word_is_no_answer(remote: Remote) -> None:
    remote.told(A, "one", 1, 2, [VERA])
    remote.ask(A, 10.0)
    remote.told(A, "one", 1, 1, [VERA])
    remote.expire(15.0)
    assert remote.people(A) == []


def test_each_question_gives_time_to_answer(remote: Remote) -> None:
    remote.told(A, "one", 1, 1, [VERA])
    remote.ask(A, 10.0)
    remote.told(A, "one", 1, 2, [VERA])
    remote.ask(A, 14.0)
    assert remote.expire(15.0) == ([], 4.0)
    assert remote.people(A) == [VERA]
    assert remote.expire(19.0) == ([A], None)


def test_asking_again_gives_no_more_time(remote: Remote) -> None:
    remote.told(A, "one", 1, 1, [VERA])
    assert remote.ask(A, 10.0)
    assert not remote.ask(A, 14.0)
    assert remote.expire(15.0) == ([A], None)


def test_there_is_nothing_to_doubt_where_nobody_is(remote: Remote) -> None:
    assert not remote.ask(A, 10.0)
    assert remote.expire(15.0) == ([], None)


def test_what_is_forgotten_is_gone(remote: Remote) -> None:
    remote.told(A, "one", 1, 1, [VERA])
    remote.told(B, "one", 1, 2, [ANNA])
    assert sorted(remote.channels()) == [A, B]
    remote.forget(A)
    remote.forget(A)
    assert remote.people(A) == []
    assert remote.people(B) == [ANNA]
    assert remote.channels() == [B]


def test_a_channel_has_room_for_so_many(remote: Remote) -> None:
    remote.told(A, "one", 1, 1, crowd(MEMBERS - 1))
    remote.told(A, "two", 1, 1, [VERA, ANNA])
    assert remote.people(A)[-1] == VERA
    assert len(remote.people(A)) == MEMBERS
    remote.told(A, "one", 1, 2, crowd(MEMBERS + 1))
    assert len(remote.people(A)) == MEMBERS
    remote.told(A, "two", 1, 2, [])
    remote.told(A, "one", 1, 3, crowd(MEMBERS + 1))
    assert len(remote.people(A)) == MEMBERS


def test_of_nodes_that_are_not_seen_the_first_makes_room(remote: Remote) -> None:
    remote.told(A, "one", 1, 1, [ANNA])
    for number in range(NODES):
        remote.told(A, f"stranger-{number}", 1, 1, [VERA])
    remote.live(["one", "two", "stranger-0", f"stranger-{NODES - 1}"])
    assert remote.people(A) == [ANNA, VERA]


def test_of_too_many_nodes_that_live_the_last_are_not_kept(remote: Remote) -> None:
    names = [f"node-{number}" for number in range(NODES)]
    remote.live([*names, "one"])
    for name in names:
        remote.told(A, name, 1, 1, [VERA])
    assert not remote.told(B, "one", 1, 1, [ANNA])
    assert remote.people(B) == []


def test_not_every_node_that_went_is_remembered(remote: Remote) -> None:
    for number in range(NODES + 1):
        remote.live([f"node-{number}"])
    assert remote.live(["one"]) == ([], False)
    assert remote.live([f"node-{NODES - 1}"]) == ([], True)

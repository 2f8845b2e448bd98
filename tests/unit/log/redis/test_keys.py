"""The names of what is in Redis: where each lives, and that no two are the same."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st
from redis.crc import key_slot

from straks.log.redis.keys import (
    META,
    NODES,
    NOTES,
    PARTITIONS,
    TELL,
    channel_keys,
    cursors_key,
    feed_key,
    owner_key,
    probe_name,
    slot_of,
    wake_name,
)

CHANNELS = st.builds(
    "{}:{}".format,
    st.sampled_from(["conversation", "desk", "inbox", "app"]),
    st.text(st.characters(exclude_categories=()), max_size=20) | st.sampled_from("{}:{0}:a:log"),
)


def names_of(partition: int) -> list[str]:
    return [
        feed_key(partition),
        cursors_key(partition),
        owner_key(partition),
        wake_name(partition),
        probe_name(partition, "node"),
    ]


def slot(name: str) -> int:
    """Tell the slot as Redis does."""
    return key_slot(name.encode("utf-8", "surrogatepass"))


@given(CHANNELS)
def test_all_of_a_channel_lives_in_the_slot_of_its_partition(channel: str) -> None:
    partition, *names = channel_keys(channel)
    names = [name for name in names if name]
    assert 0 <= partition < PARTITIONS
    assert {slot(name) for name in [*names, *names_of(partition)]} == {slot_of(partition)}


@given(st.lists(CHANNELS, min_size=2, max_size=8, unique=True))
def test_no_two_things_have_the_same_name(channels: list[str]) -> None:
    names = [name for channel in channels for name in channel_keys(channel)[1:-1]]
    names += [name for partition in range(PARTITIONS) for name in names_of(partition)]
    names += [META, NODES, NOTES, TELL]
    assert len(set(names)) == len(names)


@given(st.text(max_size=20))
def test_a_conversation_and_its_desk_share_a_partition(ident: str) -> None:
    conversation, desk = channel_keys(f"conversation:{ident}"), channel_keys(f"desk:{ident}")
    assert conversation.partition == desk.partition


def test_partitions_live_in_different_slots() -> None:
    slots = {slot_of(partition) for partition in range(PARTITIONS)}
    assert len(slots) == PARTITIONS
    assert {slot(name) for name in (META, NODES, NOTES, TELL)} == {slot_of(0)}


def test_conversations_are_spread_evenly() -> None:
    found = Counter(channel_keys(f"conversation:{n:x}").partition for n in range(16_000))
    assert set(found) == set(range(PARTITIONS))
    assert max(found.values()) < 1.2 * min(found.values())


def test_the_names_are_those_of_what_is_stored_already() -> None:
    """Other ones would lose everything that there is."""
    assert PARTITIONS == 16
    assert channel_keys("conversation:a") == (
        3,
        "straks:{3}:conversation:a:log",
        "straks:{3}:conversation:a:state",
        "straks:{3}:conversation:a:marks",
        "straks:{3}:conversation:a:live",
        "straks:{3}:conversation:a:state",
    )
    assert channel_keys("desk:a").anchor == "straks:{3}:conversation:a:state"
    assert channel_keys("inbox:a").anchor == channel_keys("app:a").anchor == ""
    assert names_of(7)[:3] == ["straks:{7}:feed", "straks:{7}:cursors", "straks:{7}:owner"]
    assert (META, NODES) == ("straks:{0}:meta", "straks:{0}:nodes")

"""What the embedded log knows by heart, against its file."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from straks.log.limits import Limits
from straks.log.sqlite import SQLiteLog
from straks.log.sqlite_channels import ActiveChannels
from tests.support.logs import append, item

A, B, INBOX = "conversation:a", "conversation:b", "inbox:t"
LIMITS = Limits(keys=2, active_channels=2, active_keys=4)


@pytest.fixture
async def file(tmp_path: Path) -> AsyncIterator[sqlite3.Connection]:
    log = await SQLiteLog.open(tmp_path)
    await append(log, item(A, "k1", at=5, advances=True), item(A, "k2", at=9), item(B, "k1"))
    await append(log, *(item(INBOX, f"k{n}") for n in range(1, 6)))
    await log.close()
    connection = sqlite3.connect(tmp_path / "log.db")
    yield connection
    connection.close()


def test_a_cold_channel_is_read_from_its_rows(file: sqlite3.Connection) -> None:
    found = ActiveChannels(file, LIMITS).get([A, B, A])
    state = found[A]
    assert (state.offset, state.state, state.at) == (2, 1, 9)
    assert state.keys == {("visitor:v", "k1"): 1, ("visitor:v", "k2"): 2}
    assert found[B].offset == 1
    assert found[B].id != state.id > 0


def test_an_absent_channel_begins_at_nothing(file: sqlite3.Connection) -> None:
    state = ActiveChannels(file, LIMITS).get(["conversation:none"])["conversation:none"]
    assert (state.id, state.offset, state.state, state.keys) == (0, 0, 0, {})


def test_of_a_channel_without_end_the_last_keys_are_known(file: sqlite3.Connection) -> None:
    state = ActiveChannels(file, LIMITS).get([INBOX])[INBOX]
    assert state.offset == 5
    assert list(state.keys.values()) == [4, 5]
    state.use(("visitor:v", "k6"), 6)
    assert list(state.keys.values()) == [5, 6]


def test_only_what_was_kept_is_known_by_heart(file: sqlite3.Connection) -> None:
    active = ActiveChannels(file, LIMITS)
    states = active.get([A])
    assert len(active) == 0
    active.keep(states)
    assert active.get([A])[A] is states[A]
    active.forget([A, "conversation:none"])
    assert len(active) == 0
    assert active.get([A])[A] is not states[A]


def test_the_least_recently_written_goes_first(file: sqlite3.Connection) -> None:
    active = ActiveChannels(file, LIMITS)
    first = active.get([A, B])
    active.keep(first)
    active.keep(active.get([A]))  # written again
    active.keep(active.get(["conversation:c"]))
    assert len(active) == 2
    assert active.get([A])[A] is first[A]
    assert active.get([B])[B] is not first[B]


def test_keys_are_bounded_in_all(file: sqlite3.Connection) -> None:
    active = ActiveChannels(file, LIMITS)
    state = active.get([A])
    active.keep(active.get([B]))
    active.keep(state)
    state[A].use(("visitor:v", "k3"), 3)
    state[A].use(("visitor:v", "k4"), 4)  # four, and the one of the other channel
    active.keep(state)
    assert len(active) == 1
    assert active.get([A])[A] is state[A]
    state[A].use(("visitor:v", "k5"), 5)  # too many for any memory
    active.keep(state)
    assert len(active) == 0

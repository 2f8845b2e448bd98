"""Signals of one tick."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from straks.accounts.principals import Principal
from straks.hub.signals import Signals

VERA = Principal(kind="visitor", id="vera")
ANNA = Principal(kind="agent", id="anna")


class Turns:
    def __init__(self) -> None:
        self.soon: list[Callable[[], object]] = []

    def call_soon(self, callback: Callable[[], object], /) -> None:
        self.soon.append(callback)


def test_the_latest_of_a_kind_wins() -> None:
    turns, told = Turns(), []

    def deliver(channel: str, sender: Principal, kind: str, data: dict[str, Any]) -> None:
        told.append((channel, sender.id, kind, data))

    signals = Signals(deliver, turns)
    signals.put("conversation:a", VERA, "typing", {"on": True})
    signals.put("conversation:a", ANNA, "typing", {"on": True})
    signals.put("conversation:a", VERA, "typing", {"on": False})
    assert told == []
    assert len(turns.soon) == 1
    turns.soon.pop()()
    assert told == [
        ("conversation:a", "vera", "typing", {"on": False}),
        ("conversation:a", "anna", "typing", {"on": True}),
    ]


def test_too_many_are_dropped() -> None:
    turns, told = Turns(), []
    signals = Signals(lambda *what: told.append(what), turns, capacity=2)
    for name in "abc":
        signals.put(f"desk:{name}", ANNA, "viewing", {"on": True})
    turns.soon.pop()()
    assert [what[0] for what in told] == ["desk:a", "desk:b"]

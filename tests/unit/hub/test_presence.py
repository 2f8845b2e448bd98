"""Who is here, and who only reloads the page."""

from __future__ import annotations

from straks.accounts.principals import Principal
from straks.hub.presence import Presence

VERA = Principal(kind="visitor", id="vera")


def presence() -> tuple[Presence, list[str]]:
    changes: list[str] = []
    return Presence(grace=5.0, changed=changes.append), changes


def test_two_tabs_are_one_person() -> None:
    here, changes = presence()
    here.enter("c", VERA)
    here.enter("c", VERA)
    assert here.people("c") == [VERA]
    here.leave("c", VERA, 0.0)
    assert here.expire(100.0) is None
    assert here.count("c") == 1
    assert changes == ["c"]


def test_a_reload_goes_unnoticed() -> None:
    here, changes = presence()
    here.enter("c", VERA)
    here.leave("c", VERA, 0.0)
    here.enter("c", VERA)
    here.expire(100.0)
    assert here.count("c") == 1
    assert changes == ["c"]


def test_who_stays_away_is_gone_after_the_grace() -> None:
    here, changes = presence()
    here.enter("c", VERA)
    here.leave("c", VERA, 10.0)
    assert here.expire(10.0) == 5.0
    assert here.count("c") == 1
    assert here.expire(15.0) is None
    assert here.count("c") == 0
    assert changes == ["c", "c"]


def test_the_grace_starts_anew_with_the_last_departure() -> None:
    here, changes = presence()
    here.enter("c", VERA)
    here.leave("c", VERA, 0.0)
    here.enter("c", VERA)
    here.leave("c", VERA, 3.0)
    assert here.expire(6.0) == 2.0
    assert here.count("c") == 1
    here.expire(8.0)
    assert here.count("c") == 0
    assert changes == ["c", "c"]

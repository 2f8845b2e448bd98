"""Which day it is."""

from __future__ import annotations

import datetime
import time
from collections.abc import Iterator

import pytest

from straks.answers.validity import today
from straks.clock import ManualClock

# 2026-11-30, 11:30 in London.
NOON = ManualClock(now_ms=1_796_038_200_000)


@pytest.fixture(autouse=True)
def zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("zone_name", "day"), [("UTC", 30), ("Pacific/Kiritimati", 1), ("Etc/GMT+12", 29)]
)
def test_the_day_is_the_one_where_the_server_stands(
    monkeypatch: pytest.MonkeyPatch, zone_name: str, day: int
) -> None:
    monkeypatch.setenv("TZ", zone_name)
    time.tzset()
    assert today(NOON) == datetime.date(2026, 12 if day == 1 else 11, day)

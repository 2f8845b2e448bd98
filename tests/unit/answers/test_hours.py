"""Opening hours in words."""

from __future__ import annotations

import datetime
from zoneinfo import ZoneInfo

import pytest

from straks.answers.hours import HOURS, HoursError, OpeningHours

SHOP = OpeningHours.read(
    {
        "time_zone": "Europe/Copenhagen",
        "mon-thu": "9:00-12:00, 13:00-17:00",
        "fri": "9:00-15:30",
        "sat": "closed",
        "2026-12-24": "closed",
        "2026-12-25": "closed",
    }
)


def at(day: int, hour: int, minute: int = 0) -> float:
    """A time of December 2026 there; the 21st is a Monday."""
    there = ZoneInfo("Europe/Copenhagen")
    return datetime.datetime(2026, 12, day, hour, minute, tzinfo=there).timestamp()


@pytest.mark.parametrize(
    ("time", "said"),
    [
        (at(21, 8, 59), "We are closed now and open again on Monday 9:00."),
        (at(21, 9), "We are open until 12:00."),
        (at(21, 12), "We are closed now and open again on Monday 13:00."),
        (at(21, 16, 59), "We are open until 17:00."),
        (at(23, 17), "We are closed now and open again on Monday 9:00."),
        (at(25, 10), "We are closed now and open again on Monday 9:00."),
    ],
)
def test_it_is_open_or_it_opens_again(time: float, said: str) -> None:
    assert SHOP.values(time, "en")["open_now"] == said


@pytest.mark.parametrize(
    ("lang", "next_time", "listed"),
    [
        ("en", "Monday 9:00", "Monday–Thursday 9:00–12:00 13:00–17:00, Friday 9:00–15:30"),
        ("da-DK", "mandag 9:00", "mandag–torsdag 9:00–12:00 13:00–17:00, fredag 9:00–15:30"),
        ("fi", "Monday 9:00", "Monday–Thursday 9:00–12:00 13:00–17:00, Friday 9:00–15:30"),
    ],
)
def test_they_are_told_in_the_language_of_the_answer(
    lang: str, next_time: str, listed: str
) -> None:
    values = SHOP.values(at(25, 16), lang)
    assert values.keys() == HOURS
    assert (values["opens_at"], values["opening_hours"]) == (next_time, listed)


@pytest.mark.parametrize("lang", ["sv", "nb", "nl", "pl"])
def test_every_language_has_all_days(lang: str) -> None:
    always = OpeningHours.read({"mon-sun": "0:00-24:00"})
    assert "Monday" not in always.values(at(21, 10), lang)["opening_hours"]
    assert "24:00" in always.values(at(21, 10), lang)["open_now"]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ({"time_zone": "Europe/Atlantis", "mon": "9:00-10:00"}, "no time zone"),
        ({"time_zone": "../../etc/passwd", "mon": "9:00-10:00"}, "no time zone"),
        ({"time_zone": "UTC"}, "no day of the week"),
        ({"mon": "closed"}, "no day of the week"),
        ({"mon-fri": "9-5"}, "no hours like"),
        ({"fri-mon": "9:00-17:00"}, "no day like"),
        ({"day": "9:00-17:00"}, "no day like"),
        ({"mon": "17:00-9:00"}, "no hours of one day"),
        ({"mon": "9:60-10:00"}, "no hours of one day"),
        ({"mon": "9:00-12:00, 11:00-13:00"}, "not in order"),
        ({"mon": "9:00-12:00", "2026-02-30": "closed"}, "no date"),
    ],
)
def test_mistakes_are_told(written: dict[str, str], message: str) -> None:
    with pytest.raises(HoursError, match=message):
        OpeningHours.read(written)

"""When the business is open, told in the visitor's language."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from straks.answers import languages

__all__ = ["HOURS", "HoursError", "OpeningHours"]

HOURS: Final = frozenset({"open_now", "opens_at", "opening_hours"})
"""The variables that opening hours give."""

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_SPAN: Final = re.compile(r"(\d{1,2}):(\d\d)\s*[-–]\s*(\d{1,2}):(\d\d)", re.ASCII)
_AHEAD: Final = 60
"""Days that are looked at for the next opening."""

_WORDS: Final[Mapping[str, tuple[str, str, str]]] = {
    "en": (
        "We are open until {until}.",
        "We are closed now and open again on {at}.",
        "Monday Tuesday Wednesday Thursday Friday Saturday Sunday",
    ),
    "sv": (
        "Vi har öppet till {until}.",
        "Vi har stängt just nu och öppnar igen {at}.",
        "måndag tisdag onsdag torsdag fredag lördag söndag",
    ),
    "da": (
        "Vi har åbent til {until}.",
        "Vi har lukket lige nu og åbner igen {at}.",
        "mandag tirsdag onsdag torsdag fredag lørdag søndag",
    ),
    "nb": (
        "Vi har åpent til {until}.",
        "Vi har stengt akkurat nå og åpner igjen {at}.",
        "mandag tirsdag onsdag torsdag fredag lørdag søndag",
    ),
    "nl": (
        "We zijn open tot {until}.",
        "We zijn nu gesloten en gaan weer open op {at}.",
        "maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    ),
    "pl": (
        "Jesteśmy do dyspozycji do {until}.",
        "Teraz jest zamknięte; następne otwarcie: {at}.",
        "poniedziałek wtorek środa czwartek piątek sobota niedziela",
    ),
}


class HoursError(Exception):
    """The opening hours cannot be read."""


@dataclass(frozen=True, slots=True)
class _Span:
    """Minutes of a day, from and until."""

    begins: int
    ends: int

    def __str__(self) -> str:
        return f"{_clock(self.begins)}–{_clock(self.ends)}"


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """Hours for each day of the week, and for single days."""

    zone: ZoneInfo
    week: tuple[tuple[_Span, ...], ...]
    days: Mapping[datetime.date, tuple[_Span, ...]]

    @classmethod
    def read(cls, written: Mapping[str, str]) -> OpeningHours:
        """Read ``time_zone``, days (``mon``, ``mon-fri``) and dates, each with its hours.

        Raises:
            HoursError: something in it is none of these.
        """
        try:
            zone = ZoneInfo(written.get("time_zone", "UTC"))
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise HoursError(f"there is no time zone {written['time_zone'][:40]!r}") from None
        week: list[tuple[_Span, ...]] = [()] * 7
        days: dict[datetime.date, tuple[_Span, ...]] = {}
        for name, hours in written.items():
            if name == "time_zone":
                continue
            if name[:1].isdigit():
                days[_date(name)] = _spans(hours)
            else:
                for day in _weekdays(name):
                    week[day] = _spans(hours)
        if not any(week):
            raise HoursError("no day of the week has hours")
        return cls(zone, tuple(week), days)

    def values(self, at: float, lang: str) -> dict[str, str]:
        """Give the variables at a time (seconds since the epoch), in a language; else English."""
        language = languages.base(lang)
        open_until, closed, names = _WORDS.get(language, _WORDS["en"])
        days = names.split()
        now = datetime.datetime.fromtimestamp(at, self.zone)
        minute = now.hour * 60 + now.minute
        opens = self._next(now)
        opens_at = "" if opens is None else f"{days[opens[0]]} {_clock(opens[1])}"
        until = next((s.ends for s in self._of(now.date()) if s.begins <= minute < s.ends), None)
        values = {"opening_hours": self._listed(days)}
        if opens_at:
            values["opens_at"] = opens_at
        if until is not None:
            values["open_now"] = open_until.format(until=_clock(until))
        elif opens_at:
            values["open_now"] = closed.format(at=opens_at)
        return values

    def _of(self, day: datetime.date) -> tuple[_Span, ...]:
        return self.days.get(day, self.week[day.weekday()])

    def _next(self, now: datetime.datetime) -> tuple[int, int] | None:
        """Give weekday and minute at which it is opened next."""
        minute = now.hour * 60 + now.minute
        for ahead in range(_AHEAD):
            day = now.date() + datetime.timedelta(days=ahead)
            for span in self._of(day):
                if ahead or span.begins > minute:
                    return day.weekday(), span.begins
        return None

    def _listed(self, names: list[str]) -> str:
        return ", ".join(self._lines(names))

    def _lines(self, names: list[str]) -> Iterator[str]:
        first = 0
        for day in range(7):
            if day < 6 and self.week[day + 1] == self.week[first]:
                continue
            if self.week[first]:
                which = names[first] if first == day else f"{names[first]}–{names[day]}"
                yield f"{which} {' '.join(map(str, self.week[first]))}"
            first = day + 1


def _weekdays(name: str) -> range:
    first, _, last = name.lower().partition("-")
    last = last or first
    if first not in _DAYS or last not in _DAYS or _DAYS.index(first) > _DAYS.index(last):
        raise HoursError(f"{name[:40]!r} is no day like mon, mon-fri or 2026-12-24")
    return range(_DAYS.index(first), _DAYS.index(last) + 1)


def _date(name: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(name)
    except ValueError:
        raise HoursError(f"{name[:40]!r} is no date like 2026-12-24") from None


def _spans(hours: str) -> tuple[_Span, ...]:
    if hours.strip().lower() in {"closed", ""}:
        return ()
    spans = tuple(_span(part) for part in hours.split(","))
    if any(one.ends > other.begins for one, other in zip(spans, spans[1:], strict=False)):
        raise HoursError(f"the hours {hours[:60]!r} are not in order")
    return spans


def _span(part: str) -> _Span:
    match = _SPAN.fullmatch(part.strip())
    if match is None:
        raise HoursError(f"{part.strip()[:40]!r} are no hours like 9:00-17:00, or closed")
    hour, minute, last_hour, last_minute = map(int, match.groups())
    span = _Span(hour * 60 + minute, last_hour * 60 + last_minute)
    if max(minute, last_minute) > 59 or not span.begins < span.ends <= 24 * 60:
        raise HoursError(f"{part.strip()[:40]!r} are no hours of one day")
    return span


def _clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}"

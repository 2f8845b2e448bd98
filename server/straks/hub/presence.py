"""Who is connected, with a grace for those who are only reloading the page."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from straks.accounts.principals import Principal

__all__ = ["Presence"]


class _Stay:
    """One person in one place, with how many connections."""

    __slots__ = ("count", "until", "who")

    def __init__(self, who: Principal) -> None:
        self.who = who
        self.count = 1
        self.until = 0.0


class Presence:
    """Counts connections per person and place. Pure: times are passed in, in seconds.

    A place is a channel, or ``""`` for being connected at all. Whoever leaves is still counted
    for ``grace`` seconds; coming back in time goes unnoticed. Since the grace is the same for
    all, departures expire in the order they came: one queue, no timer per person.
    """

    def __init__(self, *, grace: float, changed: Callable[[str], None]) -> None:
        self._grace = grace
        self._changed = changed
        self._places: dict[str, tuple[_Stay, ...]] = {}
        """Tuples, since most have one person, and there are as many as conversations."""
        self._departures: deque[tuple[float, str, str]] = deque()

    def enter(self, place: str, who: Principal) -> None:
        """Count a connection of ``who``."""
        stay = self._find(place, who.sender)
        if stay is None:
            self._places[place] = (*self._places.get(place, ()), _Stay(who))
            self._changed(place)
        else:
            stay.count += 1

    def leave(self, place: str, who: Principal, now: float) -> None:
        """Take a connection away; the last one starts the grace."""
        stay = self._find(place, who.sender)
        assert stay is not None
        stay.count -= 1
        if stay.count == 0:
            stay.until = now + self._grace
            self._departures.append((stay.until, place, who.sender))

    def expire(self, now: float) -> float | None:
        """Let those go whose grace is over. Returns seconds until the next, None for nobody."""
        while self._departures and self._departures[0][0] <= now:
            _, place, sender = self._departures.popleft()
            self._go(place, sender, now)
        return self._departures[0][0] - now if self._departures else None

    def _go(self, place: str, sender: str, now: float) -> None:
        stay = self._find(place, sender)
        # Who came back and left again has a later departure in the queue.
        if stay is None or stay.count or stay.until > now:
            return
        left = tuple(other for other in self._places[place] if other is not stay)
        if left:
            self._places[place] = left
        else:
            del self._places[place]
        self._changed(place)

    def _find(self, place: str, sender: str) -> _Stay | None:
        for stay in self._places.get(place, ()):
            if stay.who.sender == sender:
                return stay
        return None

    def people(self, place: str) -> list[Principal]:
        """Who is in a place, in the order of their coming."""
        return [stay.who for stay in self._places.get(place, ())]

    def count(self, place: str) -> int:
        """How many people are in a place."""
        return len(self._places.get(place, ()))

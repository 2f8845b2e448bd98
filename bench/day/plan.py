"""Who comes when, and what they want: drawn from a seed."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

__all__ = ["TALKS", "Visit", "Wish", "busyness", "plan"]

TALKS: Final = (
    (
        "Hello, my parcel has not come yet. It was to be here on Tuesday, order 48151623.",
        "No, nobody was at the door. I have been at home all day.",
        "ok, and if it does not come tomorrow either?",
    ),
    ("the lamp i got flickers. can you help me", "yes, with the dimmer", "no, i have none there"),
    (
        "Hi! I'd like to change the address of an order that I placed an hour ago.",
        "Havnegade 12, 8000 Aarhus C. The number is 2342.",
    ),
    ("The glass was broken when I opened the box 😞", "I can send a picture", "A new one, please."),
    ("is it possible to get the big pendant in green, and when?",),
    (
        "you took the money twice!!",
        "the 3rd and the 4th, 129 each",
        "I just want it back",
        "how long does that take",
        "ok",
    ),
)
"""What people say to a person, where no file gives other texts."""

_CAMPAIGN: Final = (0.58, 0.60)
"""When in the day everybody gets the newsletter."""
_CAMPAIGN_FACTOR: Final = 5.0


class Wish(StrEnum):
    """What a visitor comes for."""

    LOOK = "look"
    """They have the page open, and say nothing."""
    ASK = "ask"
    """They ask, and read the canned answers."""
    PERSON = "person"
    """They ask, and then ask for a person, with whom they talk."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One visitor. Times are in seconds."""

    number: int
    at: float
    """From the beginning."""
    wish: Wish
    texts: tuple[str, ...]
    pauses: tuple[float, ...]
    """Before each text: reading, and thinking."""
    outages: tuple[float, ...]
    """For how long there is no network after each text; 0: there is."""
    stay: float
    """That the page is open after all is said."""


def busyness(time_of_day: float) -> float:
    """Give how busy it is, 1 on average without the campaign; ``time_of_day``: 0 to 1.

    Little in the night, most before noon and in the evening.
    """
    noon = math.exp(-(((time_of_day - 0.46) / 0.11) ** 2))
    evening = math.exp(-(((time_of_day - 0.83) / 0.08) ** 2))
    usual = (0.15 + 1.85 * noon + 1.5 * evening) / 0.723
    begin, end = _CAMPAIGN
    return usual * _CAMPAIGN_FACTOR if begin <= time_of_day < end else usual


def plan(
    seed: int,
    seconds: float,
    rate: float,
    *,
    questions: Sequence[str],
    talks: Sequence[Sequence[str]] = TALKS,
    day: float | None = None,
) -> Iterator[Visit]:
    """Draw the visits of some days, in the order of their arrival.

    The arrivals are a Poisson process whose rate follows the time of day.

    Args:
        seconds: for which people come.
        rate: arrivals a second, on average.
        questions: that have a canned answer.
        talks: what visitors say to a person, a conversation each.
        day: seconds that a day has; all of them without it.
    """
    rng = random.Random(seed)
    at, number = 0.0, 0
    # Drawn as densely as in the busiest moment, of which as many are left out as is quieter.
    highest = _HIGHEST * rate
    while (at := at + rng.expovariate(highest)) < seconds:
        if rng.random() * _HIGHEST > busyness(at / (day or seconds) % 1.0):
            continue
        yield _visit(rng, number, at, seconds, questions, talks)
        number += 1


_HIGHEST: Final = max(busyness(step / 1_000) for step in range(1_000)) * 1.01


def _visit(
    rng: random.Random,
    number: int,
    at: float,
    end: float,
    questions: Sequence[str],
    talks: Sequence[Sequence[str]],
) -> Visit:
    wish = rng.choices((Wish.LOOK, Wish.ASK, Wish.PERSON), (5, 3, 2))[0]
    texts: tuple[str, ...] = ()
    if wish is Wish.ASK:
        texts = tuple(rng.choices(questions, k=rng.randint(1, 3)))
    elif wish is Wish.PERSON:
        texts = tuple(rng.choice(talks))
    is_flaky = rng.random() < 0.2
    return Visit(
        number=number,
        at=at,
        wish=wish,
        texts=texts,
        pauses=tuple(min(3.0, rng.expovariate(2.0)) for _ in texts),
        outages=tuple(
            rng.uniform(0.1, 2.0) if is_flaky and rng.random() < 0.6 else 0.0 for _ in texts
        ),
        # At the end everybody leaves.
        stay=min(30.0, rng.expovariate(1 / 8), end - at),
    )

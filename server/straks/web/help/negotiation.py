"""Which language a browser wants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from straks.answers import languages

__all__ = ["best_language"]

_DEFAULT: Final = "en"
_MOST_WISHES: Final = 20


def best_language(header: str, available: Sequence[str]) -> str:
    """Pick one of ``available``, of which there is at least one, by an ``Accept-Language``.

    When it wishes for none of them: English if there is, else the first.
    """
    for wish in _wishes(header):
        if wish in available:
            return wish
    return _DEFAULT if _DEFAULT in available else available[0]


def _wishes(header: str) -> list[str]:
    weighed = []
    for part in header.split(",")[:_MOST_WISHES]:
        tag, *parameters = (piece.strip() for piece in part.split(";"))
        weight = _weight(parameters)
        if tag and weight > 0:
            weighed.append((weight, languages.base(tag)))
    return [lang for _, lang in sorted(weighed, key=lambda each: -each[0])]


def _weight(parameters: Sequence[str]) -> float:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                weight = float(value)
            except ValueError:
                return 0.0
            return weight if 0 <= weight <= 1 else 0.0
    return 1.0

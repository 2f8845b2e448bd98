"""Rounds become one figure and a ratio for each case and system."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, TypeAlias

from bench.compared.run import CASES

__all__ = ["Summary", "beside", "summarize"]

Rounds: TypeAlias = Sequence[Mapping[str, Any] | None]

_OVER_REDIS = frozenset({"straks-redis", "ws", "socketio", "socketio-python", "centrifugo"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One system in one case."""

    figure: float
    """Median of the rounds."""
    ratio: float | None
    """How many times better Straks is, median of the rounds; None: this is Straks."""
    lowest: float | None
    highest: float | None

    @property
    def is_ahead(self) -> bool:
        """Whether this system is better than Straks, beyond the spread of the rounds."""
        return self.highest is not None and self.highest < 1


def beside(system: str) -> str:
    """Name the Straks that a system is compared with: the one that keeps its log alike."""
    return "straks-redis" if system in _OVER_REDIS else "straks-sqlite"


def summarize(case: str, rows: Mapping[str, Rounds]) -> dict[str, Summary]:
    """Compare each system with Straks in the same round."""
    known = CASES[case]
    found: dict[str, Summary] = {}
    for system, rounds in rows.items():
        values = [float(row[known.figure]) for row in rounds if row and known.figure in row]
        if not values:
            continue
        ours = rows.get(beside(system), ())
        ratios = sorted(
            _ratio(float(mine[known.figure]), float(row[known.figure]), known.lower_is_better)
            for mine, row in zip(ours, rounds, strict=False)
            if mine and row and known.figure in mine and known.figure in row
        )
        is_straks = system.startswith("straks")
        found[system] = Summary(
            figure=median(values),
            ratio=None if is_straks or not ratios else median(ratios),
            lowest=None if is_straks or not ratios else ratios[0],
            highest=None if is_straks or not ratios else ratios[-1],
        )
    return found


def _ratio(ours: float, theirs: float, lower_is_better: bool) -> float:
    if lower_is_better:
        ours, theirs = theirs, ours
    return ours / max(theirs, 1e-9)

"""Rounds become one figure and a ratio for each system."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any, TypeAlias, TypeGuard

from bench.compared.cases import Figure

__all__ = ["Rounds", "Summary", "beside", "summarize"]

Rounds: TypeAlias = Sequence[Mapping[str, Any] | None]

_OVER_REDIS = frozenset({"straks-redis", "ws", "socketio", "socketio-python", "centrifugo"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """One system in one case."""

    figure: float
    """Median of the rounds, or the best of them."""
    ratio: float | None
    """How many times better Straks is; None: this is Straks, or there is nothing beside it.

    Where the median counts, the median of the ratios in each round; else the best beside the best.
    """
    lowest: float | None
    """Ratio of a round."""
    highest: float | None

    @property
    def is_ahead(self) -> bool:
        """Whether this system is better than Straks."""
        return self.ratio is not None and self.ratio < 1

    @property
    def is_certain(self) -> bool:
        """Whether each round says the same of who is better."""
        if self.lowest is None or self.highest is None:
            return False
        return self.highest < 1 if self.is_ahead else self.lowest >= 1


def beside(system: str) -> str:
    """Name the Straks that a system is compared with: the one that keeps its log alike."""
    return "straks-redis" if system in _OVER_REDIS else "straks-sqlite"


def summarize(
    figure: Figure,
    rows: Mapping[str, Rounds],
    ours_beside: Callable[[str], str] = beside,
) -> dict[str, Summary]:
    """Compare each system with Straks in the same round."""
    found: dict[str, Summary] = {}
    for system, rounds in rows.items():
        values = _values(figure, rounds)
        if not values:
            continue
        ours = rows.get(ours_beside(system), ())
        ratios = sorted(
            _ratio(figure, float(mine[figure.field]), float(row[figure.field]))
            for mine, row in zip(ours, rounds, strict=False)
            if _has(mine, figure) and _has(row, figure)
        )
        value = _one(figure, values)
        ratio: float | None = None
        if not system.startswith("straks") and ratios:
            ratio = median(ratios)
            if figure.best_round:
                ratio = _ratio(figure, _one(figure, _values(figure, ours)), value)
        found[system] = Summary(
            figure=value,
            ratio=ratio,
            lowest=None if ratio is None else ratios[0],
            highest=None if ratio is None else ratios[-1],
        )
    return found


def _values(figure: Figure, rounds: Rounds) -> list[float]:
    return [float(row[figure.field]) for row in rounds if _has(row, figure)]


def _has(row: Mapping[str, Any] | None, figure: Figure) -> TypeGuard[Mapping[str, Any]]:
    """Whether a round gave a figure; nothing at all in a round is none, and has no ratio."""
    return row is not None and bool(row.get(figure.field))


def _one(figure: Figure, values: Sequence[float]) -> float:
    if not figure.best_round:
        return median(values)
    return min(values) if figure.lower_is_better else max(values)


def _ratio(figure: Figure, ours: float, theirs: float) -> float:
    if figure.lower_is_better:
        ours, theirs = theirs, ours
    return ours / max(theirs, 1e-9)

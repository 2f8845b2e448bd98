"""A run beside an earlier one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any

from bench.compared.cases import CASES, Figure
from bench.report.summary import Rounds

__all__ = ["compare"]

_NOISE = 0.15
"""Differences of less are not told from noise on shared machines (reading/stack.md)."""


def compare(now: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[str]:
    """Tell of each figure and system that both have how it changed, and mark what is worse."""
    for case, rows in now["results"].items():
        for system, rounds in rows.items():
            earlier = before["results"].get(case, {}).get(system, ())
            for figure in CASES[case].figures:
                old, new = _values(figure, earlier), _values(figure, rounds)
                if old and new:
                    name = f"{case} {figure.label}" if figure.label else case
                    yield f"{name}, {system}: {_change(figure, old, new)}"


def _change(figure: Figure, old: list[float], new: list[float]) -> str:
    was, now = (median(old), median(new)) if not figure.best_round else (min(old), min(new))
    change = now / max(was, 1e-9)
    if figure.lower_is_better:
        worse = change > 1 + _NOISE and min(new) > max(old)
    else:
        worse = change < 1 - _NOISE and max(new) < min(old)
    return f"{was:,.2f} → {now:,.2f} ({change:.2f}){'  WORSE' if worse else ''}"


def _values(figure: Figure, rounds: Rounds) -> list[float]:
    return [float(row[figure.field]) for row in rounds if row and figure.field in row]

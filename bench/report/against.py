"""A run beside an earlier one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any

from bench.compared.run import CASES
from bench.report.summary import Rounds

__all__ = ["compare"]

_NOISE = 0.15
"""Differences of less are not told from noise on shared machines (reading/stack.md)."""


def compare(now: Mapping[str, Any], before: Mapping[str, Any]) -> Iterator[str]:
    """Tell of each case and system that both have how it changed, and mark what is worse."""
    for case, rows in now["results"].items():
        for system, rounds in rows.items():
            old = _values(case, before["results"].get(case, {}).get(system, ()))
            new = _values(case, rounds)
            if not old or not new:
                continue
            change = median(new) / max(median(old), 1e-9)
            if CASES[case].lower_is_better:
                worse = change > 1 + _NOISE and min(new) > max(old)
            else:
                worse = change < 1 - _NOISE and max(new) < min(old)
            mark = "  WORSE" if worse else ""
            yield f"{case}, {system}: {median(old):,.2f} → {median(new):,.2f} ({change:.2f}){mark}"


def _values(case: str, rounds: Rounds) -> list[float]:
    figure = CASES[case].figure
    return [float(row[figure]) for row in rounds if row and figure in row]

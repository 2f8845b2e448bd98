"""Figures for people and for programs."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

__all__ = ["percentile", "percentiles", "show"]


def percentile(ordered: Sequence[float], share: float) -> float:
    """The nearest-rank percentile of an ordered sequence; 0 when it is empty."""
    if not ordered:
        return 0.0
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def percentiles(seconds: Sequence[float], prefix: str = "") -> dict[str, float]:
    """p50, p95 and p99 in milliseconds."""
    ordered = sorted(seconds)
    return {
        f"{prefix}p{share}_ms": round(percentile(ordered, share / 100) * 1000, 3)
        for share in (50, 95, 99)
    }


def show(rows: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    """Print a table of one column a run; with ``as_json`` the last row as JSON on the last line."""
    table = Table(show_header=False)
    for name in dict.fromkeys(name for row in rows for name in row):
        table.add_row(name, *(_cell(row.get(name)) for row in rows))
    Console().print(table)
    if as_json:
        print(json.dumps(rows[-1]))


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.3f}" if value < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str("" if value is None else value)

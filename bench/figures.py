"""Figures for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

__all__ = ["show"]

_WIDEST = 10_000


def show(rows: Sequence[Mapping[str, Any]], *, as_json: bool) -> None:
    """Print a table of one column a run; with ``as_json`` the last row as JSON on the last line.

    Where it would be wider than the terminal, each run has a table of its own.
    """
    console, table = Console(), _table(rows)
    fits = console.measure(table, options=console.options.update(max_width=_WIDEST))
    if fits.maximum <= console.width:
        console.print(table)
    else:
        console.print(*(_table([row]) for row in rows), sep="\n")
    if as_json:
        print(json.dumps(rows[-1]))


def _table(rows: Sequence[Mapping[str, Any]]) -> Table:
    table = Table(show_header=False)
    for name in dict.fromkeys(name for row in rows for name in row):
        table.add_row(name, *(_cell(row.get(name)) for row in rows))
    return table


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.3f}" if value < 100 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str("" if value is None else value)

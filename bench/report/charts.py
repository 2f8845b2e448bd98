"""A picture of each case."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.compared.cases import CASES
from bench.peers.catalog import SYSTEMS
from bench.report.summary import summarize

__all__ = ["draw"]

_OURS, _THEIRS = "#0b6e4f", "#9aa5b1"


def draw(results: Mapping[str, Any], folder: Path) -> list[Path]:
    """Draw a bar for each system, one picture a case, as SVG and PNG; give their paths."""
    # It takes a second to import, and is needed at the very end.
    from matplotlib.figure import Figure

    made: list[Path] = []
    for case, rows in results.items():
        figure_of_case = CASES[case].figures[0]
        found = summarize(figure_of_case, rows)
        if not found:
            continue
        names = [name for name in SYSTEMS if name in found][::-1]
        figure = Figure(figsize=(7, 0.45 * len(names) + 1.2), layout="constrained")
        axes = figure.subplots()
        colours = [_OURS if name.startswith("straks") else _THEIRS for name in names]
        bars = axes.barh(
            [SYSTEMS[name].name for name in names],
            [found[name].figure for name in names],
            color=colours,
        )
        less = figure_of_case.lower_is_better
        axes.bar_label(bars, fmt="{:,.2f}" if less else "{:,.0f}", padding=4)
        title = ", ".join(filter(None, (CASES[case].title, figure_of_case.label)))
        axes.set_title(title, loc="left", fontsize=11)
        axes.set_xlabel(f"{figure_of_case.unit}; {'less' if less else 'more'} is better")
        axes.spines[["top", "right"]].set_visible(False)
        axes.margins(x=0.12)
        for kind in ("svg", "png"):
            path = folder / f"{case}.{kind}"
            figure.savefig(path)
            made.append(path)
    return made

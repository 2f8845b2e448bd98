"""How long all but a few had to wait: latency by percentile, of each system in one picture."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bench.compared.cases import CASES
from bench.latency import CURVE, Latencies
from bench.peers.catalog import SYSTEMS
from bench.report.summary import Rounds

__all__ = ["curves", "draw_curves"]

_OURS: Final = {"straks-sqlite": "#0b6e4f", "straks-redis": "#3fae85"}
_THEIRS: Final = ("#5b6672", "#9aa5b1", "#b5651d", "#7a5ea8", "#2f6fb3", "#c2455d")
_DASHES: Final = ("--", ":", "-.")


def curves(rows: Mapping[str, Rounds]) -> dict[str, list[float]]:
    """Give the milliseconds at each percentile of :data:`bench.latency.CURVE`, by system.

    They are of the system's best round, that with the lowest p99; one that has no latencies at
    all is left out.
    """
    found: dict[str, list[float]] = {}
    for name in SYSTEMS:
        packed = [
            row["histograms"][""] for row in rows.get(name, ()) if row and "histograms" in row
        ]
        if packed:
            rounds = [Latencies.unpacked(each) for each in packed]
            found[name] = min(rounds, key=lambda waits: waits.percentile(99)).curve()
    return found


def draw_curves(results: Mapping[str, Any], folder: Path) -> list[Path]:
    """Draw one picture for each case that has latencies, as SVG and PNG; give their paths."""
    # It takes a second to import, and is needed at the very end.
    from matplotlib.figure import Figure

    made: list[Path] = []
    for case, rows in results.items():
        found = curves(rows)
        if not found:
            continue
        figure = Figure(figsize=(7, 4.2), layout="constrained")
        axes = figure.subplots()
        for name, curve in found.items():
            axes.plot(range(len(CURVE)), curve, label=SYSTEMS[name].name, **_style(name))
        axes.set_xticks(range(len(CURVE)), [f"p{share:g}" for share in CURVE])
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter("{x:g}")
        axes.set_ylabel("milliseconds (logarithmic); less is better")
        axes.set_title(f"{CASES[case].title}, each system's best round", loc="left", fontsize=11)
        axes.grid(visible=True, axis="y", alpha=0.3)
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False, fontsize=8)
        for kind in ("svg", "png"):
            path = folder / f"{case}-percentiles.{kind}"
            figure.savefig(path)
            made.append(path)
    return made


def _style(system: str) -> dict[str, Any]:
    """Give a system the same looks in all pictures."""
    if system in _OURS:
        return {"color": _OURS[system], "linewidth": 2.4}
    number = [name for name in SYSTEMS if name not in _OURS].index(system)
    return {
        "color": _THEIRS[number % len(_THEIRS)],
        "linestyle": _DASHES[number % len(_DASHES)],
        "linewidth": 1.5,
    }

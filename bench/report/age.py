"""What age costs: a page, a picture and the figures."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["page", "write"]

_COLOURS = {
    "message": "#0b6e4f", "old message": "#3fa34d", "open": "#1f77b4", "come back": "#b5651d",
    "look up": "#d4a017", "reopen": "#7b4fa3", "inbox": "#9aa5b1",
}  # fmt: skip


def write(result: Mapping[str, Any], folder: Path) -> None:
    """Write ``age.json``, ``age.md`` and the picture.

    Raises:
        OSError: the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "age.json").write_text(json.dumps(result, indent=1))
    (folder / "age.md").write_text(page(result))
    _draw(result, folder)


def page(result: Mapping[str, Any]) -> str:
    """Write the page."""
    return "\n".join(_lines(result)) + "\n"


def _lines(result: Mapping[str, Any]) -> Iterator[str]:
    sizes, cpu = result["sizes"], result["cpu_ratio"]
    yield "## The cost of age"
    yield ""
    yield f"`{result['command']}`, {result['at']}, on commit {result['machine']['commit']}:"
    yield f"{result['rate']:,.0f} things a second beside so many stored conversations, servers of"
    yield "all sizes loaded in turn. Milliseconds, p50 / p99, medians of the rounds. The ratio is"
    yield "of p50 beside the most to that beside the fewest in the same round (lowest–highest)."
    yield ""
    yield f"| | {' | '.join(f'{int(count):,}' for count in sizes)} | ratio |"
    yield "|---" * (len(sizes) + 2) + "|"
    for kind, ratio in result["ratios"].items():
        cells = [_shares(size["waits_ms"][kind]) for size in sizes.values()]
        yield f"| {kind} | {' | '.join(cells)} | {_spread(ratio)} |"
    cells = [f"{size['server_cpu_ms']:.3f}" for size in sizes.values()]
    yield f"| the server's processor, ms for each | {' | '.join(cells)} | {_spread(cpu)} |"
    for name, title in (
        ("start_s", "start, seconds"),
        ("start_uss_mib", "memory when started, MiB"),
        ("end_uss_mib", "memory at the end, MiB"),
        ("data_mib", "data, MiB"),
    ):
        cells = [f"{size[name]:,.1f}" for size in sizes.values()]
        yield f"| {title} | {' | '.join(cells)} | |"
    if behind := sum(one["behind"] for size in sizes.values() for one in size["rounds"]):
        yield ""
        yield f"In {behind} rounds the load itself was late; they are left out."
    yield ""
    yield "![p50 over the number of stored conversations](age.svg)"


def _shares(waits: Mapping[str, float | None]) -> str:
    """Give p50 and p99, unless the load never kept its pace: then they mean nothing."""
    p50, p99 = waits["p50"], waits["p99"]
    return "–" if p50 is None or p99 is None else f"{p50:.2f} / {p99:.2f}"


def _spread(ratio: Mapping[str, float] | None) -> str:
    if ratio is None:
        return "–"
    return f"{ratio['median']:.2f} ({ratio['lowest']:.2f}–{ratio['highest']:.2f})"


def _draw(result: Mapping[str, Any], folder: Path) -> None:
    # It takes a second to import, and is needed at the very end.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    counts = [int(count) for count in result["sizes"]]
    known = False
    for kind, colour in _COLOURS.items():
        p50s = [size["waits_ms"][kind]["p50"] for size in result["sizes"].values()]
        values = [math.nan if p50 is None else p50 for p50 in p50s]
        known = known or not all(map(math.isnan, values))
        axes.plot(counts, values, marker="o", color=colour, label=kind)
    axes.set_xscale("log")
    if known:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter("{x:g}")
    axes.set_title("Cost of age", loc="left", fontsize=11)
    axes.set_xlabel("stored conversations")
    axes.set_ylabel("p50, milliseconds; less is better")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8)
    for kind in ("svg", "png"):
        figure.savefig(folder / f"age.{kind}")

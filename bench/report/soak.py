"""Memory over time: the figures and a picture."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["write"]


def write(result: Mapping[str, Any], folder: Path) -> None:
    """Write ``soak.json`` and the picture.

    Raises:
        OSError: the folder cannot be written.
    """
    # It takes a second to import, and is needed at the very end.
    from matplotlib.figure import Figure

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "soak.json").write_text(json.dumps(result, indent=1))
    samples = result["samples"]
    minutes = [sample["at"] / 60 for sample in samples]
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    for name, title, colour in (("rss_kib", "RSS", "#9aa5b1"), ("uss_kib", "USS", "#0b6e4f")):
        axes.plot(minutes, [sample[name] / 1024 for sample in samples], color=colour, label=title)
    axes.axvline(result["warm_up_s"] / 60, color="#d4a017", linestyle=":", label="end of warm-up")
    axes.set_ylim(bottom=0)
    axes.set_title("Memory of the server over time", loc="left", fontsize=11)
    axes.set_xlabel("minutes")
    axes.set_ylabel("MiB")
    axes.spines["top"].set_visible(False)
    others = axes.twinx()
    others.plot(
        minutes, [sample["connections"] for sample in samples], color="#1f77b4", linewidth=0.8,
        label="connections",
    )  # fmt: skip
    others.plot(
        minutes, [sample["stored"] for sample in samples], color="#b5651d", linewidth=0.8,
        label="conversations",
    )  # fmt: skip
    others.set_ylim(bottom=0)
    others.spines["top"].set_visible(False)
    figure.legend(loc="outside lower center", ncols=5, frameon=False, fontsize=8)
    for kind in ("svg", "png"):
        figure.savefig(folder / f"soak.{kind}")

"""What is measured by itself, as a part of the page: the edge, and a question's answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from bench.peers.edge import PEERS

__all__ = ["edge_lines", "question_lines"]

_EDGE: Final = {
    "per_cpu_s": ("requests a second of the server's CPU", "ratio"),
    "p50_ms": ("p50, ms", "ratio_p50"),
    "p99_ms": ("best-round p99, ms", "ratio_p99"),
}
_QUESTION: Final = {
    "rate": "answers a second",
    "p50_ms": "p50, ms",
    "p99_ms": "p99, ms",
    "p999_ms": "p99.9, ms",
    "late_p99_ms": "p99 lateness of the load, ms",
    "load_cpu": "core that the load took",
    "lost": "lost",
    "duplicated": "duplicated",
    "unknown": "not known",
}


def edge_lines(title: str, rows: Sequence[Mapping[str, Any]], *, paced: bool) -> Iterator[str]:
    """Tell of a run of ``edge``; ``paced``: at a fixed rate, so that time is compared."""
    figures = [name for name in _EDGE if (name == "per_cpu_s") != paced]
    ours, theirs = rows[-1], {row["server"]: row for row in rows[:-1]}
    yield f"## {title}"
    yield ""
    yield f"| | {' | '.join(_EDGE[name][0] for name in figures)} |"
    yield "|---" * (len(figures) + 1) + "|"
    yield f"| Straks | {' | '.join(_figure(ours, name) for name in figures)} |"
    for name, peer in PEERS.items():
        if name in ours:
            yield f"| {peer.name} | {' | '.join(['not run'] * len(figures))} |"
            continue
        row = theirs[peer.name]
        cells = [_beside(row, ours, each, f"{peer.prefix}{_EDGE[each][1]}") for each in figures]
        yield f"| {peer.name} | {' | '.join(cells)} |"
    yield ""
    for name, peer in PEERS.items():
        if name in ours:
            yield f"{peer.name} was {ours[name]}."
    if paced:
        reasons = {row["server"]: row["latency"] for row in rows if "latency" in row}
        yield from (f"{server}, {reason}." for server, reason in reasons.items())
    yield ""


def _beside(row: Mapping[str, Any], ours: Mapping[str, Any], figure: str, ratio: str) -> str:
    if ratio not in ours:
        return _figure(row, figure)
    spread = f"{ours[f'{ratio}_min']:.2f}–{ours[f'{ratio}_max']:.2f}"
    return f"{_figure(row, figure)} ({ours[ratio]:.2f}; {spread})"


def _figure(row: Mapping[str, Any], name: str) -> str:
    if name not in row:
        return "refused"
    return f"{row[name]:,.0f}" if row[name] >= 100 else f"{row[name]:.3g}"


def question_lines(title: str, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Tell of runs of ``ask``, one for each log."""
    yield f"## {title}"
    yield ""
    yield f"| | {' | '.join(_QUESTION.values())} |"
    yield "|---" * (len(_QUESTION) + 1) + "|"
    for row in rows:
        cells = [_figure(row, name) for name in _QUESTION]
        yield f"| Straks on {row['backend']} | {' | '.join(cells)} |"
    yield ""
    for row in rows:
        if "latency" in row:
            yield f"On {row['backend']}, {row['latency']}."
    yield ""

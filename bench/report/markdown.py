"""The report as a page of Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bench.compared.run import CASES
from bench.peers.catalog import SYSTEMS
from bench.report.summary import Summary, summarize

__all__ = ["page"]


def page(report: Mapping[str, Any]) -> str:
    """Write the page of a report."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    yield "# Straks beside others"
    yield ""
    yield f"`{report['command']}`, {report['at']}, {report['rounds']} rounds, interleaved."
    yield ""
    for name, value in report["machine"].items():
        yield f"- {name}: {value}"
    yield ""
    yield from _table(report)
    yield ""
    yield "In brackets: how many times better Straks is than that system in the same round, median"
    yield "(lowest–highest); below 1, that system is better. Systems over Redis are compared with"
    yield "Straks on Redis, the others with Straks on SQLite."
    yield ""
    yield from _ahead(report["results"])
    yield "## Terms"
    yield ""
    yield "| system | acknowledged is durable | ordered | resumable | does not do |"
    yield "|---|---|---|---|---|"
    for system in SYSTEMS.values():
        terms = system.terms
        row = (system.name, terms.durable, terms.ordered, terms.resumable, terms.missing or "–")
        yield f"| {' | '.join(row)} |"
    yield ""
    if any(report["cannot"].values()):
        yield "## Cannot"
        yield ""
        for case, reasons in report["cannot"].items():
            for name, reason in reasons.items():
                yield f"- {SYSTEMS[name].name}, {CASES[case].title.lower()}: {reason}"
        yield ""
    if report["not_run"]:
        yield "## Not run"
        yield ""
        for name, reason in report["not_run"].items():
            yield f"- {SYSTEMS[name].name}: {reason}"
        yield ""
    if report["failed"]:
        yield "## Failed"
        yield ""
        for what, how in report["failed"].items():
            yield f"- {what}: `{how.strip().splitlines()[-1][:200]}`"
        yield ""


def _table(report: Mapping[str, Any]) -> Iterator[str]:
    summaries = {case: summarize(case, rows) for case, rows in report["results"].items()}
    systems = report["systems"]
    yield f"| | {' | '.join(SYSTEMS[name].name for name in systems)} |"
    yield "|---" * (len(systems) + 1) + "|"
    for case, found in summaries.items():
        cells = [
            _cell(found[name]) if name in found else _why_not(report, case, name)
            for name in systems
        ]
        yield f"| {CASES[case].title}, {CASES[case].unit} | {' | '.join(cells)} |"


def _why_not(report: Mapping[str, Any], case: str, system: str) -> str:
    if system in report["cannot"].get(case, ()):
        return "cannot"
    return "not run" if system in report["not_run"] else "failed"


def _cell(summary: Summary) -> str:
    figure = f"{summary.figure:,.0f}" if summary.figure >= 100 else f"{summary.figure:.2f}"
    if summary.ratio is None:
        return figure
    return f"{figure} ({summary.ratio:.2f}; {summary.lowest:.2f}–{summary.highest:.2f})"


def _ahead(results: Mapping[str, Any]) -> Iterator[str]:
    ahead = [
        f"- {SYSTEMS[name].name}: {CASES[case].title.lower()}, {1 / summary.ratio:.2f} times better"
        for case, rows in results.items()
        for name, summary in summarize(case, rows).items()
        if summary.ratio is not None and summary.is_ahead
    ]
    if ahead:
        yield "## Where another is ahead"
        yield ""
        yield from ahead
        yield ""

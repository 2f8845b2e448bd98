"""The report as a page of Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from bench.compared.cases import CASES, Figure
from bench.latency import CURVE
from bench.pace import LATE_P99
from bench.peers.catalog import SYSTEMS
from bench.report.curves import curves
from bench.report.scenarios import edge_lines, question_lines
from bench.report.summary import Summary, beside, summarize

__all__ = ["page"]

_LEGEND: Final = f"""\
In brackets: how many times better Straks is than that system, and in the single rounds
(lowest–highest); below 1, that system is better. Systems over Redis are compared with Straks on
Redis, the others with Straks on SQLite. Figures are medians of the rounds, their ratios medians of
the ratios within each round; of p99 the best round of each counts, because on a shared machine
the others are the machine's. Waits are counted from when a message was due, whether or not it
could be sent then; a round in which one send in a hundred was later than {LATE_P99 * 1000:g} ms is
repeated, and at last refused."""


def page(report: Mapping[str, Any]) -> str:
    """Write the page of a report."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Mapping[str, Any]) -> Iterator[str]:
    yield "# Straks beside others"
    yield ""
    yield f"`{report['command']}`, {report['at']}, {report['rounds']} rounds, interleaved."
    yield f"Where the rate is fixed, it is {report['rate']:g} messages a second."
    yield ""
    for name, value in report["machine"].items():
        yield f"- {name}: {value}"
    yield ""
    if report["results"]:
        yield from _table(report)
        yield ""
        yield _LEGEND
        yield ""
        yield from _ahead(report["results"])
    yield from _percentiles(report["results"])
    yield from _alone(report)
    yield "## Terms"
    yield ""
    yield "| system | acknowledged is durable | ordered | resumable | does not do |"
    yield "|---|---|---|---|---|"
    for system in SYSTEMS.values():
        terms = system.terms
        row = (system.name, terms.durable, terms.ordered, terms.resumable, terms.missing or "–")
        yield f"| {' | '.join(row)} |"
    yield ""
    yield from _section("Cannot", _cannot(report))
    yield from _section("Not run", _not_run(report))
    yield from _section("Refused", _refused(report["results"]))
    yield from _section("Failed", _failed(report))


def _section(title: str, lines: Iterator[str]) -> Iterator[str]:
    items = [f"- {line}" for line in lines]
    if items:
        yield from (f"## {title}", "", *items, "")


def _title(case: str, figure: Figure) -> str:
    return ", ".join(filter(None, (CASES[case].title, figure.label)))


def _table(report: Mapping[str, Any]) -> Iterator[str]:
    systems = report["systems"]
    yield f"| | {' | '.join(SYSTEMS[name].name for name in systems)} |"
    yield "|---" * (len(systems) + 1) + "|"
    for case, rows in report["results"].items():
        for figure in CASES[case].figures:
            found = summarize(figure, rows)
            cells = [
                _cell(found[name]) if name in found else _why_not(report, case, name)
                for name in systems
            ]
            yield f"| {_title(case, figure)}, {figure.unit} | {' | '.join(cells)} |"


def _cell(summary: Summary) -> str:
    figure = f"{summary.figure:,.0f}" if summary.figure >= 100 else f"{summary.figure:.2f}"
    if summary.ratio is None:
        return figure
    return f"{figure} ({summary.ratio:.2f}; {summary.lowest:.2f}–{summary.highest:.2f})"


def _why_not(report: Mapping[str, Any], case: str, system: str) -> str:
    if system in report["cannot"].get(case, ()):
        return "cannot"
    if system in report["not_run"]:
        return "not run"
    return "refused" if any(report["results"][case].get(system, ())) else "failed"


def _ahead(results: Mapping[str, Any]) -> Iterator[str]:
    yield "## Where another is ahead"
    yield ""
    nobody = True
    for case, rows in results.items():
        for figure in CASES[case].figures:
            for name, summary in summarize(figure, rows).items():
                if summary.ratio is None or not summary.is_ahead:
                    continue
                nobody = False
                certain = "in every round" if summary.is_certain else "though not in every round"
                durable = SYSTEMS[name].terms.durable
                yield (
                    f"- {SYSTEMS[name].name}: {_title(case, figure).lower()}, "
                    f"{1 / max(summary.ratio, 1e-9):.2f} times better than "
                    f"{SYSTEMS[beside(name)].name}, {certain}"
                    + (f" (durable: {durable})" if durable.startswith("no") else "")
                )
    if nobody:
        yield "Nowhere in this run."
    yield ""


def _percentiles(results: Mapping[str, Any]) -> Iterator[str]:
    for case, rows in results.items():
        found = curves(rows)
        if not found:
            continue
        yield f"## {CASES[case].title}: percentiles"
        yield ""
        yield f"Milliseconds, each system's best round (`{case}-percentiles.svg`). {_late(rows)}"
        yield ""
        yield f"| | {' | '.join(f'p{share:g}' for share in CURVE)} |"
        yield "|---" * (len(CURVE) + 1) + "|"
        for name, curve in found.items():
            yield f"| {SYSTEMS[name].name} | {' | '.join(f'{value:.3g}' for value in curve)} |"
        yield ""


def _late(rows: Mapping[str, Any]) -> str:
    told = [row for rounds in rows.values() for row in rounds if row and "histograms" in row]
    late = sorted(row["late_p99_ms"] for row in told)
    busy = max(row["load_cpu"] for row in told)
    return (
        f"The load's own p99 lateness, which is part of them, was {late[0]:.2f}–{late[-1]:.2f} ms; "
        f"it took at most {busy:.0%} of its core."
    )


def _alone(report: Mapping[str, Any]) -> Iterator[str]:
    alone = report["alone"]
    if "edge" in alone:
        yield from edge_lines("Request and reply at the edge", alone["edge"], paced=False)
    if "edge-latency" in alone:
        title = "Time of a request at the edge at a fixed rate"
        yield from edge_lines(title, alone["edge-latency"], paced=True)
    if "ask" in alone:
        yield from question_lines("A question and its canned answer, durable", alone["ask"])


def _cannot(report: Mapping[str, Any]) -> Iterator[str]:
    for case, reasons in report["cannot"].items():
        for name, reason in reasons.items():
            yield f"{SYSTEMS[name].name}, {CASES[case].title.lower()}: {reason}"


def _not_run(report: Mapping[str, Any]) -> Iterator[str]:
    for name, reason in report["not_run"].items():
        yield f"{SYSTEMS[name].name}: {reason}"


def _refused(results: Mapping[str, Any]) -> Iterator[str]:
    for case, rows in results.items():
        for name, rounds in rows.items():
            refused = [row["latency"] for row in rounds if row and "latency" in row]
            if refused:
                yield (
                    f"{SYSTEMS[name].name}, {CASES[case].title.lower()}: "
                    f"{len(refused)} of {len(rounds)} rounds, the last because "
                    f"{refused[-1].partition(': ')[2]}"
                )


def _failed(report: Mapping[str, Any]) -> Iterator[str]:
    for what, how in report["failed"].items():
        yield f"{what}: `{how.strip().splitlines()[-1][:200]}`"

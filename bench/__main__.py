"""Measure Straks from outside: ``python -m bench SCENARIO``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import uvloop

from bench import compare
from bench.aged.work import FEWEST
from bench.compared.cases import CASES
from bench.figures import show
from bench.files import BadFileError
from bench.load import PROCESSES, LoadFailedError
from bench.peers.catalog import SYSTEMS
from bench.scenarios import age, alone, answers, ask, edge, mixed, replay, soak, turn
from bench.server import CORES, StartFailedError, load_core, pin

SCENARIOS = {
    "age": age.run,
    "answers": answers.run,
    "ask": ask.run,
    "connect": alone.run_connect,
    "edge": edge.run,
    "fanout": alone.run_fanout,
    "idle": alone.run_idle,
    "mixed": mixed.run,
    "replay": replay.run,
    "soak": soak.run,
    "storm": alone.run_storm,
    "turn": turn.run,
}


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be above zero")
    return number


def _whole(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("must not be below zero")
    return number


def _positive(text: str) -> float:
    number = float(text)
    if not number > 0:
        raise argparse.ArgumentTypeError("must be above zero")
    return number


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--backend", choices=("sqlite", "redis"), default="sqlite")
    common.add_argument("--seconds", type=float, default=10.0, help="of measured load")
    common.add_argument("--rate", type=float, help="messages a second; closed loop without it")
    common.add_argument("--json", action="store_true", help="one JSON object on the last line")
    scenarios = parser.add_subparsers(dest="scenario", required=True)
    for name, run in SCENARIOS.items():
        doc = (
            run.__doc__ if run.__module__ == alone.__name__ else sys.modules[run.__module__].__doc__
        )
        one = scenarios.add_parser(name, parents=[common], help=doc, description=doc)
        if name in ("ask", "edge", "turn"):
            one.add_argument("--processes", type=_count, default=PROCESSES, help="of the load")
        if name == "ask":
            one.add_argument("--bank", type=Path, help="CSV, as for answers: a thousand of them")
            one.add_argument("--questions", type=_count, help="of the bank that are asked")
        if name == "age":
            _add_age(one)
        if name == "answers":
            one.add_argument("file", type=Path, help="CSV of text and category: banking77")
            one.add_argument("--seeds", type=_count, default=5, help="splits of the file")
        if name == "fanout":
            one.add_argument("--burst", type=_count, default=1, help="messages at once")
        if name == "idle":
            one.add_argument("--connections", type=_count, default=10_000)
            one.add_argument("--subscribed", action="store_true", help="each to a conversation")
        if name == "mixed":
            _add_day(one, minutes=2.0)
        if name == "soak":
            _add_day(one, minutes=10.0)
            one.add_argument("--every", type=_positive, default=5.0, help="seconds: a sample")
            one.add_argument("--warm-up", type=_positive, help="minutes; a fifth without it")
            one.add_argument("--out", type=Path, default=compare.RESULTS, help="for the series")
        if name == "storm":
            one.add_argument("--visitors", type=_count, default=10_000)
        if name == "replay":
            one.add_argument("file", help="chats, one JSON object a line")
            one.add_argument("--limit", type=_count, help="conversations to replay")
            one.add_argument("--visitors", type=_count, default=50, help="at a time")
            one.add_argument("--nodes", type=_count, default=1, help="servers, over one Redis")
            one.add_argument(
                "--kill-every", type=float, default=5.0, help="seconds, of one of several nodes"
            )
    _add_compare(scenarios)
    options = parser.parse_args(arguments)
    if options.scenario == "compare":
        return options
    if getattr(options, "nodes", 1) > 1 and options.backend != "redis":
        parser.error("--nodes needs --backend redis: servers share nothing else")
    if options.scenario == "age" and options.backend != "sqlite":
        parser.error("age is of the log in SQLite: Redis keeps what is a day old at most")
    if options.seconds <= 0 or (options.rate is not None and options.rate <= 0):
        parser.error("--seconds and --rate must be above zero")
    return options


def _stored(text: str) -> int:
    if (number := _count(text)) < FEWEST:
        raise argparse.ArgumentTypeError(f"must be {FEWEST} or more")
    return number


def _add_age(one: argparse.ArgumentParser) -> None:
    one.add_argument("--stored", type=_stored, nargs="+", default=age.SIZES, help="conversations")
    one.add_argument("--rounds", type=_count, default=15, help="that share the seconds")
    one.add_argument("--cache", type=Path, help="folder of what is stored; .straks-bench without")
    one.add_argument("--out", type=Path, default=compare.RESULTS, help="folder for the report")


def _add_day(one: argparse.ArgumentParser, minutes: float) -> None:
    one.add_argument("--minutes", type=_positive, default=minutes, help="for which visitors come")
    one.add_argument("--seed", type=int, default=1, help="of who comes when, and wants what")
    one.add_argument("--agents", type=_count, default=8)
    one.add_argument("--idle", type=_whole, default=500, help="visitors who stay, and say nothing")
    one.add_argument("--texts", type=Path, help="chats, as for replay, that visitors talk like")


def _add_compare(scenarios: Any) -> None:
    one = scenarios.add_parser("compare", help=compare.__doc__, description=compare.__doc__)
    one.add_argument("--systems", nargs="*", choices=[*SYSTEMS], help="those; all without it")
    one.add_argument(
        "--cases", nargs="*", choices=[*CASES, *compare.ALONE], help="those; all without it"
    )
    one.add_argument("--rounds", type=_count, default=5)
    one.add_argument("--seconds", type=float, default=2.0, help="of load in a round")
    one.add_argument("--rate", type=float, help="messages a second where it is fixed")
    one.add_argument("--processes", type=_count, default=PROCESSES, help="of the load")
    one.add_argument("--connections", type=_count, default=5_000, help="that are idle")
    one.add_argument("--visitors", type=_count, default=2_000, help="that come back at once")
    one.add_argument("--out", type=Path, default=compare.RESULTS, help="folder for the report")
    one.add_argument("--against", type=Path, help="report.json of an earlier run")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one scenario; 0 when nothing was lost, duplicated or reordered, else 1; 2: cannot run."""
    options = parse(arguments)
    if len(CORES) > 1:
        pin(0, load_core(0))
    try:
        if options.scenario == "compare":
            return uvloop.run(compare.run(options))
        rows = uvloop.run(SCENARIOS[options.scenario](options))
    except (BadFileError, LoadFailedError, StartFailedError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    show(rows, as_json=options.json)
    return int(any(rows[-1].get(name) for name in ("lost", "duplicated", "reordered")))


if __name__ == "__main__":
    sys.exit(main())

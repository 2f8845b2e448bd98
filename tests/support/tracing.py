"""The system calls of a real process, seen by strace."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["SystemCall", "parse_trace", "strace"]

_LINE: Final = re.compile(r"^(?P<pid>\d+) +(?P<rest>.*)$")
_CALL: Final = re.compile(r"^(?P<name>\w+)\((?:\d+<(?P<path>[^>]*)>)?(?P<arguments>.*)$")
_RESUMED: Final = re.compile(r"^<\.\.\. \w+ resumed>(?P<arguments>.*)$")
_RESULT: Final = re.compile(r"\) += (?P<result>-?\d+)[^=]*$")
_UNFINISHED: Final = "<unfinished ...>"


@dataclass(frozen=True, slots=True)
class SystemCall:
    """One call; ``started`` and ``ended`` are its places in the order of events."""

    name: str
    path: str
    arguments: str
    result: int
    started: int
    ended: int


def strace(output: Path, *options: str) -> list[str]:
    """Give the start of a command line that traces all threads of what follows.

    Raises:
        RuntimeError: there is no strace.
    """
    program = shutil.which("strace")
    if program is None:
        raise RuntimeError(
            "strace is not installed, and this test needs it: apt-get install strace"
        )
    return [program, "-f", "-y", "-qq", "-o", str(output), *options]


def parse_trace(lines: Sequence[str]) -> list[SystemCall]:
    """Read what ``strace -f -y -o`` wrote, in the order in which calls ended."""
    calls: list[SystemCall] = []
    open_calls: dict[str, tuple[str, int]] = {}
    for number, line in enumerate(lines):
        found = _LINE.match(line)
        if found is None:
            continue
        pid, rest, started = found["pid"], found["rest"], number
        if rest.endswith(_UNFINISHED):
            open_calls[pid] = (rest.removesuffix(_UNFINISHED).rstrip(), number)
            continue
        if (resumed := _RESUMED.match(rest)) is not None:
            begin, started = open_calls.pop(pid)
            rest = begin + resumed["arguments"]
        call, result = _CALL.match(rest), _RESULT.search(rest)
        if call is not None and result is not None:
            calls.append(
                SystemCall(
                    name=call["name"],
                    path=call["path"] or "",
                    arguments=call["arguments"],
                    result=int(result["result"]),
                    started=started,
                    ended=number,
                )
            )
    return calls

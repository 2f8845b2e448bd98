"""A terminal to run commands in that ask for passwords there and nowhere else."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence

__all__ = ["run_in_terminal"]

_TURN = 0.02
"""Seconds between two looks at the terminal."""


def run_in_terminal(
    command: Sequence[str],
    *,
    env: Mapping[str, str],
    seconds: float,
    passwords: Mapping[str, str] | None = None,
) -> tuple[str, int]:
    """Run a command to its end; gives what it printed, and its exit code.

    ``passwords``: what is typed, by the question that asks for it, in their order.

    Raises:
        AssertionError: it took longer than ``seconds``, or did not ask for each password.
    """
    master, slave = pty.openpty()
    waiting = list((passwords or {}).items())
    said = b""
    deadline = time.monotonic() + seconds
    try:
        with subprocess.Popen(
            ["setsid", "--ctty", "--wait", *command],
            stdin=slave, stdout=slave, stderr=slave, env=env,
        ) as process:  # fmt: skip
            while True:
                ended = process.poll() is not None
                said += _read(master)
                if ended:
                    break
                if waiting and waiting[0][0].encode() in said and _hides(master):
                    os.write(master, waiting.pop(0)[1].encode() + b"\n")
                if time.monotonic() > deadline:
                    process.kill()
                    raise AssertionError(f"it takes too long, and said: {_text(said)}")
    finally:
        os.close(slave)
        os.close(master)
    assert process.returncode != 0 or not waiting, f"nobody asked for all passwords: {_text(said)}"
    return _text(said), process.returncode


def _read(master: int) -> bytes:
    found = b""
    while select.select([master], [], [], 0 if found else _TURN)[0]:
        found += os.read(master, 65536)
    return found


def _hides(master: int) -> bool:
    """Tell whether what is typed is not shown: before that, it would be thrown away."""
    flags: int = termios.tcgetattr(master)[3]
    return not flags & termios.ECHO


def _text(said: bytes) -> str:
    return said.decode(errors="replace").replace("\r\n", "\n")

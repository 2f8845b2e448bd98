"""Ports that servers of the tests and the benchmarks listen on."""

from __future__ import annotations

import os
import random
import socket
from typing import Final

__all__ = ["HOST", "SHARE", "free_port", "keep_to_share"]

HOST: Final = "127.0.0.1"
_FIRST: Final = 10_240
_END: Final = 32_768
"""From here on Linux picks ports for connections that go out: between the moment that such a port
is found free and the moment that a server binds it, any connection on the machine may take it."""
SHARE: Final = "PORTS_SHARE"
"""The variable that says which part of them a process draws from, e.g. ``0/2``, the first half."""
_given: set[int] = set()


def keep_to_share(number: int, of: int) -> None:
    """Draw from one of ``of`` equal parts of the ports, here and in the processes started here.

    What runs at the same time and keeps to another part takes no port that was found free here, nor
    that of a server which is just being started again.
    """
    os.environ[SHARE] = f"{number % of}/{of}"


def free_port() -> int:
    """Find a port that nothing listens on, and that this process was not given before.

    Raises:
        RuntimeError: there is none.
    """
    number, of = map(int, os.environ.get(SHARE, "0/1").split("/"))
    many = (_END - _FIRST) // of
    first = _FIRST + number * many
    for _ in range(1_000):
        port = random.randrange(first, first + many)
        if port not in _given and _is_free(port):
            _given.add(port)
            return port
    raise RuntimeError(f"Of 1,000 ports from {first} to {first + many - 1}, none is free.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True

"""Ports that servers of the tests and the benchmarks listen on."""

from __future__ import annotations

import random
import socket
from typing import Final

__all__ = ["HOST", "free_port"]

HOST: Final = "127.0.0.1"
_FIRST: Final = 10_240
_END: Final = 32_768
"""From here on Linux picks ports for connections that go out: between the moment that such a port
is found free and the moment that a server binds it, any connection on the machine may take it."""
_given: set[int] = set()


def free_port() -> int:
    """Find a port that nothing listens on, and that this process was not given before.

    Raises:
        RuntimeError: there is none.
    """
    for _ in range(1_000):
        port = random.randrange(_FIRST, _END)
        if port not in _given and _is_free(port):
            _given.add(port)
            return port
    raise RuntimeError(f"Of 1,000 ports from {_FIRST} to {_END - 1}, none is free.")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True

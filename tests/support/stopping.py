"""Processes that stop for a while and go on, as on a machine that hangs."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["resume", "stop", "stopped"]


def stop(pid: int) -> None:
    """Let a process do nothing; its connections stay."""
    os.kill(pid, signal.SIGSTOP)


def resume(pid: int) -> None:
    """End :func:`stop`."""
    os.kill(pid, signal.SIGCONT)


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """Stop a process while the block runs."""
    stop(pid)
    try:
        yield
    finally:
        resume(pid)

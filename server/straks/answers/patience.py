"""Learning gives up soon when nobody waits for it any more.

It runs in threads, which cannot be cancelled: it asks between its steps whether to go on.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Event

from straks.errors import StraksError

__all__ = ["GivenUpError", "go_on", "until"]

_stop: ContextVar[Event | None] = ContextVar("stop", default=None)


class GivenUpError(StraksError):
    """What was being learned is not wanted any more."""


@contextmanager
def until(stop: Event) -> Iterator[None]:
    """Let what is learned in this context, and threads begun from it, give up at ``stop``."""
    token = _stop.set(stop)
    try:
        yield
    finally:
        _stop.reset(token)


def go_on() -> None:
    """Go on with learning.

    Raises:
        GivenUpError: it is to stop.
    """
    stop = _stop.get()
    if stop is not None and stop.is_set():
        raise GivenUpError("what was being learned is not wanted any more")

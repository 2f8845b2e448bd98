"""Which day it is, for answers that are given on some days only."""

from __future__ import annotations

import datetime

from straks.clock import Clock

__all__ = ["today"]


def today(clock: Clock) -> datetime.date:
    """Give the day where the server stands: in the time zone of its process (``TZ``)."""
    return datetime.date.fromtimestamp(clock.now_ms() / 1000)

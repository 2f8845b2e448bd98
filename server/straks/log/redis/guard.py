"""The parts of the log that run beside what is asked of it."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from typing import Final

from straks.log.log import LogBrokenError

__all__ = ["guard"]

_LOG: Final = logging.getLogger(__name__)


async def guard(
    name: str, part: Callable[[], Awaitable[None]], failed: Callable[[LogBrokenError], None]
) -> None:
    """Run a part; tell of its failure, which must not be missed in silence."""
    try:
        await part()
    except Exception as error:
        _LOG.critical("the log's %s failed", name, exc_info=error)
        failed(LogBrokenError(f"the log's {name} failed: {error}"))

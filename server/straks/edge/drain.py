"""An orderly stop: nobody loses a word, and not everybody comes back at once."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from straks.edge.context import EdgeContext

__all__ = ["drain"]

logger = logging.getLogger(__name__)

_BATCH = 100
"""Connections that are told between two turns of the loop."""


async def drain(
    context: EdgeContext, flush: Callable[[], Awaitable[None]], *, seconds: float
) -> None:
    """Say good-bye to every connection within ``seconds``.

    Unready; refuse appends; ``flush`` what was accepted, so that every acknowledgement leaves;
    ``closing`` with delays spread over the same span; close with 4000; drop who is left.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + seconds
    context.ready = False
    context.draining = True
    try:
        async with asyncio.timeout_at(loop.time() + seconds / 2):
            await flush()
    except TimeoutError:
        logger.error("what is in flight could not be finished in time")
    await _announce(context, seconds)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout_at(deadline):
            await context.all_gone()
    for socket in list(context.sockets):
        socket.abort()


async def _announce(context: EdgeContext, seconds: float) -> None:
    sockets = list(context.sockets)
    for place, socket in enumerate(sockets):
        socket.say_closing(seconds * place / len(sockets))
        if place % _BATCH == _BATCH - 1:
            await asyncio.sleep(0)

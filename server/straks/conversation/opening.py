"""Conversations are opened once, also where their first opening was long ago."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from typing import Final

from straks.clock import Clock
from straks.conversation.errors import RefusedError
from straks.conversation.lane import Done
from straks.conversation.outcomes import unavailable
from straks.log.archive import REMEMBERED_SECONDS
from straks.log.log import Append, Appended, Log, LogError
from straks_protocol import ErrorCode

__all__ = ["Opener", "is_younger"]

_MOST_ASKED: Final = 10_000
"""Openings at a time that wait for the log to be read; one more is refused for now."""
_SKEW: Final = 5 * 60.0
"""Seconds that the clock of a visitor may be ahead."""


def is_younger(key: str, now_ms: int, seconds: float) -> bool:
    """Tell whether a key was made less than some seconds ago, as far as it says so.

    A key that is a UUIDv7 (RFC 9562, 5.7) begins with its milliseconds.
    """
    try:
        made = uuid.UUID(key)
    except ValueError:
        return False
    if made.version != 7:
        return False
    age = now_ms - (made.int >> 80)
    return -_SKEW * 1000 <= age < seconds * 1000


class Opener:
    """Appends first messages.

    The log guards against two openings with one key while it has the conversation, and says for a
    day that it has gone to the archive, whatever the clocks say. Where it may have gone longer ago,
    it is read first, which brings it back.
    """

    def __init__(
        self,
        log: Log,
        submit: Callable[[Append, Done], None],
        clock: Clock,
        *,
        archives_after: float | None,
    ) -> None:
        """``archives_after``: seconds before a conversation may leave the log; None: none does."""
        self._log = log
        self._submit = submit
        self._clock = clock
        self._young = None
        if archives_after is not None:
            # A visitor's clock may be ahead, and the archive's server's too.
            self._young = max(0.0, min(archives_after, REMEMBERED_SECONDS) - 2 * _SKEW)
        self._asking: set[asyncio.Task[None]] = set()

    def open(self, item: Append, done: Done) -> None:
        """Append the first message of a conversation, unless it was opened with this key before."""
        if self._young is None:
            self._submit(item, done)
        elif is_younger(item.key, self._clock.now_ms(), self._young):
            self._submit(item, lambda outcome: self._tried(item, done, outcome))
        else:
            self._ask(item, done)

    def _tried(self, item: Append, done: Done, outcome: Appended | RefusedError) -> None:
        if isinstance(outcome, RefusedError) and outcome.code is ErrorCode.CONFLICT:
            self._ask(item, done)
        else:
            done(outcome)

    def _ask(self, item: Append, done: Done) -> None:
        if len(self._asking) >= _MOST_ASKED:
            done(unavailable())
        else:
            asking = asyncio.get_running_loop().create_task(self._ask_first(item, done))
            self._asking.add(asking)
            asking.add_done_callback(self._asking.discard)

    async def _ask_first(self, item: Append, done: Done) -> None:
        try:
            await self._log.read(item.channel, after=0, limit=1)
        except LogError:
            done(unavailable())
        else:
            self._submit(item, done)

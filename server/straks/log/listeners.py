"""Who hears of new entries, and in which order."""

from __future__ import annotations

from collections.abc import Sequence

from straks.log.log import AppendResult, BadItemError, Entry, Listener, Told

__all__ = ["Listeners"]


class Listeners:
    """The listeners of a log: folds first, then who appended, then everybody else."""

    def __init__(self) -> None:
        self._folds: list[Listener] = []
        self._others: list[Listener] = []

    def add(self, listener: Listener, *, fold: bool) -> None:
        """Add a listener; see :meth:`straks.log.log.Log.listen`."""
        (self._folds if fold else self._others).append(listener)

    def tell(self, entries: Sequence[Entry]) -> None:
        """Tell everybody of what somebody else appended."""
        self.appended(entries, (), None)

    def appended(
        self,
        entries: Sequence[Entry],
        results: Sequence[AppendResult | BadItemError],
        told: Told | None,
    ) -> None:
        """Tell of what was appended here: whoever waits for that does not wait for its fan-out."""
        if entries:
            for listener in self._folds:
                listener(entries)
        if told is not None:
            told(results)
        if entries:
            for listener in self._others:
                listener(entries)

"""What is simple about a log that only one server appends to."""

from __future__ import annotations

from straks.log.log import Watcher
from straks.log.nodes import Alone as NoOthers
from straks.log.nodes import Nodes

__all__ = ["Alone"]


class Alone:
    """The parts of :class:`straks.log.log.Log` and ``Feed`` that are about other servers."""

    lanes = 1
    nodes: Nodes = NoOthers()
    archiving: None = None
    """What is in a file need not leave it."""

    def lane_of(self, channel: str) -> int:
        """Give the only one."""
        return 0

    def follow(self, channel: str) -> None:
        """Do nothing: listeners hear of every channel."""

    def unfollow(self, channel: str) -> None:
        """Do nothing, as :meth:`follow`."""

    def follows(self, channel: str) -> bool:
        """Nobody else appends anything."""
        return True

    async def synced(self, channel: str) -> None:
        """Return at once."""

    def watch(self, watcher: Watcher) -> None:
        """Do nothing: what was committed stays, and there is nobody else."""

    def tenure(self, partition: int) -> int | None:
        """The consumers here read everything."""
        return 0

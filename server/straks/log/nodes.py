"""What the nodes of one cluster tell each other, and never store."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from typing import Protocol, TypeAlias

__all__ = ["Alone", "Heard", "Nodes"]

Heard: TypeAlias = Callable[[str, str, bytes], None]
"""Called with the channel ("" for what is told to all), the node that tells, and the message."""


class Nodes(Protocol):
    """The other nodes, as one of them sees them.

    Messages may be lost, and come at most once. They are for what is true for seconds, or can be
    asked for again.
    """

    def tell(self, channel: str, message: bytes) -> None:
        """Tell the other nodes that follow ``channel``."""
        ...

    def tell_all(self, message: bytes) -> None:
        """Tell every other node."""
        ...

    def hear(self, heard: Heard) -> None:
        """Call ``heard`` with what others tell; it must neither raise nor block."""
        ...

    def on_sync(self, synced: Callable[[str], None]) -> None:
        """Call ``synced`` when a followed channel is heard again: what was told before may be
        lost."""
        ...

    def note(self, note: bytes) -> None:
        """Let the others see ``note`` as long as this node lives; the last one holds."""
        ...

    def others(self) -> Mapping[str, bytes]:
        """Give the other nodes that live, each with its note."""
        ...

    @property
    def leaving(self) -> Set[str]:
        """Those of the others that have ended and answer nobody: their people are to come back."""
        ...

    def on_change(self, changed: Callable[[], None]) -> None:
        """Call ``changed`` after :meth:`others` or :meth:`connected` changed."""
        ...

    @property
    def connected(self) -> bool:
        """Whether this node itself counts as alive: it has told the others so in time."""
        ...


class Alone:
    """There are no other nodes."""

    connected = True
    leaving: Set[str] = frozenset()

    def tell(self, channel: str, message: bytes) -> None:
        """Do nothing: nobody else follows a channel."""

    def tell_all(self, message: bytes) -> None:
        """Do nothing."""

    def hear(self, heard: Heard) -> None:
        """Do nothing: nobody tells anything."""

    def on_sync(self, synced: Callable[[str], None]) -> None:
        """Do nothing: nothing is ever lost."""

    def note(self, note: bytes) -> None:
        """Do nothing."""

    def others(self) -> Mapping[str, bytes]:
        """There are none."""
        return {}

    def on_change(self, changed: Callable[[], None]) -> None:
        """Do nothing: that does not change."""

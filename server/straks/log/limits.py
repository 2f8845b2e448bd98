"""The bounds of channels."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Limits"]

_CONVERSATIONS = ("conversation:", "desk:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds of every channel, and of what is known by heart."""

    entries: int = 10_000
    """Most entries of a conversation and of its desk; all their keys are remembered."""
    keys: int = 1_000
    """Keys that are remembered of other channels, which grow without end: the last ones."""

    active_channels: int = 4_000
    """Channels of which the embedded log knows the end and the keys by heart."""
    active_keys: int = 400_000
    """Most of those keys in all, about 250 bytes each."""

    def max_entries(self, channel: str) -> int | None:
        """Tell how many entries a channel may have; None for a channel without end."""
        return self.entries if channel.startswith(_CONVERSATIONS) else None

    def max_keys(self, channel: str) -> int | None:
        """Tell how many keys a channel remembers; None for all."""
        return None if channel.startswith(_CONVERSATIONS) else self.keys

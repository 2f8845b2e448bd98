"""Names of channels."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, cast

__all__ = ["Channel", "ChannelKind", "app", "conversation", "desk", "inbox", "parse"]

ChannelKind: TypeAlias = Literal["conversation", "desk", "inbox", "app"]

_NAME: Final = re.compile(r"(conversation|desk|inbox|app):([A-Za-z0-9_-]{1,64})")


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel's name in its two parts; ``str()`` puts them together again."""

    kind: ChannelKind
    id: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.id}"


def parse(name: str) -> Channel:
    """Take a channel's name apart.

    Raises:
        ValueError: it is not the name of a channel.
    """
    found = _NAME.fullmatch(name)
    if found is None:
        raise ValueError(f"not a channel: {name[:100]!r}")
    return Channel(cast("ChannelKind", found[1]), found[2])


def conversation(conversation_id: str) -> str:
    """Name the channel that a visitor and their agents share."""
    return f"conversation:{conversation_id}"


def desk(conversation_id: str) -> str:
    """Name the agents' side of the same conversation."""
    return f"desk:{conversation_id}"


def inbox(team: str) -> str:
    """Name a team's inbox."""
    return f"inbox:{team}"


def app(name: str) -> str:
    """Name a channel of apps."""
    return f"app:{name}"

"""What the writer of conversations needs of the rooms around it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from straks.conversation.model import Conversation
from straks.log.log import Append, AppendResult, LogError
from straks_protocol.channels import Channel

__all__ = ["Commit", "Permissions", "Targets"]


class Permissions(Protocol):
    """Who may do what; satisfied by ``straks.accounts.permissions``."""

    def check_open(self, principal: Any) -> None:
        """Raise RefusedError unless ``principal`` may open a conversation."""
        ...

    def check_publish(
        self, principal: Any, channel: Channel, kind: str, conversation: Conversation | None
    ) -> None:
        """Raise RefusedError unless ``principal`` may publish ``kind`` on ``channel``."""
        ...


class Commit(Protocol):
    """Where appends go; satisfied by ``straks.log.commit.GroupCommit``."""

    def submit(self, item: Append, done: Callable[[AppendResult | LogError], None]) -> None:
        """Take an append; ``done`` is told its AppendResult or LogError.

        Raises:
            LogUnavailableError: it is full or closed.
        """
        ...


class Targets(Protocol):
    """Whom conversations can be handed to; satisfied by ``straks.accounts.directory``."""

    def check_target(self, data: Mapping[str, Any]) -> None:
        """Raise RefusedError unless the team or agent of a ``transfer`` exists."""
        ...

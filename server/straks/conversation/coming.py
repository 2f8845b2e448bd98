"""A visitor's message on its way to the log, and a reply that goes with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from straks.conversation.decide import Author
from straks.conversation.encoding import encode
from straks.conversation.errors import RefusedError
from straks.conversation.lane import Done
from straks.conversation.outcomes import outcome_of, unavailable
from straks.conversation.ports import Commit
from straks.log.log import Append, LogUnavailableError
from straks_protocol import Position

__all__ = ["Coming"]


class Coming:
    """A message that no person will answer, handed to the log and not stored yet.

    It may not come to it: refused by the log, or a repeat of what was said before.
    """

    __slots__ = ("_commit", "_new_id", "lang", "message", "offset")

    def __init__(
        self,
        commit: Commit,
        new_id: Callable[[], str],
        message: Append,
        offset: int,
        lang: str | None,
    ) -> None:
        """``offset`` is what the message will have; ``lang`` the conversation's, if it is known."""
        self._commit = commit
        self._new_id = new_id
        self.message = message
        self.offset = offset
        self.lang = lang

    def reply(self, author: Author, key: str, kind: str, data: dict[str, Any], done: Done) -> None:
        """Append what the server says to it, in the same commit; it must not change the state.

        ``done`` hears ``conflict`` where the message is not stored, or not as the last entry and
        at its offset: then nothing is. Nothing else is checked, since nothing has changed between.
        """
        try:
            encoded = encode("conversation", kind, data)
        except RefusedError as error:
            done(error)
            return
        reply = Append(
            channel=self.message.channel,
            sender=author.sender,
            name=author.name,
            key=key,
            kind=kind,
            data=encoded,
            id=self._new_id(),
            at=self.message.at,
            follows=Position(offset=self.offset, id=self.message.id),
        )
        try:
            self._commit.submit(reply, lambda result: done(outcome_of(result)))
        except LogUnavailableError:
            done(unavailable())

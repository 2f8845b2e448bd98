"""The server's side of a connection, by the tables that the client's side goes by."""

from __future__ import annotations

from typing import Any

from straks_protocol import (
    ClientMessage,
    Error,
    ErrorCode,
    Hello,
    LocalProtocolError,
    RemoteProtocolError,
    ServerMessage,
    SessionState,
)
from straks_protocol.session import CLIENT_SAYS, SERVER_SAYS

__all__ = ["ServerSession"]


class ServerSession:
    """Whether a client may say something now, and what of it is still unanswered."""

    __slots__ = ("_hello", "_unanswered", "state")

    def __init__(self) -> None:
        self.state = SessionState.NEW
        self._hello = 0
        self._unanswered: set[int] = set()

    @property
    def unanswered(self) -> int:
        """How many requests have no reply yet."""
        return len(self._unanswered)

    def receive(self, message: ClientMessage) -> None:
        """Note what came in.

        Raises:
            RemoteProtocolError: ``hello_required``, ``hello_twice``, or ``bad_field`` for an id
                that is in use; it carries the request's id.
        """
        request_id: Any = getattr(message, "id", None)
        after = CLIENT_SAYS[self.state].get(type(message))
        if after is None:
            raise self._out_of_turn(message, request_id)
        if request_id is not None:
            if request_id in self._unanswered:
                raise RemoteProtocolError(
                    ErrorCode.BAD_FIELD, f"id: {request_id} is not answered yet", request_id
                )
            self._unanswered.add(request_id)
            if after is SessionState.GREETING:
                self._hello = request_id
        self.state = after

    def send(self, message: ServerMessage) -> None:
        """Note that a message goes out now.

        Raises:
            LocalProtocolError: the protocol does not allow it in this state.
        """
        kind = type(message)
        after = SERVER_SAYS[self.state].get(kind)
        if after is None:
            raise LocalProtocolError(f"{kind.__name__} in the state {self.state.value}")
        request_id: int | None = getattr(message, "id", None)
        if request_id is not None:
            if request_id in self._unanswered:
                self._unanswered.discard(request_id)
            elif kind is not Error:  # an error may name a request that was refused at the door
                raise LocalProtocolError(f"id {request_id} has its reply already")
        if kind is Error and request_id == self._hello and self.state is SessionState.GREETING:
            after = SessionState.NEW
        self.state = after

    def closed(self) -> None:
        """Note that the socket is gone."""
        self.state = SessionState.CLOSED
        self._unanswered.clear()

    def _out_of_turn(self, message: ClientMessage, request_id: int | None) -> RemoteProtocolError:
        if isinstance(message, Hello):
            return RemoteProtocolError(ErrorCode.HELLO_TWICE, "hello: was said already", request_id)
        return RemoteProtocolError(
            ErrorCode.HELLO_REQUIRED, "say hello first, and wait for welcome", request_id
        )

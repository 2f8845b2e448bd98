"""The shared half of connections, with stand-ins for the rooms below."""

from __future__ import annotations

from typing import Any, cast

from straks.accounts import permissions
from straks.accounts.principals import Principal
from straks.conversation.errors import RefusedError
from straks.conversation.lane import Done
from straks.conversation.model import Conversation
from straks.edge.config import EdgeConfig
from straks.edge.context import Authenticator, EdgeContext
from straks.edge.limits import Rate
from straks.log.log import Appended, Entry
from straks_protocol import ErrorCode
from straks_protocol.channels import Channel

VISITOR = Principal(kind="visitor", id="vera")


class Writer:
    """Takes publishes and settles them when told to."""

    def __init__(self) -> None:
        self.waiting: list[tuple[str, str, Done]] = []
        """Channel, key, and who waits."""
        self.broken = False

    def open(self, author: Principal, key: str, data: dict[str, Any], done: Done) -> None:
        self._take("conversation:new", key, done)

    def publish(
        self,
        author: Principal,
        channel: Channel,
        key: str,
        kind: str,
        data: dict[str, Any],
        expect: int | None,
        done: Done,
    ) -> None:
        self._take(str(channel), key, done)

    async def conversation(self, conversation_id: str) -> Conversation | None:
        return None

    def peek(self, conversation_id: str) -> Conversation | None:
        return None

    def _take(self, channel: str, key: str, done: Done) -> None:
        if self.broken:
            raise ZeroDivisionError
        self.waiting.append((channel, key, done))

    def store(self) -> None:
        """Settle the first that waits."""
        channel, key, done = self.waiting.pop(0)
        stored = Entry(
            channel=channel,
            offset=7,
            id="e7",
            at=1,
            sender=VISITOR.sender,
            name=None,
            key=key,
            kind="message",
            data=b"{}",
        )
        done(Appended(stored, False))

    def refuse(self, code: ErrorCode) -> None:
        """Refuse the first that waits."""
        done = self.waiting.pop(0)[2]
        done(RefusedError(code, "no"))


class Spoken:
    """A session that notes what it says."""

    def __init__(self, context: EdgeContext, address: str | None = None) -> None:
        self.context = context
        self.origin: str | None = "https://shop.example"
        self.address = address
        self.ended = False
        self.principal = VISITOR
        self.replies: list[dict[str, Any]] = []
        self.refused: list[tuple[int | None, ErrorCode]] = []
        self.closed: list[int] = []
        self.became: list[Principal] = []
        self.steps: list[str] = []

    def reply(self, wire: dict[str, Any]) -> None:
        self.replies.append(wire)

    def refuse(self, request_id: int | None, error: RefusedError) -> None:
        self.refused.append((request_id, error.code))

    def close(self, code: int, reason: str = "") -> None:
        self.closed.append(code)

    def limit(self, name: str, rate: Rate) -> None:
        pass

    def factor(self) -> float:
        return 1.0

    def become(self, principal: Principal) -> None:
        self.became.append(principal)

    def hold(self) -> None:
        self.steps.append("hold")

    def release(self) -> None:
        self.steps.append("release")


def made_context(
    writer: Writer | None = None, authenticator: Authenticator | None = None, **options: Any
) -> EdgeContext:
    """Make a context without hub and log; ``options`` are those of the edge."""
    nothing = cast("Any", None)
    return EdgeContext(
        EdgeConfig(**options),
        hub=nothing,
        log=nothing,
        conversations=writer or Writer(),
        permissions=permissions,
        authenticator=authenticator or nothing,
    )

"""What all connections share, and what the edge needs of the rest."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Protocol

from straks.accounts.principals import Principal
from straks.clock import Clock, SystemClock
from straks.conversation.lane import Done
from straks.conversation.model import Conversation
from straks.edge.config import EdgeConfig
from straks.edge.flush import Flusher
from straks.edge.limits import AddressCounts, AddressRates
from straks.edge.wheel import Wheel
from straks.hub.hub import Hub
from straks.log.log import Log
from straks_protocol import Answer
from straks_protocol.channels import Channel

__all__ = [
    "Ask",
    "Authenticated",
    "Authenticator",
    "Conversations",
    "EdgeConnection",
    "EdgeContext",
    "Permissions",
]

logger = logging.getLogger(__name__)


class Authenticated(Protocol):
    """Who connects; ``token``: a new or renewed one to send back."""

    @property
    def principal(self) -> Principal: ...

    @property
    def token(self) -> str | None: ...


class Authenticator(Protocol):
    """Turns a token into a principal; origins are its matter too."""

    def authenticate_now(self, token: str | None, origin: str | None) -> Authenticated | None:
        """Authenticate without I/O; None when :meth:`authenticate` must be awaited.

        Raises:
            RefusedError: as :meth:`authenticate`.
        """
        ...

    async def authenticate(self, token: str | None, origin: str | None) -> Authenticated:
        """Say who connects.

        Raises:
            RefusedError: ``token_invalid``, ``token_expired``, ``token_revoked`` or
                ``origin_not_allowed``.
        """
        ...


class Permissions(Protocol):
    """Who may see and signal what; each raises RefusedError."""

    def check_read(
        self, principal: Principal, channel: Channel, conversation: Conversation | None
    ) -> None: ...

    def check_signal(
        self, principal: Principal, channel: Channel, kind: str, conversation: Conversation | None
    ) -> None: ...


class Conversations(Protocol):
    """The only writer."""

    def open(self, author: Principal, key: str, data: dict[str, Any], done: Done) -> None: ...

    def publish(
        self,
        author: Principal,
        channel: Channel,
        key: str,
        kind: str,
        data: dict[str, Any],
        expect: int | None,
        done: Done,
    ) -> None: ...

    async def conversation(self, conversation_id: str) -> Conversation | None: ...

    def peek(self, conversation_id: str) -> Conversation | None: ...


class Ask(Protocol):
    """Looks canned answers up."""

    def __call__(self, text: str, lang: str | None, /) -> list[Answer]: ...


class EdgeConnection(Protocol):
    """An accepted WebSocket, as drain sees it."""

    def say_closing(self, reconnect_after: float) -> None:
        """Announce that the server goes away, then close."""
        ...

    def abort(self) -> None:
        """Drop the connection at once."""
        ...


class EdgeContext:
    """The shared half of every connection. Make it inside the running event loop."""

    def __init__(
        self,
        config: EdgeConfig,
        *,
        hub: Hub,
        log: Log,
        conversations: Conversations,
        permissions: Permissions,
        authenticator: Authenticator,
        ask: Ask | None = None,
        clock: Clock | None = None,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.config = config
        self.hub = hub
        self.log = log
        self.conversations = conversations
        self.permissions = permissions
        self.authenticator = authenticator
        self.ask = ask
        self.clock = clock or SystemClock()
        self.wheel = Wheel(tick=config.wheel_tick)
        self.flusher = Flusher(loop)
        self.sockets: set[EdgeConnection] = set()
        """Accepted WebSockets."""
        self.connections = 0
        """TCP connections in all."""
        self.addresses = AddressCounts(config.max_connections_per_address)
        self.hello_rates = AddressRates(config.hello_rate)
        self.open_rates = AddressRates(config.open_rate)
        self.ready = True
        """False: new connections are refused with 503."""
        self.draining = False
        """True: publishes are refused with ``shutting_down``."""
        self._gone = asyncio.Event()
        self._gone.set()
        self._loop = loop
        self._tasks: set[asyncio.Task[None]] = set()

    def enter(self, socket: EdgeConnection) -> None:
        """Count an accepted WebSocket."""
        self.sockets.add(socket)
        self._gone.clear()

    def leave(self, socket: EdgeConnection) -> None:
        """End :meth:`enter`."""
        self.sockets.discard(socket)
        if not self.sockets:
            self._gone.set()

    async def all_gone(self) -> None:
        """Wait until no WebSocket is left."""
        await self._gone.wait()

    def start(self) -> None:
        """Start the shared timer."""
        self.wheel.start(self._loop)

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Run one request's work beside the others.

        Each connection bounds how many of these it has. ``work`` reports its own errors to its
        client; what it still lets out is logged here.
        """
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._finished)

    def _finished(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("a request failed", exc_info=error)

    async def close(self) -> None:
        """Stop the timer and the requests that are still running."""
        self.wheel.stop()
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

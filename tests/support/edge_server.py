"""The whole server behind a real port, in this process: edge, hub, service, SQLite."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

from straks.accounts import permissions
from straks.accounts.authentication import Authenticator
from straks.accounts.origins import AllowedOrigins
from straks.accounts.sessions import Sessions
from straks.accounts.tokens import SocketClaims, Tokens
from straks.accounts.visitors import Visitors
from straks.clock import SystemClock
from straks.conversation.service import ConversationService
from straks.edge.config import EdgeConfig
from straks.edge.context import EdgeContext
from straks.edge.server import bind, serve
from straks.hub.hub import Hub
from straks.log.commit import GroupCommit
from straks.log.sqlite import SQLiteLog
from straks.records.accounts import AccountRecords, AgentRow
from straks.records.database import Database
from straks_protocol import Answer, CloseCode
from tests.support.raw_socket import RawSocket

__all__ = ["EdgeServer", "Parts", "edge_server", "serving"]


@dataclass(frozen=True, slots=True)
class Parts:
    """What a server is made of."""

    context: EdgeContext
    hub: Hub
    log: SQLiteLog
    commit: GroupCommit
    service: ConversationService
    records: AccountRecords
    sessions: Sessions
    tokens: Tokens


class EdgeServer:
    """A running server and its parts."""

    def __init__(self, port: int, parts: Parts) -> None:
        self.port = port
        self.origin = f"http://127.0.0.1:{port}"
        self.context = parts.context
        self.hub = parts.hub
        self.log = parts.log
        self.commit = parts.commit
        self.service = parts.service
        self.stop = asyncio.Event()
        self.serving: asyncio.Task[None] | None = None
        self.opened: list[RawSocket] = []
        """Sockets that are closed when the test is over."""
        self._records = parts.records
        self._sessions = parts.sessions
        self._tokens = parts.tokens

    async def finished(self) -> None:
        """Wait until the server stopped by itself."""
        assert self.serving is not None
        await asyncio.wait([self.serving])

    async def connect(self, **options: Any) -> RawSocket:
        """Open a socket without saying hello."""
        socket = await RawSocket.connect(self.port, **options)
        self.opened.append(socket)
        return socket

    async def visitor(self, token: str | None = None, **options: Any) -> RawSocket:
        """Open a visitor's socket."""
        options.setdefault("origin", "https://shop.example")
        socket = await self.connect(**options)
        await socket.hello(token)
        return socket

    async def agent(self, name: str = "Anna", **options: Any) -> RawSocket:
        """Open the socket of an agent who signed in."""
        socket = await self.connect(origin=self.origin, **options)
        await socket.hello(await self.agent_token(name))
        return socket

    async def agent_token(self, name: str = "Anna") -> str:
        """Sign an agent in."""
        email = f"{name.lower()}@example.com"
        row = await self._records.agent_by_email(email)
        if row is None:
            row = AgentRow(
                id=name.lower(), email=email, name=name, password_hash=None, created_at=0
            )
            await self._records.add_agent(row)
        session, _ = await self._sessions.begin(row)
        return self._tokens.issue_socket(
            SocketClaims(agent=row.id, session=session.id, origin=self.origin)
        )


async def _hello_world(scope: Any, receive: Any, send: Any) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", b"2")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok"})


async def _parts(
    config: EdgeConfig, directory: Path, origins: AllowedOrigins, stack: AsyncExitStack
) -> Parts:
    clock = SystemClock()
    log = await SQLiteLog.open(directory)
    stack.push_async_callback(log.close)
    commit = GroupCommit(log)
    service = ConversationService(log, commit, permissions, secret=b"secret", clock=clock)
    hub = Hub(log, service, asyncio.get_running_loop())
    log.listen(service.committed)
    log.listen(hub.committed)
    database = await Database.open(directory / "records.db")
    stack.push_async_callback(database.close)
    records = AccountRecords(database)
    tokens = Tokens(b"k" * 32, clock, visitor_life=3600)
    sessions = Sessions(records, clock)
    visitors = Visitors(
        records,
        tokens,
        origins,
        revoked=lambda family: hub.close_session(family, CloseCode.TOKEN_REVOKED),
    )
    context = EdgeContext(
        config,
        hub=hub,
        log=log,
        conversations=service,
        permissions=permissions,
        authenticator=Authenticator(tokens, visitors, sessions, origins),
        ask=lambda text, lang: [Answer(answer="returns", title=text, score=0.5)],
    )
    return Parts(context, hub, log, commit, service, records, sessions, tokens)


@asynccontextmanager
async def edge_server(
    directory: Path, *, allowed_origins: tuple[str, ...] = ("*",), **options: Any
) -> AsyncIterator[EdgeServer]:
    """Serve on a free port; ``options`` are those of the edge."""
    config = EdgeConfig(port=0, **{"drain_seconds": 2.0, "wheel_tick": 0.02, **options})
    listener = bind(config.host, 0)
    port = listener.getsockname()[1]
    async with AsyncExitStack() as stack:
        origins = AllowedOrigins(allowed_origins, own=f"http://127.0.0.1:{port}")
        parts = await _parts(config, directory, origins, stack)
        server, started = EdgeServer(port, parts), asyncio.Event()
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        running = [tasks.create_task(parts.commit.run()), tasks.create_task(parts.service.run())]
        server.serving = tasks.create_task(
            serve(
                config,
                _hello_world,
                parts.context,
                flush=parts.commit.drain,
                started=started.set,
                listener=listener,
                stop=server.stop,
            )
        )
        await started.wait()
        try:
            yield server
        finally:
            for socket in server.opened:
                await socket.close()
            server.stop.set()
            await server.serving
            for task in running:
                task.cancel()


def serving(**options: Any) -> Callable[[Callable[..., Awaitable[None]]], Callable[..., None]]:
    """Make a test of a coroutine that gets a running server, all on uvloop as in production."""

    def decorate(test: Callable[..., Awaitable[None]]) -> Callable[..., None]:
        async def main(directory: Path, others: dict[str, Any]) -> None:
            # A signal of pytest-timeout does not get through uvloop.
            async with edge_server(directory, **options) as server, asyncio.timeout(110):
                await test(server, **others)

        def run(tmp_path: Path, **others: Any) -> None:
            uvloop.run(main(tmp_path, others))

        _, *others = inspect.signature(test).parameters.values()
        path = inspect.Parameter("tmp_path", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        run.__name__ = run.__qualname__ = getattr(test, "__name__", "run")
        run.__module__ = test.__module__
        run.__signature__ = inspect.Signature([path, *others])  # type: ignore[attr-defined]  # for pytest
        return run

    return decorate

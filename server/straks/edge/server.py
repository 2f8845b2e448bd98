"""The listening server: uvicorn with our connections and our drain."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from types import FrameType
from typing import Any, cast

import uvicorn
from uvicorn._types import ASGIApplication

from straks.edge.addresses import TrustedProxies
from straks.edge.config import EdgeConfig
from straks.edge.context import EdgeContext
from straks.edge.drain import drain
from straks.edge.http import EdgeHTTP
from straks.errors import StartError

__all__ = ["bind", "serve"]

_HTTP_SECONDS = 3
"""Time that plain HTTP requests have to finish at the end of a drain."""


async def serve(
    config: EdgeConfig,
    asgi_app: ASGIApplication,
    context: EdgeContext,
    *,
    flush: Callable[[], Awaitable[None]],
    started: Callable[[], None] = lambda: None,
    listener: socket.socket | None = None,
    stop: asyncio.Event | None = None,
) -> None:
    """Serve until SIGTERM, SIGINT or ``stop``, then drain. Returns when every connection is gone.

    Args:
        asgi_app: answers plain HTTP requests.
        flush: finishes the appends that were accepted (``GroupCommit.drain``).
        started: called once the server accepts connections.
        listener: a bound socket; without it one is bound to the configured host and port.

    Raises:
        StartError: the address cannot be bound or the certificate cannot be read.
    """
    bound = listener or bind(config.host, config.port)
    server = _Server(_uvicorn_config(config, asgi_app, context), context, flush, config, started)
    context.start()
    watch = asyncio.create_task(_watch(server, stop)) if stop is not None else None
    try:
        await server.serve(sockets=[bound])
    finally:
        if watch is not None:
            watch.cancel()
        bound.close()
        await context.close()


def bind(host: str, port: int) -> socket.socket:
    """Bind the listening socket.

    Raises:
        StartError: somebody else has the port, or the address is not ours.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        bound = socket.socket(family, kind, protocol)
    except OSError as error:
        raise StartError(f"Cannot listen on {host}: {error.strerror}; choose --host.") from None
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        # Listening now: a second server that bound the same port would fail only here.
        bound.listen(2048)
    except OSError as error:
        bound.close()
        raise StartError(
            f"Cannot listen on {host}:{port}: {error.strerror}; choose another --host or --port."
        ) from None
    bound.setblocking(False)
    return bound


def _uvicorn_config(
    config: EdgeConfig, asgi_app: ASGIApplication, context: EdgeContext
) -> uvicorn.Config:
    proxies = TrustedProxies(config.trusted_proxies, limit_loopback=config.limit_loopback)
    made = uvicorn.Config(
        asgi_app,
        http=cast("type[asyncio.Protocol]", partial(EdgeHTTP, context, proxies)),
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(config.trusted_proxies),
        forwarded_allow_ips=list(config.trusted_proxies),
        timeout_graceful_shutdown=_HTTP_SECONDS,
        ssl_certfile=config.tls_cert,
        ssl_keyfile=config.tls_key,
    )
    try:
        made.load()
    except (OSError, ssl.SSLError) as error:
        raise StartError(f"Cannot use the TLS certificate {config.tls_cert}: {error}.") from None
    return made


class _Server(uvicorn.Server):
    """Drains before uvicorn closes, and leaves the process alive after a signal."""

    def __init__(
        self,
        config: uvicorn.Config,
        context: EdgeContext,
        flush: Callable[[], Awaitable[None]],
        edge: EdgeConfig,
        started: Callable[[], None],
    ) -> None:
        super().__init__(config)
        self._context = context
        self._flush = flush
        self._edge = edge
        self._on_started = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_started()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await drain(self._context, self._flush, seconds=self._edge.drain_seconds)
        await super().shutdown(sockets)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Drain at the first signal, end at the second: what was acknowledged is stored."""
        if self.should_exit:
            os._exit(128 + sig)
        super().handle_exit(sig, frame)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        # uvicorn raises the signal again at the end: the log would never be closed.
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        handled = (signal.SIGINT, signal.SIGTERM)
        before: dict[int, Any] = {sig: signal.signal(sig, self.handle_exit) for sig in handled}
        try:
            yield
        finally:
            for sig, handler in before.items():
                signal.signal(sig, handler)


async def _watch(server: uvicorn.Server, stop: asyncio.Event) -> None:
    await stop.wait()
    server.should_exit = True

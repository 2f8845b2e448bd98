"""HTTP connections, bounded, until one becomes a WebSocket."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import Any, Final

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState
from websockets.datastructures import Headers
from websockets.http11 import Request
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol

from straks.edge.addresses import TrustedProxies
from straks.edge.context import EdgeContext
from straks.edge.handshake import Accepted, accept
from straks.edge.introduced import Introduced
from straks.edge.receiver import quiet_logger
from straks.edge.websocket import WebSocket
from straks.edge.wheel import NOWHERE
from straks_protocol import CODECS

__all__ = ["SOCKET_PATH", "EdgeHTTP"]

SOCKET_PATH: Final = b"/v1/socket"
_SUBPROTOCOLS: Final = [Subprotocol(name) for name in CODECS]
_RETRY_AFTER: Final = 5
_OVER: Final = 1.05
"""How many connections above the limit still get a polite 503."""


class EdgeHTTP(HttpToolsProtocol):
    """uvicorn's protocol with bounds on headers and connections, and our own upgrade."""

    def __init__(
        self,
        context: EdgeContext,
        proxies: TrustedProxies,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.slot = NOWHERE
        self._context = context
        self._proxies = proxies
        self._unparsed = 0
        """Bytes since the parser last finished something: headers, a piece of body, a request."""
        self._deadline: float | None = None
        self._refused = False
        self._lingering = False
        """We have answered and wait for the peer to close."""
        self._counted: str | None = None
        """The address under which this connection is counted."""

    # --- from the transport -----------------------------------------------------------------

    def connection_made(
        self,
        transport: asyncio.Transport,  # type: ignore[override]  # as uvicorn narrows it
    ) -> None:
        super().connection_made(Introduced(transport))
        self.transport, self.flow = transport, FlowControl(transport)
        context = self._context
        context.connections += 1
        limit = context.config.max_connections
        if context.connections > limit * _OVER:
            transport.abort()
            return
        self._refused = context.connections > limit
        peer = self.client[0] if self.client else ""
        if not self._refused and peer not in self._proxies:
            self._refused = not self._count(peer)
        self._expect_end()

    def connection_lost(self, exc: Exception | None) -> None:
        context = self._context
        context.connections -= 1
        context.wheel.discard(self)
        if self._counted is not None:
            context.addresses.leave(self._counted)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._lingering:
            return
        if self._refused:
            self._respond(HTTPStatus.SERVICE_UNAVAILABLE, "Too many connections.")
            return
        limit = self._context.config.header_bytes
        at = 0
        while at < len(data) and not (self._lingering or self.transport.is_closing()):
            piece = data[at : at + limit - self._unparsed]
            if not piece:
                text = f"The header has more than {limit} bytes."
                self._respond(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, text)
                return
            at += len(piece)
            self._unparsed += len(piece)
            if self._feed(piece, data[at:]):
                return

    def _feed(self, piece: bytes, rest: bytes) -> bool:
        """Parse a piece; True when this protocol is done with the connection."""
        self._unset_keepalive_if_required()
        try:
            self.parser.feed_data(piece)
        except httptools.HttpParserUpgrade as upgrade:
            if self._should_upgrade():
                self._upgrade(piece[upgrade.args[0] :] + rest)
            return True
        except httptools.HttpParserError:
            self._respond(HTTPStatus.BAD_REQUEST, "Invalid HTTP request received.")
            return True
        return False

    # --- from the parser ----------------------------------------------------------------------

    def on_message_begin(self) -> None:
        if self._deadline is None:
            self._expect_end()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._unparsed = 0
        self._deadline = None
        self._context.wheel.discard(self)
        if not (self.parser.should_upgrade() and self._should_upgrade()):
            super().on_headers_complete()
        else:
            self.scope["method"] = self.parser.get_method().decode("ascii")

    def on_body(self, body: bytes) -> None:
        self._unparsed = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._unparsed = 0
        if self._deadline is not None:
            self._deadline = None
            self._context.wheel.discard(self)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete and self.cycle.more_body:
            # Nobody waits for the rest of the body any more, and it could trickle in for ever.
            self._expect_end()

    def _should_upgrade_to_ws(self) -> bool:
        return True

    # --- from the timer -----------------------------------------------------------------------

    def _expect_end(self) -> None:
        """Give the peer some seconds to finish what it sends."""
        seconds = self._context.config.header_seconds
        self._deadline = self._context.wheel.now + seconds
        self._context.wheel.add(self, seconds)

    def on_timer(self, now: float) -> float | None:
        """Close when the headers are not there in time, or the peer does not go."""
        if self._lingering:
            self.transport.abort()
            return None
        if self._deadline is None:
            return None
        if now < self._deadline:
            return self._deadline - now
        if self._unparsed:
            self._respond(HTTPStatus.REQUEST_TIMEOUT, "The header did not come in time.")
        else:
            self.transport.close()
        return None

    # --- limits -------------------------------------------------------------------------------

    def _count(self, address: str) -> bool:
        """Count this connection under an address; False when that has too many."""
        counted = self._proxies.counted(address)
        if counted is None:
            return True
        if not self._context.addresses.enter(counted):
            return False
        self._counted = counted
        return True

    def _respond(self, status: HTTPStatus, text: str, headers: str = "") -> None:
        """Answer without the application, then close."""
        if self._lingering or self.transport.is_closing():
            return
        if status is HTTPStatus.SERVICE_UNAVAILABLE:
            headers += f"Retry-After: {_RETRY_AFTER}\r\n"
        body = text.encode() + b"\n"
        head = (
            f"HTTP/1.1 {status.value} {status.phrase}\r\n"
            f"Content-Type: text/plain; charset=utf-8\r\nContent-Length: {len(body)}\r\n"
            f"{headers}Connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        if not self.transport.can_write_eof():
            self.transport.close()
            return
        # A peer that is still sending would be reset before it reads why: first half-close.
        self.transport.write_eof()
        self._lingering = True
        self._context.wheel.add(self, self._context.config.close_seconds)

    # --- upgrade ------------------------------------------------------------------------------

    def _upgrade(self, early: bytes) -> None:
        """Become a WebSocket; ``early``: what the client sent right after its request."""
        context = self._context
        if self.url.partition(b"?")[0] != SOCKET_PATH:
            self._respond(HTTPStatus.NOT_FOUND, "There is no WebSocket here.")
            return
        if not context.ready:
            self._respond(HTTPStatus.SERVICE_UNAVAILABLE, "The server is not ready.")
            return
        peer = self.client[0] if self.client else ""
        address = self._client_of(peer)
        if peer in self._proxies and not self._count(address):
            self._respond(HTTPStatus.SERVICE_UNAVAILABLE, "Too many connections.")
            return
        accepted = None
        if self.scope["method"] == "GET" and self.parser.get_http_version() == "1.1":
            accepted = accept(self.headers)
        if accepted is None:
            accepted = self._accept_carefully()
            if accepted is None:
                self.transport.close()
                return
        else:
            self.transport.write(accepted.response)
        self._hand_over(accepted, self._proxies.counted(address), early)

    def _accept_carefully(self) -> Accepted | None:
        """Answer any handshake; None when it is refused."""
        headers = Headers(
            [(name.decode("latin-1"), value.decode("latin-1")) for name, value in self.headers]
        )
        handshake = ServerProtocol(subprotocols=_SUBPROTOCOLS, logger=quiet_logger)
        request = Request(
            self.url.decode("latin-1"),
            headers,
            self.scope["method"],
            f"HTTP/{self.parser.get_http_version()}",
        )
        response = handshake.accept(request)
        handshake.send_response(response)
        sent = b"".join(handshake.data_to_send())
        self.transport.write(sent)
        if response.status_code != HTTPStatus.SWITCHING_PROTOCOLS:
            return None
        assert handshake.subprotocol is not None
        return Accepted(sent, handshake.subprotocol, handshake.origin)

    def _hand_over(self, accepted: Accepted, address: str | None, early: bytes) -> None:
        self._context.wheel.discard(self)
        self.connections.discard(self)
        socket = WebSocket(
            self._context,
            self.transport,
            CODECS[accepted.subprotocol],
            self.connections,
            origin=accepted.origin,
            address=address,
            counted=self._counted,
        )
        self._counted = None
        self.transport.set_protocol(socket)
        # The parser holds on to this object: without it both go now, not at some collection.
        self.parser = None  # type: ignore[assignment]  # as uvicorn does at the end
        if early:
            socket.data_received(early)

    def _client_of(self, peer: str) -> str:
        forwarded = [
            value.decode("latin-1") for name, value in self.headers if name == b"x-forwarded-for"
        ]
        return self._proxies.client(peer, forwarded)

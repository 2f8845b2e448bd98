"""A transport carries frames, and says how a connection ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from bench.ports import free_port
from straks_client.transport import Closed, Transport, TransportClosedError
from straks_protocol import CODECS, JSON, MSGPACK, Codec, may_reconnect

HOST = "127.0.0.1"


async def echo(socket: ServerConnection) -> None:
    async for frame in socket:
        if frame == "close":
            await socket.close(4502, "revoked")
        elif frame == "abort":
            socket.transport.abort()
        else:
            await socket.send(frame)


@asynccontextmanager
async def echo_server(
    status: HTTPStatus | None = None, *, subprotocols: bool = True
) -> AsyncIterator[str]:
    def answer(connection: ServerConnection, _request: Request) -> Response | None:
        return None if status is None else connection.respond(status, "no\n")

    async with serve(
        echo,
        HOST,
        0,
        subprotocols=[Subprotocol(name) for name in CODECS] if subprotocols else None,
        process_request=answer,
        compression=None,
    ) as server:
        yield f"ws://{HOST}:{next(iter(server.sockets)).getsockname()[1]}/v1/socket"


async def opened(url: str, codec: Codec = JSON) -> Transport:
    return await Transport.open(url, codec, origin="https://shop.example", within=5)


@pytest.mark.parametrize("codec", [JSON, MSGPACK], ids=["json", "msgpack"])
async def test_frames_go_and_come_as_bytes(codec: Codec) -> None:
    async with echo_server() as url:
        transport = await opened(url, codec)
        await transport.send(b"smile")
        assert await transport.receive() == b"smile"
        await transport.close()


@pytest.mark.parametrize(
    ("said", "closed"),
    [
        (b"close", Closed(4502, "revoked")),
        (b"abort", Closed(1006, "the connection was lost")),
    ],
)
async def test_the_end_says_why(said: bytes, closed: Closed) -> None:
    async with echo_server() as url:
        transport = await opened(url)
        await transport.send(said)
        with pytest.raises(TransportClosedError) as caught:
            await transport.receive()
        assert caught.value.closed == closed
        with pytest.raises(TransportClosedError):
            await transport.send(b"late")
        await transport.close()


async def test_a_close_of_our_own_says_our_code() -> None:
    async with echo_server() as url:
        transport = await opened(url)
        await transport.close(4001)
        with pytest.raises(TransportClosedError) as caught:
            await transport.receive()
        assert caught.value.closed.code == 4001


@pytest.mark.parametrize(
    ("status", "comes_back"),
    [
        (HTTPStatus.BAD_REQUEST, False),
        (HTTPStatus.FORBIDDEN, False),
        (HTTPStatus.NOT_FOUND, False),
        (HTTPStatus.TOO_MANY_REQUESTS, True),
        (HTTPStatus.SERVICE_UNAVAILABLE, True),
    ],
)
async def test_a_refused_handshake_says_whether_to_come_back(
    status: HTTPStatus, comes_back: bool
) -> None:
    async with echo_server(status) as url:
        with pytest.raises(TransportClosedError, match=f"HTTP {status.value}") as caught:
            await opened(url)
        assert may_reconnect(caught.value.closed.code) == comes_back


async def test_a_server_of_something_else_is_no_server() -> None:
    async with echo_server(subprotocols=False) as url:
        with pytest.raises(TransportClosedError) as caught:
            await opened(url)
        assert not may_reconnect(caught.value.closed.code)


async def test_nobody_there_may_change() -> None:
    with pytest.raises(TransportClosedError) as caught:
        await opened(f"ws://{HOST}:{free_port()}")
    assert may_reconnect(caught.value.closed.code)

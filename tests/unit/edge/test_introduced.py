"""Where a connection comes from, as uvicorn is told."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import cast

import pytest
import uvloop
from uvicorn.protocols.utils import get_local_addr, get_remote_addr

from straks.edge.introduced import Introduced


class Asked(asyncio.Protocol):
    """Asks its transport as uvicorn does."""

    def __init__(self, said: asyncio.Future[tuple[object, object]]) -> None:
        self._said = said

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        introduced = Introduced(cast("asyncio.Transport", transport))
        if not self._said.done():
            self._said.set_result((get_remote_addr(introduced), get_local_addr(introduced)))
        transport.close()


async def asked(
    family: int, address: tuple[str, int] | str
) -> tuple[object, object, object, object]:
    """Connect to a server; give what it said of the peer and itself, and what is so."""
    loop = asyncio.get_running_loop()
    said: asyncio.Future[tuple[object, object]] = loop.create_future()
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.bind(address)
    server = await loop.create_server(lambda: Asked(said), sock=listener)
    with socket.socket(family, socket.SOCK_STREAM) as client:
        client.setblocking(False)
        await loop.sock_connect(client, listener.getsockname())
        peer, here = await said
        found = client.getsockname(), client.getpeername()
    server.close()
    await server.wait_closed()
    return peer, here, *found


@pytest.mark.parametrize("loop", [uvloop.new_event_loop, asyncio.new_event_loop])
@pytest.mark.parametrize(
    ("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
)
def test_both_addresses_are_told(loop: object, family: int, host: str) -> None:
    with asyncio.Runner(loop_factory=loop) as runner:  # type: ignore[arg-type]  # either of two
        peer, here, own, other = runner.run(asked(family, (host, 0)))
    assert peer == cast("tuple[object, ...]", own)[:2]
    assert here == cast("tuple[object, ...]", other)[:2]


@pytest.mark.parametrize("loop", [uvloop.new_event_loop, asyncio.new_event_loop])
def test_a_unix_socket_has_no_peer_address(loop: object, tmp_path: Path) -> None:
    path = str(tmp_path / "s")
    with asyncio.Runner(loop_factory=loop) as runner:  # type: ignore[arg-type]  # either of two
        peer, here, _own, other = runner.run(asked(socket.AF_UNIX, path))
    assert peer is None
    assert here == (other, None)

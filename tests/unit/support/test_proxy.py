from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from threading import Thread

import pytest

from bench.ports import free_port
from tests.support.proxy import Direction, Proxy, ThreadProxy

SILENCE = 0.1
"""Seconds after which what has not come is taken for held."""


class Parrot:
    """A server that says what it hears, and counts it."""

    def __init__(self) -> None:
        self.heard = b""
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(1000):
                self.heard += data
                writer.write(data)
            writer.write(b"bye")
        except ConnectionError:
            return
        finally:
            writer.close()

    async def has_heard(self, what: bytes) -> None:
        while self.heard != what:
            await asyncio.sleep(0.001)


class Client:
    """A connection to the proxy."""

    def __init__(self, streams: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
        self.reader, self.writer = streams

    @classmethod
    async def connect(cls, proxy: Proxy) -> Client:
        return cls(await asyncio.open_connection("127.0.0.1", proxy.port))

    def say(self, data: bytes) -> None:
        self.writer.write(data)

    async def hears(self, data: bytes) -> bool:
        return await self.reader.readexactly(len(data)) == data

    async def hears_nothing(self) -> bool:
        try:
            async with asyncio.timeout(SILENCE):
                await self.reader.read(1)
        except TimeoutError:
            return True
        return False

    async def ended(self) -> bool:
        try:
            return await self.reader.read() == b""
        except ConnectionError:
            return True
        finally:
            self.writer.close()


@pytest.fixture
async def parrot() -> AsyncIterator[Parrot]:
    bird = Parrot()
    server = await asyncio.start_server(bird.serve, "127.0.0.1", 0)
    bird.port = server.sockets[0].getsockname()[1]
    async with server:
        yield bird


@pytest.fixture
async def proxy(parrot: Parrot) -> AsyncIterator[Proxy]:
    async with Proxy(parrot.port) as proxy:
        yield proxy


@pytest.fixture
async def client(proxy: Proxy) -> AsyncIterator[Client]:
    client = await Client.connect(proxy)
    yield client
    client.writer.close()


async def greet(client: Client) -> None:
    client.say(b"hello")
    assert await client.hears(b"hello")


async def test_bytes_pass_both_ways(client: Client) -> None:
    await greet(client)


async def test_an_end_passes_both_ways(client: Client) -> None:
    client.say(b"hello")
    client.writer.write_eof()
    assert await client.reader.read() == b"hellobye"


async def test_a_cut_ends_connections_and_refuses_new_ones_until_it_is_healed(
    proxy: Proxy, client: Client
) -> None:
    await greet(client)
    await proxy.cut()
    assert await client.ended()
    assert proxy.connections == 0
    with pytest.raises(ConnectionRefusedError):
        await Client.connect(proxy)
    await proxy.heal()
    again = await Client.connect(proxy)
    await greet(again)
    assert proxy.accepted == 2
    again.writer.close()


async def test_what_is_held_on_the_way_up_passes_later(
    proxy: Proxy, parrot: Parrot, client: Client
) -> None:
    await greet(client)
    proxy.hold(Direction.UP)
    client.say(b" there")
    assert await client.hears_nothing()
    assert parrot.heard == b"hello"
    await proxy.heal()
    assert await client.hears(b" there")


async def test_what_is_held_on_the_way_down_was_heard(
    proxy: Proxy, parrot: Parrot, client: Client
) -> None:
    proxy.hold(Direction.DOWN)
    client.say(b"hello")
    await parrot.has_heard(b"hello")
    assert await client.hears_nothing()
    await proxy.heal()
    assert await client.hears(b"hello")


@pytest.mark.parametrize("direction", [Direction.UP, Direction.DOWN, Direction.BOTH])
async def test_new_connections_are_held_too(proxy: Proxy, direction: Direction) -> None:
    proxy.hold(direction)
    client = await Client.connect(proxy)
    client.say(b"hello")
    assert await client.hears_nothing()
    await proxy.heal()
    assert await client.hears(b"hello")
    client.writer.close()


async def test_what_is_swallowed_never_comes_and_ends_the_connection_when_it_is_healed(
    proxy: Proxy, parrot: Parrot, client: Client
) -> None:
    await greet(client)
    proxy.swallow(Direction.UP)
    client.say(b" there")
    assert await client.hears_nothing()
    await proxy.heal()
    assert await client.ended()
    assert parrot.heard == b"hello"


async def test_a_connection_that_lost_nothing_outlives_a_swallow(
    proxy: Proxy, client: Client
) -> None:
    await greet(client)
    proxy.swallow(Direction.BOTH)
    await proxy.heal()
    await greet(client)


async def test_one_connection_is_dropped_by_what_it_said(proxy: Proxy, client: Client) -> None:
    other = await Client.connect(proxy)
    await greet(client)
    other.say(b"SSUBSCRIBE a")
    assert await other.hears(b"SSUBSCRIBE a")
    assert await proxy.drop_connections(lambda said: b"SSUBSCRIBE" in said) == 1
    assert await other.ended()
    await greet(client)


async def test_one_connection_goes_deaf_by_what_it_said(
    proxy: Proxy, parrot: Parrot, client: Client
) -> None:
    other = await Client.connect(proxy)
    other.say(b"SSUBSCRIBE a")
    assert await other.hears(b"SSUBSCRIBE a")
    assert proxy.deafen(lambda said: b"SSUBSCRIBE" in said) == 1
    other.say(b"!")
    await parrot.has_heard(b"SSUBSCRIBE a!")
    assert await other.hears_nothing()
    await greet(client)
    other.writer.close()


async def test_where_no_server_is_a_connection_ends() -> None:
    async with Proxy(free_port()) as proxy:
        client = await Client.connect(proxy)
        assert await client.ended()


async def test_a_held_connection_can_be_cut(proxy: Proxy, client: Client) -> None:
    await greet(client)
    proxy.hold(Direction.BOTH)
    client.say(b"lost")
    await proxy.cut()
    assert await client.ended()


@contextmanager
def echoing() -> Iterator[int]:
    """Echo one connection's bytes, without an event loop."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                while data := connection.recv(1000):
                    connection.sendall(data)

        thread = Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


def test_a_proxy_works_in_a_thread_too() -> None:
    with (
        echoing() as port,
        ThreadProxy(port) as proxy,
        socket.create_connection(("127.0.0.1", proxy.port)) as client,
    ):
        client.sendall(b"hello")
        assert client.recv(5) == b"hello"
        proxy.hold(Direction.DOWN)
        client.sendall(b" there")
        client.settimeout(SILENCE)
        with pytest.raises(TimeoutError):
            client.recv(1)
        client.settimeout(10)
        proxy.heal()
        assert client.recv(6) == b" there"
        assert proxy.connections == proxy.accepted == 1
        assert proxy.deafen(lambda said: b"absent" in said) == 0
        assert proxy.drop_connections(lambda said: said == b"hello there") == 1
        assert client.recv(1) == b""

"""The systems that Straks is measured beside."""

from __future__ import annotations

import json
import sys
from abc import abstractmethod
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Final

from bench.peers.centrifugo import CONFIG, CentrifugoServer
from bench.peers.install import HOME, PROGRAMS
from bench.peers.nats import NatsServer
from bench.peers.plain import PlainServer
from bench.peers.socketio import SocketIOServer
from bench.peers.straks_system import StraksSystem
from bench.peers.system import System, Terms
from bench.ports import free_port
from bench.server import RedisServer, redis, start_process, until_ready

__all__ = ["SYSTEMS"]

_NO_STORAGE: Final = {"storm": "it keeps no messages: nobody can go on where they were"}
"""What a system cannot do that keeps nothing."""
_ON_DISK_IN_REDIS: Final = "on the disk, in Redis, before it is acknowledged (appendfsync always)"
_ONE_CORE: Final = {"GOMAXPROCS": "1"}
"""Programs in Go run as many threads at a time as the server has cores."""
_MISSING: Final = (
    "a repeat is a second message; no rights by channel, validation, state, inbox, answers"
)


class _Program(System):
    """One that is a program of its own, over a Redis or without."""

    needs_redis = True
    file: Path
    """That is there when it was installed."""
    server: type[PlainServer] = PlainServer
    ready = "/"
    """Path that answers when it is up."""
    monitored = False
    """That path is on a port of its own."""

    def lacking(self) -> str | None:
        """Say what is not installed."""
        if self.file.exists():
            return None
        return f"{self.file.name} is not installed (python -m bench.peers.install)"

    @asynccontextmanager
    async def start(self, folder: Path) -> AsyncIterator[PlainServer]:
        """Start it, and its Redis."""
        async with AsyncExitStack() as stack:
            log: RedisServer | None = None
            if self.needs_redis:
                log = await stack.enter_async_context(redis(folder))
            port = free_port()
            monitor = free_port() if self.monitored else port
            command = self.command(folder, port, monitor, log.url if log else "")
            env = {"BENCH_REDIS": log.url if log else "", **self.env()}
            output = folder / "server.log"
            process = await stack.enter_async_context(start_process(command, env, 0, output))
            await until_ready(process, f"http://127.0.0.1:{monitor}{self.ready}", output)
            server = self.server(port, [process.pid], [log.pid] if log else [])
            await server.prepare()
            yield server

    def env(self) -> Mapping[str, str]:
        """Give what it has in its environment."""
        return {}

    @abstractmethod
    def command(self, folder: Path, port: int, monitor: int, redis_url: str) -> Sequence[str]:
        """Give the command line; ``monitor``: the port that tells whether it is up."""


class StarletteHub(_Program):
    """A hub in a page of Python."""

    name = "uvicorn + Starlette"
    terms = Terms(
        durable="no: nothing is stored",
        ordered="as they come",
        resumable="no",
        missing=f"one node only; {_MISSING}",
    )
    cannot = _NO_STORAGE
    needs_redis = False
    file = Path(sys.executable)

    def command(self, folder: Path, port: int, monitor: int, redis_url: str) -> Sequence[str]:
        """uvicorn at its fastest."""
        return [
            sys.executable, "-m", "uvicorn", "bench.peers.programs.starlette_hub:app",
            "--port", str(port), "--log-level", "warning", "--loop", "uvloop",
            "--http", "httptools", "--ws", "websockets-sansio", "--no-access-log",
        ]  # fmt: skip


class SocketIOPython(_Program):
    """python-socketio over uvicorn."""

    name = "python-socketio"
    terms = Terms(
        durable="no: nothing is stored",
        ordered="as they come",
        resumable="no",
        missing=_MISSING,
    )
    cannot = _NO_STORAGE
    server = SocketIOServer
    file = HOME / "venv/installed"

    def command(self, folder: Path, port: int, monitor: int, redis_url: str) -> Sequence[str]:
        """In a virtual environment of its own."""
        return [
            str(HOME / "venv/bin/uvicorn"), "socketio_hub:app", "--app-dir", str(PROGRAMS),
            "--port", str(port), "--log-level", "warning", "--no-access-log",
        ]  # fmt: skip


class _Node(_Program):
    program: str
    file = HOME / "node_modules"

    def command(self, folder: Path, port: int, monitor: int, redis_url: str) -> Sequence[str]:
        """Modules are looked for beside the program: it runs from where they are."""
        copied = HOME / self.program
        copied.write_bytes((PROGRAMS / self.program).read_bytes())
        return ["node", str(copied), str(port), redis_url]

    def env(self) -> Mapping[str, str]:
        """As it is run for real."""
        return {"NODE_ENV": "production"}


class NodeWs(_Node):
    """ws with one Redis stream for each channel."""

    name = "Node ws + Redis"
    program = "ws_redis.js"
    terms = Terms(
        durable=_ON_DISK_IN_REDIS,
        ordered="by channel",
        resumable="yes, after any message",
        missing=f"one node only; {_MISSING}",
    )


class SocketIONode(_Node):
    """Socket.IO with the adapter for Redis Streams."""

    name = "Socket.IO"
    program = "socketio_redis.js"
    server = SocketIOServer
    terms = Terms(
        durable="no: acknowledged before it is in Redis, which then syncs it",
        ordered="as they come",
        resumable="once, within two minutes, by the session that was cut, while its place is among "
        "the last 100,000 messages of all channels",
        missing=_MISSING,
    )


class Nats(_Program):
    """NATS with a stream in files."""

    name = "NATS JetStream"
    server = NatsServer
    needs_redis = False
    file = HOME / "bin/nats-server"
    ready = "/healthz"
    monitored = True
    terms = Terms(
        durable="on the disk before it is acknowledged (sync_interval: always)",
        ordered="in one order for all channels",
        resumable="yes, after any message, by reading the stream (direct get)",
        missing=_MISSING,
    )

    def command(self, folder: Path, port: int, monitor: int, redis_url: str) -> Sequence[str]:
        """Every write is synced before it is acknowledged, as with Redis and Straks."""
        config = folder / "nats.conf"
        config.write_text(
            f"listen: 127.0.0.1:{free_port()}\nhttp: 127.0.0.1:{monitor}\n"
            f"websocket {{ listen: '127.0.0.1:{port}', no_tls: true }}\n"
            f"jetstream {{ store_dir: '{folder / 'js'}', sync_interval: always }}\n"
            "max_connections: 1000000\n"
        )
        return [str(self.file), "--config", str(config)]

    def env(self) -> Mapping[str, str]:
        """As many threads as it has cores."""
        return _ONE_CORE


class Centrifugo(_Program):
    """The reference."""

    name = "Centrifugo"
    server = CentrifugoServer
    file = HOME / "bin/centrifugo"
    ready = "/health"
    terms = Terms(
        durable=_ON_DISK_IN_REDIS,
        ordered="by channel",
        resumable="yes, after any of the last 10,000 messages of a channel, for a day",
        missing=_MISSING,
    )

    def command(self, folder: Path, port: int, monitor: int, redis_url: str) -> Sequence[str]:
        """History in Redis, which syncs every write."""
        config = folder / "centrifugo.json"
        whole = {
            **CONFIG,
            "http_server": {"address": "127.0.0.1", "port": str(port)},
            "engine": {"type": "redis", "redis": {"address": [redis_url]}},
        }
        config.write_text(json.dumps(whole))
        return [str(self.file), "--config", str(config)]

    def env(self) -> Mapping[str, str]:
        """As many threads as it has cores."""
        return _ONE_CORE


SYSTEMS: Final[Mapping[str, System]] = {
    "straks-sqlite": StraksSystem("sqlite"),
    "straks-redis": StraksSystem("redis"),
    "starlette": StarletteHub(),
    "socketio-python": SocketIOPython(),
    "ws": NodeWs(),
    "socketio": SocketIONode(),
    "nats": Nats(),
    "centrifugo": Centrifugo(),
}

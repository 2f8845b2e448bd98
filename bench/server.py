"""Start and measure the servers under test, each a process of its own."""

from __future__ import annotations

import asyncio
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from bench.ports import free_port

__all__ = [
    "ORIGIN",
    "Nodes",
    "Running",
    "StartFailedError",
    "RedisServer",
    "load_core",
    "pin",
    "redis",
    "start_process",
    "straks",
    "straks_in",
    "straks_nodes",
    "until_ready",
]

UNLIMITED = {
    f"STRAKS_{name}": "1000000"
    for name in ("PUBLISH_RATE", "PUBLISH_BURST", "READ_RATE", "READ_BURST")
}
"""A bench is one address that does the work of thousands."""


CORES = sorted(os.sched_getaffinity(0))
EMAIL = "bench@example.org"
ORIGIN = "http://bench.example.org"
PASSWORD = secrets.token_urlsafe(16)


class StartFailedError(Exception):
    """A server under test did not come up; the message holds what it printed."""


@dataclass
class Running:
    """A server under test."""

    port: int
    process: psutil.Process
    storage: Sequence[int] = ()
    """Process ids of what it keeps its log in, beside itself."""
    start_seconds: float = 0.0
    """From the start of the process until it was ready."""
    _cookies: httpx.Cookies = field(default_factory=httpx.Cookies)

    def __reduce__(self) -> tuple[Any, ...]:
        """Another process may load the same server, signed in as here."""
        cookies = dict(self._cookies)
        return _again, (self.port, self.process.pid, tuple(self.storage), cookies)

    def cpu_seconds(self) -> float:
        """CPU time of the process so far, all threads, user and system."""
        return _cpu_seconds(self.process)

    def storage_cpu_seconds(self) -> float:
        """The same of what it keeps its log in."""
        return sum(_cpu_seconds(psutil.Process(pid)) for pid in self.storage)

    def memory(self) -> dict[str, float]:
        """MiB that are in memory, and that are there for this process alone."""
        used = self.process.memory_full_info()
        return {"rss_mib": round(used.rss / 2**20, 1), "uss_mib": round(used.uss / 2**20, 1)}

    async def sign_in(self) -> None:
        """Sign the bench's agent in, once for all its connections."""
        async with self.http() as http:
            reply = await http.post("/v1/session", json={"email": EMAIL, "password": PASSWORD})
            reply.raise_for_status()
            self._cookies.update(reply.cookies)

    async def agent_token(self) -> str:
        """Give a fresh socket token of the agent."""
        async with self.http() as http:
            reply = await http.get("/v1/session")
            reply.raise_for_status()
            return str(reply.json()["token"])

    def http(self) -> httpx.AsyncClient:
        """Give a client of the HTTP API, on which the agent is signed in; the caller closes it."""
        origin = f"http://127.0.0.1:{self.port}"
        return httpx.AsyncClient(
            base_url=origin, headers={"Origin": origin}, cookies=self._cookies, timeout=30
        )


def _again(port: int, pid: int, storage: Sequence[int], cookies: dict[str, str]) -> Running:
    return Running(port, psutil.Process(pid), storage, _cookies=httpx.Cookies(cookies))


def _cpu_seconds(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def pin(pid: int, cpu: int) -> None:
    """Keep a process on one core, so that server and load do not share; a no-op on one core."""
    os.sched_setaffinity(pid, {CORES[cpu % len(CORES)]})


def load_core(number: int) -> int:
    """Give the core of a process of the load: its own, behind those of servers and Redis.

    On two cores all of the load is on one, which it shares with Redis.
    """
    return 1 if len(CORES) < 3 else 2 + number % (len(CORES) - 2)


@asynccontextmanager
async def start_process(
    command: Sequence[str], env: Mapping[str, str], cpu: int, log: Path
) -> AsyncIterator[subprocess.Popen[bytes]]:
    """Run a program on one core until the block ends; what it prints goes to ``log``."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, env={**os.environ, **env}, stdout=out, stderr=subprocess.STDOUT
        )
    try:
        pin(process.pid, cpu)
        yield process
    finally:
        process.terminate()
        try:
            await asyncio.to_thread(process.wait, 20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


async def until_ready(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    """Wait until a server answers a GET of ``url`` with 200.

    Raises:
        StartFailedError: it does not; the message holds what it printed.
    """
    async with httpx.AsyncClient() as http:
        for _ in range(600):
            if process.poll() is not None:
                raise StartFailedError(log.read_text(errors="replace"))
            try:
                if (await http.get(url, timeout=5)).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.05)
    raise StartFailedError(f"not ready in time\n{log.read_text(errors='replace')}")


@dataclass(frozen=True, slots=True)
class RedisServer:
    """A Redis that runs."""

    port: int
    pid: int

    @property
    def url(self) -> str:
        """Where it is."""
        return f"redis://127.0.0.1:{self.port}/0"


@asynccontextmanager
async def redis(folder: Path, *, appendfsync: str = "always") -> AsyncIterator[RedisServer]:
    """A Redis of our own that writes every append to disk before it answers."""
    program = shutil.which("redis-server")
    if program is None:
        raise StartFailedError("redis-server is not installed: apt-get install redis-server")
    port = free_port()
    command = [
        program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", "",
        "--appendonly", "yes", "--appendfsync", appendfsync, "--maxmemory-policy", "noeviction",
    ]  # fmt: skip
    async with start_process(command, {}, 1, folder / "redis.log") as process:
        for _ in range(200):
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                if process.poll() is not None:
                    raise StartFailedError((folder / "redis.log").read_text()) from None
                await asyncio.sleep(0.05)
            else:
                writer.close()
                break
        yield RedisServer(port, process.pid)


@asynccontextmanager
async def straks(backend: str, **settings: Any) -> AsyncIterator[Running]:
    """A Straks server with a fresh data directory, one agent account and no rate limits."""
    folder = Path(tempfile.mkdtemp(prefix="straks-bench-"))
    try:
        if backend == "redis":
            async with (
                redis(folder) as log,
                straks_in(folder, redis=log.url, **settings) as running,
            ):
                running.storage = (log.pid,)
                yield running
        else:
            async with straks_in(folder, **settings) as running:
                yield running
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@asynccontextmanager
async def straks_in(folder: Path, **settings: Any) -> AsyncIterator[Running]:
    """A Straks server whose data is in ``folder/data``; what is there has the bench's agent."""
    port = free_port()
    env = {
        **UNLIMITED,
        "STRAKS_PORT": str(port),
        "STRAKS_DATA": str(folder / "data"),
        "STRAKS_LOG_LEVEL": "warning",
        **{f"STRAKS_{name.upper()}": str(value) for name, value in settings.items()},
    }
    if (folder / "data").exists():
        _set_password(env, "password", EMAIL)
    else:
        _add_agent(env)
    log = folder / "straks.log"
    began = time.perf_counter()
    async with start_process([sys.executable, "-m", "straks", "serve"], env, 0, log) as process:
        await until_ready(process, f"http://127.0.0.1:{port}/readyz", log)
        running = Running(
            port, psutil.Process(process.pid), start_seconds=time.perf_counter() - began
        )
        await running.sign_in()
        yield running


class Nodes:
    """Servers that are one: over a Redis, and records in a file that they share."""

    def __init__(self, folder: Path, url: str, count: int) -> None:
        self.ports = [free_port() for _ in range(count)]
        self.kills = 0
        self._folder = folder
        self._processes: list[subprocess.Popen[bytes] | None] = [None] * count
        self._cookies = httpx.Cookies()
        self._env = {
            **UNLIMITED,
            "STRAKS_REDIS": url,
            "STRAKS_DATABASE": f"sqlite+aiosqlite:///{folder / 'records.db'}",
            "STRAKS_PUBLIC_URL": ORIGIN,
            "STRAKS_LOG_LEVEL": "warning",
            "STRAKS_MAX_CONNECTIONS_PER_ADDRESS": "100000",
        }

    async def start(self, number: int) -> None:
        """Start a node, and wait until it is ready."""
        env = {
            **self._env,
            "STRAKS_PORT": str(self.ports[number]),
            "STRAKS_DATA": str(self._folder / f"node{number}"),
        }
        log = self._folder / f"node{number}.log"
        with log.open("ab") as out:
            process = subprocess.Popen(
                [sys.executable, "-m", "straks", "serve"],
                env={**os.environ, **env}, stdout=out, stderr=subprocess.STDOUT,
            )  # fmt: skip
        self._processes[number] = process
        await until_ready(process, f"http://127.0.0.1:{self.ports[number]}/readyz", log)

    async def begin(self) -> None:
        """Make the agent's account, start all, and sign in."""
        _add_agent(self._env)
        for number in range(len(self.ports)):
            await self.start(number)
        async with self._http() as http:
            url = f"http://127.0.0.1:{self.ports[0]}/v1/session"
            reply = await http.post(url, json={"email": EMAIL, "password": PASSWORD})
            reply.raise_for_status()
            self._cookies.update(reply.cookies)

    def kill(self, number: int) -> None:
        """Kill a node, as a power cut would."""
        process = self._processes[number]
        if process is not None:
            process.kill()
            process.wait()
            self._processes[number] = None
            self.kills += 1

    def cpu_seconds(self) -> float:
        """CPU time of those that run now."""
        running = [psutil.Process(p.pid) for p in self._processes if p is not None]
        return sum(sum(process.cpu_times()[:2]) for process in running)

    async def agent_token(self) -> str:
        """Give a fresh socket token of the agent, from whichever node answers."""
        async with self._http() as http:
            while True:
                for port in self.ports:
                    try:
                        reply = await http.get(f"http://127.0.0.1:{port}/v1/session")
                    except httpx.TransportError:
                        continue
                    if reply.status_code == 200:
                        return str(reply.json()["token"])
                await asyncio.sleep(0.05)

    def _http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(headers={"Origin": ORIGIN}, cookies=self._cookies, timeout=30)


@asynccontextmanager
async def straks_nodes(count: int) -> AsyncIterator[Nodes]:
    """Several Straks servers over a Redis of their own that writes every append to disk."""
    folder = Path(tempfile.mkdtemp(prefix="straks-bench-"))
    try:
        async with redis(folder) as log:
            nodes = Nodes(folder, log.url, count)
            try:
                await nodes.begin()
                yield nodes
            finally:
                for number in range(count):
                    nodes.kill(number)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _add_agent(env: Mapping[str, str]) -> None:
    _set_password(env, "add", EMAIL, "--name", "Bench")


def _set_password(env: Mapping[str, str], *command: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "straks", "agent", *command, "--password-stdin"],
        env={**os.environ, **env}, input=PASSWORD.encode(), capture_output=True, check=False,
    )  # fmt: skip
    if done.returncode:
        raise StartFailedError(done.stderr.decode(errors="replace"))

"""The real server as a process, for tests that kill it."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from bench.ports import free_port

__all__ = ["ServerError", "ServerProcess", "run_straks"]

START_TIME = 90.0
"""Seconds that a start may take on a busy machine."""


class ServerError(AssertionError):
    """The server did not do as it was told; the message ends with its log."""


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Give this process's environment with no other ``STRAKS_*`` settings than these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STRAKS_")}
    return kept | {f"STRAKS_{name.upper()}": value for name, value in settings.items()}


def run_straks(
    *arguments: str, stdin: str = "", **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run a ``straks`` command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "straks", *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=START_TIME,
        env=environment(settings),
        check=False,
    )


class ServerProcess:
    """``straks serve`` with its data below ``folder``; as a context it is started and killed."""

    def __init__(
        self,
        folder: Path,
        *,
        redis: str | None = None,
        arguments: Sequence[str] = ("serve",),
        **settings: str,
    ) -> None:
        """``settings`` are those of the server in lower case, e.g. ``heartbeat="1"``."""
        self.arguments = tuple(arguments)
        self.data = folder / "data"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.socket_url = f"ws://127.0.0.1:{self.port}/v1/socket"
        self.log = folder / "server.log"
        self.settings = {
            "data": str(self.data),
            "port": str(self.port),
            "log_format": "json",
            "log_level": "info",
            **({"redis": redis} if redis else {}),
            **settings,
        }
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def command(self) -> list[str]:
        """What runs the server."""
        return [sys.executable, "-m", "straks", *self.arguments]

    @property
    def environment(self) -> dict[str, str]:
        """The variables that it runs with."""
        return environment(self.settings)

    def use_https(self) -> None:
        """Reach it over TLS, whoever signed its certificate."""
        self.url = self.url.replace("http:", "https:")
        self.socket_url = self.socket_url.replace("ws:", "wss:")

    def start(self) -> Self:
        """Start it, and return when it is ready."""
        if self.process is not None and self.process.poll() is None:
            raise ServerError("the server runs already")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self.environment,
            )
        self.wait_ready()
        return self

    def wait_ready(self, timeout: float = START_TIME) -> None:
        """Return when ``/readyz`` says 200."""
        deadline = time.monotonic() + timeout
        with httpx.Client(trust_env=False, verify=False) as client:
            while time.monotonic() < deadline:
                if self.process is not None and self.process.poll() is not None:
                    raise ServerError(f"it ended with {self.process.returncode}\n{self.tail()}")
                try:
                    if client.get(f"{self.url}/readyz", timeout=5).status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                time.sleep(0.02)
        raise ServerError(f"it was not ready in {timeout} s\n{self.tail()}")

    def kill(self) -> None:
        """Kill it at once, as a power cut would."""
        self._send(signal.SIGKILL)

    def stop(self, timeout: float = START_TIME) -> int:
        """Ask it to stop in an orderly way; gives its exit code."""
        return self._send(signal.SIGTERM, timeout)

    def restart(self) -> Self:
        """Kill it and start it again on the same port and data."""
        self.kill()
        return self.start()

    async def start_async(self) -> Self:
        """Start it while this event loop goes on."""
        return await asyncio.to_thread(self.start)

    async def stop_async(self) -> int:
        """Stop it while this event loop goes on."""
        return await asyncio.to_thread(self.stop)

    async def restart_async(self) -> Self:
        """Kill it and start it again while this event loop goes on."""
        return await asyncio.to_thread(self.restart)

    def add_agent(self, email: str, name: str, password: str) -> None:
        """Make an agent's account with the command line."""
        done = run_straks(
            "agent", "add", email, "--name", name, "--password-stdin",
            stdin=password + "\n", data=str(self.data),
        )  # fmt: skip
        if done.returncode != 0:
            raise ServerError(f"agent add ended with {done.returncode}: {done.stderr}")

    def sign_in(self, client: httpx.Client, email: str, password: str) -> dict[str, object]:
        """Sign an agent in; the cookie stays with ``client``."""
        response = client.post(
            f"{self.url}/v1/session",
            json={"email": email, "password": password},
            headers={"Origin": self.url},
        )
        if response.status_code != 200:
            raise ServerError(f"sign-in gave {response.status_code}: {response.text}")
        body: dict[str, object] = response.json()
        return body

    def tail(self) -> str:
        """Give the end of the server's log."""
        return self.log.read_text(errors="replace")[-4000:] if self.log.exists() else ""

    def _send(self, number: signal.Signals, timeout: float = START_TIME) -> int:
        if self.process is None:
            raise ServerError("the server was never started")
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            return self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise ServerError(f"it did not stop in {timeout} s\n{self.tail()}") from None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.kill()

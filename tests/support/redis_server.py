"""A real Redis for tests, on a free port of its own."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from bench.ports import free_port

__all__ = ["RedisServer", "redis_server"]

_START_SECONDS: Final = 60.0


class RedisServer:
    """A ``redis-server`` process; its directory and port stay when it is started again."""

    def __init__(self, directory: Path, **options: str) -> None:
        """Prepare a server; ``options`` are those of redis.conf with ``_`` for ``-``.

        Raises:
            RuntimeError: there is no redis-server.
        """
        program = shutil.which("redis-server")
        if program is None:
            raise RuntimeError(
                "redis-server is not installed, and the tests need it: apt-get install redis-server"
            )
        self.port = free_port()
        self.directory = directory
        settings = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "dir": str(directory),
            "save": "",
            "appendonly": "yes",
            "appendfsync": "everysec",
            **{name.replace("_", "-"): value for name, value in options.items()},
        }
        self._command = [program]
        for name, value in settings.items():
            self._command += [f"--{name}", value]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address that the log is opened with."""
        return f"redis://127.0.0.1:{self.port}/0"

    @property
    def pid(self) -> int:
        """The process that runs now."""
        assert self._process is not None
        return self._process.pid

    def client(self) -> redis.Redis:
        """Connect to it; close the client after use."""
        return redis.Redis(port=self.port, retry=Retry(NoBackoff(), 0))

    def start(self) -> None:
        """Start it, and wait until it answers.

        Raises:
            RuntimeError: it does not.
        """
        log = self.directory / "redis.log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                with self.client() as client:
                    client.ping()
                return
            except redis.ConnectionError as error:  # also while it is loading
                if self._process.poll() is not None or time.monotonic() > deadline:
                    self.kill()
                    raise RuntimeError(f"redis-server did not start:\n{log.read_text()}") from error
            time.sleep(0.02)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """End it in good order."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(_START_SECONDS)
            self._process = None

    def empty(self) -> None:
        """Remove all data."""
        with self.client() as client:
            client.flushall()


@contextmanager
def redis_server(directory: Path, **options: str) -> Iterator[RedisServer]:
    """Run a server while the block runs."""
    server = RedisServer(directory, **options)
    server.start()
    try:
        yield server
    finally:
        server.kill()

"""A real PostgreSQL for tests, on a free port of its own."""

from __future__ import annotations

import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import psutil

from bench.ports import free_port

__all__ = ["PostgresServer", "postgres_server"]

_START_SECONDS: Final = 30.0

_USER: Final = "straks"
_PASSWORD: Final = "g/e#h:e@im?"
"""With every sign that an address must write in another way."""

_SETTINGS: Final = {
    "listen_addresses": "127.0.0.1",
    # What is committed survives a kill, which takes no machine along.
    "fsync": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "60",
}


class PostgresServer:
    """A ``postgres`` process; its data and port stay when it is started again."""

    def __init__(self, directory: Path) -> None:
        """Prepare a server that keeps everything in ``directory``, and give it that.

        Raises:
            RuntimeError: there is no PostgreSQL.
        """
        self.port = free_port()
        self.directory = directory
        self._data = directory / "data"
        self._log = directory / "postgres.log"
        self._bin = _find_binaries()
        self._as_user = _as_user()
        if "user" in self._as_user:
            os.chown(directory, self._as_user["user"], self._as_user["group"])
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address of the database that :meth:`empty` empties."""
        return self.address(_USER)

    def address(self, name: str, *, password: str = _PASSWORD, port: int | None = None) -> str:
        """Give the address of a database."""
        quoted = quote(password, safe="")
        return f"postgresql+asyncpg://{_USER}:{quoted}@127.0.0.1:{port or self.port}/{name}"

    @property
    def pid(self) -> int:
        """The process that runs now."""
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Start it, and wait until it answers; the first time, make it.

        Raises:
            RuntimeError: it does not.
        """
        made = self._data.exists()
        if not made:
            self._initialise()
        options = {**_SETTINGS, "unix_socket_directories": str(self.directory)}
        command = [str(self._bin / "postgres"), "-D", str(self._data), "-p", str(self.port)]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        with self._log.open("ab") as output:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.directory,
                **self._as_user,
            )
        self._wait()
        if not made:
            self.sql(f"CREATE ROLE {_USER} LOGIN PASSWORD '{_PASSWORD}'", "postgres")
            self.create(_USER)

    def sql(self, statement: str, database: str = _USER) -> str:
        """Run a statement as the administrator, and give what it printed.

        Raises:
            RuntimeError: it failed.
        """
        done = self._psql(statement, database)
        if done.returncode != 0:
            raise RuntimeError(f"{statement}: {done.stderr}")
        return done.stdout.strip()

    def create(self, name: str, encoding: str = "UTF8") -> str:
        """Make another database, and give its address; one of the same name goes."""
        self.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)", "postgres")
        self.sql(
            f"CREATE DATABASE {name} OWNER {_USER} TEMPLATE template0 ENCODING '{encoding}'"
            + (" LOCALE 'C' LOCALE_PROVIDER libc" if encoding != "UTF8" else ""),
            "postgres",
        )
        return self.address(name)

    def empty(self) -> None:
        """Remove all tables of the database at :attr:`url`, and end what is connected to it."""
        self.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid();"
            "DROP SCHEMA IF EXISTS public CASCADE;"
            f"CREATE SCHEMA public AUTHORIZATION {_USER}"
        )

    def pause(self) -> None:
        """Let nothing of it run: connections stay open, and nobody answers."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """End :meth:`pause`."""
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """End all of it at once, as a power cut would."""
        if self._process is not None:
            self._signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """End it in good order; who is connected is sent away."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(_START_SECONDS)
            self._process = None

    def restart(self) -> None:
        """Stop it and start it again."""
        self.stop()
        self.start()

    def _signal(self, number: signal.Signals) -> None:
        # Every process of PostgreSQL is in a session of its own: no group reaches them all.
        server = psutil.Process(self.pid)
        # First: what it starts while we look for its children would else go on.
        server.send_signal(number)
        for process in server.children(recursive=True):
            try:
                process.send_signal(number)
            except psutil.NoSuchProcess:
                continue

    def _initialise(self) -> None:
        version = subprocess.run(
            [self._bin / "initdb", "--version"], capture_output=True, text=True, check=True
        ).stdout
        found = re.search(r"\d+", version)
        # A language's own order of texts, as most servers have it: what we sort must not mind.
        newer = found is not None and int(found[0]) >= 15
        order = ["--locale-provider=icu", "--icu-locale=en"] if newer else []
        done = subprocess.run(
            [
                self._bin / "initdb",
                "--pgdata", self._data, "--username", "postgres", "--encoding", "UTF8",
                "--locale", "C.UTF-8", *order, "--no-sync",
                "--auth-local", "trust", "--auth-host", "scram-sha-256",
            ],
            capture_output=True, text=True, check=False, cwd=self.directory, **self._as_user,
        )  # fmt: skip
        if done.returncode != 0:
            raise RuntimeError(f"initdb failed: {done.stdout}{done.stderr}")

    def _psql(self, statement: str, database: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [
                self._bin / "psql", "--no-psqlrc", "--quiet", "--tuples-only", "--no-align",
                "--host", self.directory, "--port", str(self.port), "--username", "postgres",
                "--set", "ON_ERROR_STOP=1", "--command", statement, database,
            ],
            capture_output=True, text=True, check=False, timeout=_START_SECONDS,
        )  # fmt: skip

    def _wait(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _START_SECONDS
        while (answer := self._psql("SELECT 1", "postgres")).returncode != 0:
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill() if self._process.poll() is None else None
                log = self._log.read_text(errors="replace")[-2000:]
                raise RuntimeError(f"postgres did not start: {answer.stderr}\n{log}")
            time.sleep(0.05)


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """Run a server while the block runs, in a directory of its own that goes with it."""
    # Not below pytest's directory: as root, the user that PostgreSQL runs as cannot enter that.
    with tempfile.TemporaryDirectory(prefix="straks-postgres-") as directory:
        server = PostgresServer(Path(directory))
        try:
            server.start()
            yield server
        finally:
            server.kill()


def _find_binaries() -> Path:
    on_path = shutil.which("initdb")
    if on_path is not None:
        return Path(on_path).resolve().parent
    # Debian keeps the server's programs of each version off the path.
    versions = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if not versions:
        raise RuntimeError(
            "PostgreSQL is not installed, and the tests need it: apt-get install postgresql"
        )
    return max(versions, key=lambda path: [int(n) for n in re.findall(r"\d+", path.parent.name)])


def _as_user() -> dict[str, Any]:
    """Give how to start PostgreSQL, which refuses to run as root."""
    if os.getuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    raise RuntimeError("PostgreSQL does not run as root, and there is no user postgres or nobody")

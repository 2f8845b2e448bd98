"""Several real servers that are one: over one Redis, and one database."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx

from tests.support.http import http
from tests.support.server import ServerError, ServerProcess, run_straks
from tests.support.stopping import resume, stop

__all__ = ["ORIGIN", "UNLIMITED", "Nodes"]

ORIGIN: Final = "http://chat.example.com"
"""The address that browsers use, whichever node they reach."""
UNLIMITED: Final = {
    f"{what}_{measure}": "1000000" for what in ("publish", "read") for measure in ("rate", "burst")
}
"""Settings for a load that is one address and does the work of thousands."""

_EMAIL, _PASSWORD = "anna@example.com", "correct horse battery"
_RETRY_SECONDS: Final = 0.05
_READY_SECONDS: Final = 30.0


class Nodes:
    """``straks serve`` several times; as a context all are started, and killed.

    Each has a data directory and a port of its own. A node of one server over SQLite is one too.
    """

    def __init__(
        self,
        folder: Path,
        *,
        redis: str | Sequence[str] | None = None,
        database: str | None = None,
        count: int = 2,
        kind: type[ServerProcess] = ServerProcess,
        settings: Mapping[str, str] = UNLIMITED,
    ) -> None:
        """Prepare them, with one agent.

        ``redis`` is the address for all of them, or that of each, where a proxy stands before one.
        ``kind`` is what runs each; ``settings`` are those of the server in lower case.
        """
        addresses = [redis] * count if redis is None or isinstance(redis, str) else list(redis)
        shared = {
            "public_url": ORIGIN,
            **({"database": database} if database else {}),
            **settings,
        }
        secret = secrets.token_bytes(32)
        self._nodes: list[ServerProcess] = []
        for number, address in enumerate(addresses):
            place = folder / f"node{number}"
            _share_secret(place / "data", secret)
            self._nodes.append(kind(place, redis=address, **shared))
        self._cookies = httpx.Cookies()

    def __getitem__(self, number: int) -> ServerProcess:
        return self._nodes[number]

    def __iter__(self) -> Iterator[ServerProcess]:
        return iter(self._nodes)

    def __len__(self) -> int:
        return len(self._nodes)

    @property
    def ports(self) -> list[int]:
        """Where they listen."""
        return [node.port for node in self._nodes]

    def start(self) -> None:
        """Start all at the same time, and sign the agent in.

        Raises:
            ServerError: one did not start, or nobody may sign in.
        """
        self._add_agent()
        with ThreadPoolExecutor(len(self._nodes)) as threads:
            list(threads.map(ServerProcess.start, self._nodes))
        with http(cookies=self._cookies) as browser:
            reply = browser.post(
                f"{self._nodes[0].url}/v1/session",
                json={"email": _EMAIL, "password": _PASSWORD},
                headers={"Origin": ORIGIN},
            )
            if reply.status_code != 200:
                raise ServerError(f"sign-in gave {reply.status_code}: {reply.text}")
            self._cookies = browser.cookies

    def kill(self) -> None:
        """Kill all that run."""
        for node in self._nodes:
            if node.process is not None:
                node.kill()

    def pause(self, number: int) -> None:
        """Let one do nothing; its connections stay."""
        stop(self._pid(number))

    def resume(self, number: int) -> None:
        """End :meth:`pause`."""
        resume(self._pid(number))

    async def token(self, number: int = 0) -> str:
        """Give a fresh socket token of the agent, from any node, that of ``number`` first.

        Asks until one answers: all may be away just now.
        """
        urls = [self._nodes[(number + i) % len(self._nodes)].url for i in range(len(self._nodes))]
        async with httpx.AsyncClient(cookies=self._cookies, trust_env=False, timeout=5) as http:
            while True:
                for url in urls:
                    try:
                        reply = await http.get(f"{url}/v1/session", headers={"Origin": ORIGIN})
                    except httpx.TransportError:
                        continue
                    if reply.status_code == 200:
                        return str(reply.json()["token"])
                    if reply.status_code < 500:
                        raise ServerError(f"no token: {reply.status_code} {reply.text}")
                await asyncio.sleep(_RETRY_SECONDS)

    async def wait_ready(self, number: int, *, ready: bool = True) -> None:
        """Return when a node says that it can do its work, or that it cannot.

        Raises:
            ServerError: it does not say so.
        """
        said = "nothing"
        try:
            async with asyncio.timeout(_READY_SECONDS):
                while said != ("200" if ready else "503"):
                    try:
                        said = str((await self.get("/readyz", number)).status_code)
                    except httpx.TransportError as error:
                        said = repr(error)
                    await asyncio.sleep(_RETRY_SECONDS)
        except TimeoutError:
            raise ServerError(
                f"node {number} says {said}, and should be {'ready' if ready else 'unready'}\n"
                + self._nodes[number].tail()
            ) from None

    async def get(self, path: str, number: int = 0) -> httpx.Response:
        """Ask a node as the agent's browser does."""
        async with httpx.AsyncClient(cookies=self._cookies, trust_env=False, timeout=20) as http:
            return await http.get(f"{self._nodes[number].url}{path}", headers={"Origin": ORIGIN})

    def _add_agent(self) -> None:
        node = self._nodes[0]
        kept = {name: node.settings[name] for name in ("data", "database") if name in node.settings}
        done = run_straks(
            "agent", "add", _EMAIL, "--name", "Anna", "--password-stdin",
            stdin=_PASSWORD + "\n", **kept,
        )  # fmt: skip
        if done.returncode != 0:
            raise ServerError(f"agent add ended with {done.returncode}: {done.stderr}")

    def _pid(self, number: int) -> int:
        process = self._nodes[number].process
        assert process is not None
        return process.pid

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.kill()


def _share_secret(data: Path, secret: bytes) -> None:
    """Have a node sign as all of them do."""
    data.mkdir(parents=True, mode=0o700)
    path = data / "secret"
    path.touch(mode=0o600)
    path.write_bytes(secret)

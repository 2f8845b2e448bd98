"""A program of the operator's that answers look-ups, as a real HTTP server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import orjson

__all__ = ["Webhook", "webhook"]


class Webhook:
    """Answers each request as it was last told; ``requests`` are all that came."""

    def __init__(self) -> None:
        self.url = ""
        self.requests: list[tuple[dict[str, str], bytes]] = []
        """Headers, their names in small letters, and body."""
        self.answer: bytes = b""
        self.gate = asyncio.Event()
        """Nothing is answered while it is not set."""
        self.gate.set()
        self.give({})

    def give(self, members: Any, status: int = 200, **headers: str) -> None:
        """Answer with JSON from now on."""
        self.give_raw(orjson.dumps(members), status, headers)

    def give_raw(self, body: bytes, status: int = 200, headers: Mapping[str, str] = {}) -> None:
        """Answer with this from now on."""
        lines = [f"HTTP/1.1 {status} So", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.answer = "\r\n".join([*lines, "", ""]).encode() + body

    def told(self) -> list[Any]:
        """Give what the requests said."""
        return [orjson.loads(body) for _, body in self.requests]

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
            pairs = (line.partition(":") for line in head[1:] if line)
            headers = {name.lower(): value.strip() for name, _, value in pairs}
            body = await reader.readexactly(int(headers["content-length"]))
            self.requests.append((headers | {":line": head[0]}, body))
            await self.gate.wait()
            writer.write(self.answer)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            return  # the server has hung up
        finally:
            writer.close()


@asynccontextmanager
async def webhook() -> AsyncIterator[Webhook]:
    """Run one on a free port."""
    here = Webhook()
    server = await asyncio.start_server(here.talk, "127.0.0.1", 0)
    here.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/look/up?shop=1"
    async with server:
        yield here
        here.gate.set()

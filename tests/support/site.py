"""Visitors and the agent of a server that stands behind nginx with TLS."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import websockets

from straks_client import Client, Reset, Subscription, connect
from straks_protocol import START, Entry, Position
from tests.support.http import async_http

__all__ = ["PASSWORDS", "Page", "Site", "follow"]

_EMAIL: Final = "anna@example.com"
_PASSWORD: Final = "correct horse battery"
PASSWORDS: Final = {"Password": _PASSWORD, "Again": _PASSWORD}
"""What ``straks agent add`` asks for."""
_SHOP: Final = "https://shop.example"
_TIME: Final = 45.0
"""Seconds within which something comes, whatever is broken meanwhile."""


class Page:
    """What one side shows of a conversation."""

    def __init__(self, subscription: Subscription) -> None:
        self.entries: list[Entry] = []
        self.resets = 0
        self._subscription = subscription

    @property
    def texts(self) -> list[str]:
        """Its messages."""
        return [entry.data["text"] for entry in self.entries if entry.kind == "message"]

    @property
    def kinds(self) -> list[str]:
        """The kinds of all its entries."""
        return [entry.kind for entry in self.entries]

    @property
    def position(self) -> Position:
        """Where it stands."""
        last = self.entries[-1]
        return Position(offset=last.offset, id=last.id)

    async def until(self, holds: Callable[[Page], bool]) -> None:
        """Show what comes until this holds.

        Raises:
            AssertionError: it does not come to that.
        """
        try:
            async with asyncio.timeout(_TIME):
                while not holds(self):
                    event = await anext(self._subscription)
                    if isinstance(event, Reset):
                        self.resets += 1
                        self.entries.clear()
                    elif isinstance(event, Entry):
                        self.entries.append(event)
        except TimeoutError:
            raise AssertionError(f"shown after {self.resets} resets: {self.texts}") from None

    async def shows(self, *texts: str) -> None:
        """Return when these are its messages."""
        await self.until(lambda page: page.texts == list(texts))


class Site:
    """The server's address ``url``, and whom to trust there."""

    def __init__(self, url: str, certificate: Path) -> None:
        self.url = url
        # Of the address that browsers use, which has no port.
        self.origin = url.rpartition(":")[0]
        self._trust = ssl.create_default_context(cafile=str(certificate))
        self._cookies = httpx.Cookies()

    @asynccontextmanager
    async def visitor(self, token: str | None = None) -> AsyncIterator[Client]:
        """Connect a visitor: a new one, unless a token says who it is."""
        async with connect(
            self.url, token=token, origin=_SHOP, timeout=_TIME, random=_at_once
        ) as client:
            yield client

    @asynccontextmanager
    async def agent(self) -> AsyncIterator[Client]:
        """Connect the agent, signed in."""
        await self.ask("POST", "/v1/session", {"email": _EMAIL, "password": _PASSWORD})

        async def token() -> str:
            return str((await self.ask("GET", "/v1/session"))["token"])

        async with connect(
            self.url, token=token, origin=self.origin, timeout=_TIME, random=_at_once
        ) as client:
            yield client

    @asynccontextmanager
    async def socket(self, claimed: str, *, source: str) -> AsyncIterator[None]:
        """Hold a socket open, from an address of this machine that claims to bring others.

        Raises:
            InvalidStatus: it was refused.
        """
        async with websockets.connect(
            f"{self.url.replace('https', 'wss')}/v1/socket",
            ssl=self._trust,
            local_addr=(source, 0),
            subprotocols=[websockets.Subprotocol("straks.v1.json")],
            origin=websockets.Origin(_SHOP),
            additional_headers={"X-Forwarded-For": claimed},
            proxy=None,
        ):
            yield

    async def is_ready(self, status: int) -> None:
        """Return when ``/readyz`` says so, as whichever node answers."""
        async with (
            asyncio.timeout(_TIME),
            async_http(base_url=self.url, verify=self._trust) as browser,
        ):
            while (await browser.get("/readyz")).status_code != status:
                await asyncio.sleep(0.05)

    async def ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Ask as the agent's browser does, again while no server is there to answer."""
        async with (
            asyncio.timeout(_TIME),
            async_http(base_url=self.url, verify=self._trust, cookies=self._cookies) as browser,
        ):
            while True:
                reply = await browser.request(
                    method, path, json=body, headers={"Origin": self.origin}
                )
                if reply.status_code not in {502, 503, 504}:
                    break
                await asyncio.sleep(0.1)
        assert reply.status_code == 200, f"{path}: {reply.status_code} {reply.text}"
        self._cookies = browser.cookies
        found: dict[str, Any] = reply.json()
        return found

    async def inbox(self, state: str) -> list[str]:
        """List a state's conversations for the agent, by the text that they show."""
        found = await self.ask("GET", f"/v1/inbox/default?state={state}")
        return [str(each["preview"]) for each in found["conversations"]]

    async def lists(self, state: str, text: str) -> None:
        """Return when the agent's list shows a text.

        Raises:
            AssertionError: it does not.
        """
        found: list[str] = []
        try:
            async with asyncio.timeout(_TIME):
                while text not in found:
                    found = await self.inbox(state)
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"not {text!r} but {found} is listed as {state}") from None


def follow(client: Client, channel: str, after: Position = START) -> Page:
    """Show a conversation."""
    return Page(client.subscribe(channel, after=after))


def _at_once() -> float:
    return 0.05

"""A real browser, and a shop on another site that embeds the widget."""

from __future__ import annotations

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Final, Self, cast

import uvicorn
from playwright.sync_api import Browser, expect, sync_playwright

from bench.ports import free_port
from straks.demo import shop_app

__all__ = ["BrowserError", "Shop", "browser"]

PATIENCE: Final = 60_000
"""Milliseconds that a page may take for one step on a busy machine."""

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-proxy-server",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class BrowserError(AssertionError):
    """There is no browser to test with."""


def _chromium() -> str:
    for name in _NAMES:
        path = shutil.which(name)
        if path is not None:
            return path
    raise BrowserError("There is no Chromium on PATH; install it, e.g. apt-get install chromium.")


@contextmanager
def browser() -> Iterator[Browser]:
    """Run the system's Chromium, without a window."""
    path = _chromium()
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(_ARGUMENTS))
        try:
            yield running
        finally:
            running.close()


class Shop:
    """The demo's shop on ``localhost``: another site than a server on ``127.0.0.1``."""

    def __init__(self, server_url: str) -> None:
        """Embed the widget of the server at ``server_url``."""
        self.port = free_port()
        self.url = f"http://localhost:{self.port}"
        site = shop_app(f"{server_url}/widget.js")
        config = uvicorn.Config(cast("Any", site), lifespan="off", ws="none", log_config=None)
        self._server = uvicorn.Server(config)

    def _serve(self, listener: socket.socket) -> None:
        with listener:
            self._server.run(sockets=[listener])

    def __enter__(self) -> Self:
        # It listens from here on: whoever comes before it serves waits.
        listener = socket.create_server(("127.0.0.1", self.port))
        self._thread = threading.Thread(target=self._serve, args=(listener,), name="shop")
        self._thread.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self._server.should_exit = True
        self._thread.join()

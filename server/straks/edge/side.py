"""A plain site in the process of the server."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

import uvicorn
from uvicorn._types import ASGIApplication

from straks.edge.server import bind
from straks.errors import StartError

__all__ = ["SideServer"]


class _Unsignalled(uvicorn.Server):
    """Leaves the signals to the server that it runs beside."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class SideServer:
    """A small site beside the server, for the demo. Ends when :meth:`serve` is cancelled."""

    def __init__(self, site: ASGIApplication, host: str, port: int) -> None:
        """Take the port.

        Raises:
            StartError: somebody else has it.
        """
        try:
            self._listener = bind(host, port)
        except StartError as error:
            raise StartError(
                f"Cannot serve the shop on port {port} of {host}; choose another --shop-port."
            ) from error
        self.port: int = self._listener.getsockname()[1]
        config = uvicorn.Config(site, log_config=None, access_log=False, lifespan="off", ws="none")
        self._server = _Unsignalled(config)

    async def serve(self) -> None:
        """Serve until cancelled."""
        await self._server.serve([self._listener])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

"""Where a connection comes from and goes to, asked without leaving anything behind."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, Final

__all__ = ["Introduced"]

_ASKS: Final[dict[str, Callable[[socket.socket], Any]]] = {
    "peername": socket.socket.getpeername,
    "sockname": socket.socket.getsockname,
}


class Introduced(asyncio.Transport):
    """What uvicorn asks a new transport for.

    uvloop keeps both addresses as long as the connection lives: 290 bytes that nobody needs once
    uvicorn has its own copy, more than a tenth of what an idle connection takes.
    """

    __slots__ = ("_transport",)

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Give an address, or what the transport says; ``socket`` is left out for the addresses."""
        ask = _ASKS.get(name)
        if ask is None:
            return default if name == "socket" else self._transport.get_extra_info(name, default)
        known = self._transport.get_extra_info("socket")
        if known is None:
            return self._transport.get_extra_info(name, default)
        here = socket.socket(known.family, known.type, known.proto, known.fileno())
        try:
            address = ask(here)
        except OSError:  # It has gone already.
            return default
        finally:
            here.detach()
        return address[:2] if isinstance(address, tuple) else address

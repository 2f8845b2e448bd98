"""Where a connection comes from and goes to, asked without leaving anything behind."""

from __future__ import annotations

import asyncio
from socket import SocketType
from typing import Any

__all__ = ["Introduced"]


class Introduced(asyncio.Transport):
    """What uvicorn asks a new transport for.

    uvloop keeps both addresses as long as the connection lives: 290 bytes that nobody needs once
    uvicorn has its own copy, more than a tenth of what an idle connection takes.
    """

    __slots__ = ("_peername", "_sockname", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._peername = self._sockname = None
        known = transport.get_extra_info("socket")
        if known is not None:
            # The plain C type: that of the socket module takes ten times as long to make.
            here = SocketType(fileno=known.fileno())
            try:
                self._peername = _address(here.getpeername())
                self._sockname = _address(here.getsockname())
            except OSError:
                pass  # It has gone already, and will be told so.
            finally:
                here.detach()

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """Give an address, or what the transport says; it has no socket."""
        if name == "peername" and self._peername is not None:
            return self._peername
        if name == "sockname" and self._sockname is not None:
            return self._sockname
        return default if name == "socket" else self._transport.get_extra_info(name, default)


def _address(told: Any) -> Any:
    return told[:2] if isinstance(told, tuple) else told

"""A client of Straks for asyncio.

async with connect("https://chat.example.com") as client:
    opened = await client.open("Where is my order?")
    async for event in client.subscribe(opened.channel):
        print(event)
"""

from __future__ import annotations

from .client import Client, connect
from .errors import ClientError, ClosedError, ConnectError, DisconnectedError, RefusedError
from .options import Token
from .subscription import Event, Push, Reset, Subscription

__all__ = [
    "Client",
    "ClientError",
    "ClosedError",
    "ConnectError",
    "DisconnectedError",
    "Event",
    "Push",
    "RefusedError",
    "Reset",
    "Subscription",
    "Token",
    "connect",
]

"""python-socketio with its Redis manager. Nothing is stored."""

from __future__ import annotations

import os
from typing import Any

import socketio

__all__ = ["app"]

manager = socketio.AsyncRedisManager(os.environ["BENCH_REDIS"])
hub = socketio.AsyncServer(async_mode="asgi", client_manager=manager, transports=["websocket"])


@hub.event
async def sub(sid: str, channel: str) -> None:
    """Let somebody have what is published on a channel."""
    await hub.enter_room(sid, channel)


@hub.event
async def pub(sid: str, channel: str, text: str) -> None:
    """Pass on what is published; that it returns is the acknowledgement."""
    await hub.emit("msg", (channel, text), room=channel)


async def _ready(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


app = socketio.ASGIApp(hub, other_asgi_app=_ready)

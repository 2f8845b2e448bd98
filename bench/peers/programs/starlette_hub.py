"""A hub over Starlette's WebSocket: what many would write on a first day. Nothing is stored."""

from __future__ import annotations

from collections import defaultdict

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

__all__ = ["app"]

channels: dict[str, set[WebSocket]] = defaultdict(set)


async def ready(_: Request) -> PlainTextResponse:
    """Tell that the process serves."""
    return PlainTextResponse("ok")


async def serve(socket: WebSocket) -> None:
    """Pass on what is published to those who are subscribed, then acknowledge it."""
    await socket.accept()
    subscribed: set[str] = set()
    try:
        while True:
            frame = orjson.loads(await socket.receive_text())
            channel = frame["ch"]
            if frame["op"] == "sub":
                subscribed.add(channel)
                channels[channel].add(socket)
            else:
                message = {"op": "msg", "ch": channel, "text": frame["text"]}
                text = orjson.dumps(message).decode()
                for other in tuple(channels[channel]):
                    await other.send_text(text)
            await socket.send_text(orjson.dumps({"op": "ok", "id": frame["id"]}).decode())
    except WebSocketDisconnect:
        return
    finally:
        for channel in subscribed:
            channels[channel].discard(socket)


app = Starlette(routes=[Route("/", ready), WebSocketRoute("/socket", serve)])

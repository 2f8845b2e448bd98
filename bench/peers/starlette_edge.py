"""The peer of ``edge``: the same request and reply over Starlette's WebSocket."""

from __future__ import annotations

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

__all__ = ["app"]


async def ready(_: Request) -> PlainTextResponse:
    """Tell that the process serves."""
    return PlainTextResponse("ok")


async def reply(socket: WebSocket) -> None:
    """Answer each ``unsubscribe`` as Straks does, with nothing behind it."""
    await socket.accept(subprotocol="straks.v1.json")
    try:
        while True:
            frame = orjson.loads(await socket.receive_text())
            answer = {"type": "unsubscribed", "id": frame["id"], "channel": frame["channel"]}
            await socket.send_text(orjson.dumps(answer).decode())
    except WebSocketDisconnect:
        return


app = Starlette(routes=[Route("/", ready), WebSocketRoute("/v1/socket", reply)])

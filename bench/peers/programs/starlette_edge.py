"""The peer of ``edge``: the same request and reply over Starlette's WebSocket."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from straks_protocol import JSON, Unsubscribe

__all__ = ["app"]


async def ready(_: Request) -> PlainTextResponse:
    """Tell that the process serves."""
    return PlainTextResponse("ok")


async def reply(socket: WebSocket) -> None:
    """Read each ``unsubscribe`` and answer it with Straks' codec, with nothing behind it."""
    await socket.accept(subprotocol="straks.v1.json")
    try:
        while True:
            message = JSON.decode_client((await socket.receive_text()).encode())
            if isinstance(message, Unsubscribe):
                answer = {"type": "unsubscribed", "channel": message.channel, "id": message.id}
                await socket.send_text(JSON.encode_raw(answer).decode())
    except WebSocketDisconnect:
        return


app = Starlette(routes=[Route("/", ready), WebSocketRoute("/v1/socket", reply)])

"""What holds for every request: bounds, safe headers."""

from __future__ import annotations

from typing import Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from straks.web.bodies import LARGEST_BODY
from straks.web.problems import ProblemError, problem_response

__all__ = ["BodyLimit", "SafeHeaders"]

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}


class SafeHeaders:
    """Adds the headers that a response did not set itself."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_safely)


class BodyLimit:
    """Refuses a body that says it is too large before any of it is read."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            for name, value in scope["headers"]:
                if name == b"content-length" and not _fits(value):
                    problem = ProblemError(
                        413, "too_large", f"The body is larger than {LARGEST_BODY} bytes."
                    )
                    response = problem_response(problem, {"Connection": "close"})
                    await response(scope, receive, send)
                    return
        await self._app(scope, receive, send)


def _fits(length: bytes) -> bool:
    return length.isdigit() and len(length) < 10 and int(length) <= LARGEST_BODY

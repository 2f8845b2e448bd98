"""One HTTP request to a program of the operator's."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from functools import cache
from typing import Final
from urllib.parse import urlsplit

import h11

__all__ = ["WebhookError", "post"]

_CHUNK: Final = 64 * 1024


class WebhookError(Exception):
    """There is no answer that can be used."""


async def post(
    url: str, body: bytes, headers: Mapping[str, str], *, most: int
) -> tuple[int, bytes]:
    """Send ``body`` to ``url``; give status and body of the answer, of at most ``most`` bytes.

    Redirects are not followed: they are answers like others. Whoever calls sets a time-out.

    Raises:
        WebhookError: nobody is there, or what is said is no HTTP or too much.
    """
    parts = urlsplit(url)
    host, secure = parts.hostname or "", parts.scheme == "https"
    try:
        reader, writer = await asyncio.open_connection(
            host, parts.port or (443 if secure else 80), ssl=_tls() if secure else None
        )
    except (OSError, UnicodeError) as error:  # the latter: it cannot be the name of a host
        raise WebhookError(f"no connection: {error}") from error
    try:
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        request = h11.Request(
            method="POST",
            target=target,
            headers=[
                ("Host", parts.netloc),
                ("Connection", "close"),
                ("Content-Length", str(len(body))),
                *headers.items(),
            ],
        )
        client = h11.Connection(h11.CLIENT)
        for event in (request, h11.Data(data=body), h11.EndOfMessage()):
            writer.write(client.send(event) or b"")
        await writer.drain()
        return await _answer(client, reader, most)
    except (OSError, h11.ProtocolError, EOFError) as error:
        raise WebhookError(f"no answer: {error or type(error).__name__}") from error
    finally:
        writer.transport.abort()


async def _answer(
    client: h11.Connection, reader: asyncio.StreamReader, most: int
) -> tuple[int, bytes]:
    status, body = 0, bytearray()
    while True:
        event = client.next_event()
        if event is h11.NEED_DATA:
            client.receive_data(await reader.read(_CHUNK))
        elif isinstance(event, h11.Response):
            status = event.status_code
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > most:
                raise WebhookError(f"more than {most // 1024} KiB")
        elif isinstance(event, h11.EndOfMessage):
            return status, bytes(body)
        elif not isinstance(event, h11.InformationalResponse):
            raise WebhookError("no whole answer")


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()

"""Reading what a request carries, within bounds."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import orjson
from starlette.requests import ClientDisconnect, Request

from straks.web.problems import ProblemError

__all__ = ["LARGEST_BODY", "check_characters", "choice", "number", "read_object", "text"]

LARGEST_BODY: Final = 64 * 1024
_TIME: Final = 10.0


async def read_object(request: Request) -> dict[str, Any]:
    """Read a JSON object of at most :data:`LARGEST_BODY` bytes, within ten seconds.

    Raises:
        ProblemError: it is something else.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise ProblemError(415, "bad_content_type", "Send the body as application/json.")
    body = bytearray()
    try:
        async with asyncio.timeout(_TIME):
            async for chunk in request.stream():
                body += chunk
                if len(body) > LARGEST_BODY:
                    raise ProblemError(
                        413, "too_large", f"The body is larger than {LARGEST_BODY} bytes."
                    )
    except TimeoutError:
        raise ProblemError(408, "timeout", f"The body took longer than {_TIME:g} s.") from None
    except ClientDisconnect:
        raise ProblemError(400, "bad_body", "The body ended early.") from None
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ProblemError(400, "bad_body", f"The body is not JSON: {error}.") from error
    if not isinstance(found, dict):
        raise ProblemError(400, "bad_body", "The body is not a JSON object.")
    return found


def check_characters(field: str, value: str) -> None:
    """See that a text can be looked for in the records: PostgreSQL knows no U+0000.

    Raises:
        ProblemError: it cannot.
    """
    if "\x00" in value:
        raise ProblemError(400, "bad_field", f"{field!r} has a U+0000 in it.", field=field)


def text(body: dict[str, Any], field: str, *, longest: int, any_character: bool = False) -> str:
    """Take a text out of a body.

    Raises:
        ProblemError: it is missing, of another type, empty or too long, or there is a U+0000 in it.
    """
    value = body.get(field)
    if not isinstance(value, str) or not value:
        raise ProblemError(400, "bad_field", f"{field!r} must be a text.", field=field)
    if len(value) > longest:
        raise ProblemError(
            400, "bad_field", f"{field!r} is longer than {longest} characters.", field=field
        )
    if not any_character:
        check_characters(field, value)
    return value


def choice(request: Request, field: str, choices: tuple[str, ...]) -> str:
    """Take one of some words out of the query; the first is the default.

    Raises:
        ProblemError: it is none of them.
    """
    value = request.query_params.get(field, choices[0])
    if value not in choices:
        words = ", ".join(choices)
        raise ProblemError(400, "bad_field", f"{field!r} must be one of {words}.", field=field)
    return value


def number(request: Request, field: str, *, default: int, least: int, most: int) -> int:
    """Take a number out of the query.

    Raises:
        ProblemError: it is none, or out of bounds.
    """
    value = request.query_params.get(field)
    if value is None:
        return default
    if not (
        value.isascii() and value.isdigit() and len(value) < 10 and least <= int(value) <= most
    ):
        raise ProblemError(
            400, "bad_field", f"{field!r} must be a number from {least} to {most}.", field=field
        )
    return int(value)

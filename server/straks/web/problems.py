"""Errors as JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from straks.conversation.errors import RefusedError
from straks.errors import StraksError
from straks.log.log import LogError
from straks.records.errors import RecordsUnavailableError
from straks_protocol import ErrorCode

__all__ = ["HANDLERS", "ProblemError", "json_response", "problem_response"]

_log = structlog.get_logger(__name__)

_STATUS: Final = {
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.ORIGIN_NOT_ALLOWED: 403,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.TOO_LARGE: 413,
    ErrorCode.UNAVAILABLE: 503,
    ErrorCode.SHUTTING_DOWN: 503,
    ErrorCode.INTERNAL: 500,
}


class ProblemError(StraksError):
    """A request that is answered with an error."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        field: str | None = None,
        line: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        """``line``: of the text that was sent, from 1."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.field = field
        self.line = line
        self.retry_after = retry_after


def json_response(
    body: Any, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Encode an answer."""
    return Response(orjson.dumps(body), status, headers, media_type="application/json")


def problem_response(problem: ProblemError, headers: Mapping[str, str] | None = None) -> Response:
    """Encode an error."""
    body: dict[str, Any] = {"code": problem.code, "message": problem.message}
    out = dict(headers or {})
    if problem.field is not None:
        body["field"] = problem.field
    if problem.line is not None:
        body["line"] = problem.line
    if problem.retry_after is not None:
        body["retry_after"] = math.ceil(problem.retry_after)
        out["Retry-After"] = str(math.ceil(problem.retry_after))
    return json_response(body, problem.status, out)


async def _problem(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ProblemError)
    return problem_response(error)


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RefusedError)
    status = _STATUS.get(error.code, 400)
    return problem_response(
        ProblemError(status, error.code.value, error.message, retry_after=error.retry_after)
    )


async def _unavailable(_request: Request, error: Exception) -> Response:
    _log.warning("storage is away", error=str(error))
    return problem_response(
        ProblemError(503, "unavailable", "Storage is away for now; try again.", retry_after=2)
    )


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    code = phrase.lower().replace(" ", "_")
    message = {
        404: f"There is nothing at {request.url.path}.",
        405: f"{request.method} is not for {request.url.path}.",
    }.get(error.status_code, f"{phrase}.")
    return problem_response(ProblemError(error.status_code, code, message), error.headers)


async def _internal(request: Request, error: Exception) -> Response:
    _log.error("request failed", method=request.method, path=request.url.path, exc_info=error)
    return problem_response(
        ProblemError(500, "internal", "Our fault; it is in the server's log. Try again.")
    )


HANDLERS: Final[Mapping[Any, Any]] = {
    ProblemError: _problem,
    RefusedError: _refused,
    RecordsUnavailableError: _unavailable,
    LogError: _unavailable,
    HTTPException: _http,
    Exception: _internal,
}
"""For Starlette: which function answers which exception."""

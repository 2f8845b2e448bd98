"""Signing in and out."""

from __future__ import annotations

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from straks.accounts.sessions import WHOLE_LIFE, Session
from straks.accounts.tokens import SOCKET_TOKEN_LIFE, SocketClaims
from straks.records.accounts import AgentRow
from straks.web.bodies import read_object, text
from straks.web.context import WebContext
from straks.web.origin import check_own_origin, is_secure, own_origin, throttle_name
from straks.web.problems import ProblemError, json_response
from straks_protocol import CloseCode

__all__ = ["require_session", "session_routes"]

_COOKIE: Final = "straks_session"
_SECURE_COOKIE: Final = "__Host-straks_session"


async def require_session(request: Request, context: WebContext) -> Session:
    """Find the session of a request's cookie.

    Raises:
        ProblemError: 401 ``signed_out``.
    """
    session = await _find_session(request, context)
    if session is None:
        raise ProblemError(401, "signed_out", "Sign in first.")
    return session


def session_routes(context: WebContext) -> list[Route]:
    """``/v1/session``."""

    async def sign_in(request: Request) -> Response:
        check_own_origin(request, context.origins)
        body = await read_object(request)
        agent = await _check(request, context, body)
        session, secret = await context.sessions.begin(agent)
        response = json_response(_described(request, context, session))
        _set_cookie(request, context, response, secret)
        return response

    async def look(request: Request) -> Response:
        session = await require_session(request, context)
        return json_response(_described(request, context, session))

    async def sign_out(request: Request) -> Response:
        check_own_origin(request, context.origins)
        session = await _find_session(request, context)
        if session is not None:
            await context.sessions.end(session.id)
            context.connections.close_session(session.id, CloseCode.SIGNED_OUT)
        response = Response(status_code=204)
        _set_cookie(request, context, response, None)
        return response

    return [
        Route("/v1/session", sign_in, methods=["POST"]),
        Route("/v1/session", look, methods=["GET"]),
        Route("/v1/session", sign_out, methods=["DELETE"]),
    ]


async def _check(request: Request, context: WebContext, body: dict[str, Any]) -> AgentRow:
    address = throttle_name(request)
    if "link" in body:
        context.accounts.check_address(address)
        agent = await context.sessions.use_link(text(body, "link", longest=200))
        if agent is None:
            context.accounts.failed(address)
            raise ProblemError(
                401, "bad_credentials", "This link was used already or is too old; get another."
            )
        return agent
    email = text(body, "email", longest=254)
    password = text(body, "password", longest=1024)
    agent = await context.accounts.sign_in(email, password, address)
    if agent is None:
        raise ProblemError(401, "bad_credentials", "The e-mail address or the password is wrong.")
    return agent


def _described(request: Request, context: WebContext, session: Session) -> dict[str, Any]:
    agent = session.agent
    claims = SocketClaims(
        agent=agent.id, session=session.id, origin=own_origin(request, context.origins)
    )
    return {
        "agent": {"id": agent.id, "name": agent.name, "email": agent.email},
        "token": context.tokens.issue_socket(claims),
        "token_expires_in": SOCKET_TOKEN_LIFE,
    }


async def _find_session(request: Request, context: WebContext) -> Session | None:
    secret = request.cookies.get(_cookie(request, context))
    return None if not secret else await context.sessions.find(secret)


def _cookie(request: Request, context: WebContext) -> str:
    return _SECURE_COOKIE if is_secure(request, context.origins) else _COOKIE


def _set_cookie(
    request: Request, context: WebContext, response: Response, secret: str | None
) -> None:
    response.set_cookie(
        _cookie(request, context),
        secret or "",
        max_age=WHOLE_LIFE if secret else 0,
        path="/",
        secure=is_secure(request, context.origins),
        httponly=True,
        samesite="strict",
    )

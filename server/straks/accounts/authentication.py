"""Turns the token of a ``hello`` into a principal."""

from __future__ import annotations

from dataclasses import dataclass

from straks.accounts.apps import KEY_PREFIX, Apps
from straks.accounts.origins import AllowedOrigins, normalise_origin
from straks.accounts.principals import Principal
from straks.accounts.sessions import Sessions
from straks.accounts.tokens import SocketClaims, Tokens
from straks.accounts.visitors import Visitors
from straks.conversation.errors import RefusedError
from straks_protocol import ErrorCode

__all__ = ["Authenticated", "Authenticator"]


@dataclass(frozen=True, slots=True)
class Authenticated:
    """Who connects. ``token``: a new or renewed one to send back."""

    principal: Principal
    token: str | None


class Authenticator:
    """Recognises visitors, agents and apps at the start of a connection."""

    def __init__(
        self,
        tokens: Tokens,
        visitors: Visitors,
        sessions: Sessions,
        origins: AllowedOrigins,
        apps: Apps | None = None,
    ) -> None:
        """``apps``: None when no app has a key."""
        self._apps = apps
        self._tokens = tokens
        self._visitors = visitors
        self._sessions = sessions
        self._origins = origins

    def authenticate_now(self, token: str | None, origin: str | None) -> Authenticated | None:
        """Authenticate without any I/O; None when :meth:`authenticate` must be awaited.

        This serves nearly every visitor, and spares the connection a task.

        Raises:
            RefusedError: as :meth:`authenticate`.
        """
        origin = _site(origin)
        if token is None:
            return Authenticated(*self._visitors.create(origin))
        if token.startswith(KEY_PREFIX):
            return None
        claims = self._tokens.read(token)
        if isinstance(claims, SocketClaims):
            return None
        principal = self._visitors.recognise_now(claims, origin)
        return None if principal is None else Authenticated(principal, None)

    async def authenticate(self, token: str | None, origin: str | None) -> Authenticated:
        """Say who connects; ``origin`` is the header's value, None when it was absent.

        Raises:
            RefusedError: ``token_invalid``, ``token_expired``, ``token_revoked`` or
                ``origin_not_allowed``.
        """
        origin = _site(origin)
        if token is None:
            return Authenticated(*self._visitors.create(origin))
        if token.startswith(KEY_PREFIX):
            return await self._app(token, origin)
        claims = self._tokens.read(token)
        if isinstance(claims, SocketClaims):
            return await self._agent(claims, origin)
        return Authenticated(*await self._visitors.recognise(claims, origin))

    async def _app(self, key: str, origin: str | None) -> Authenticated:
        if origin is not None:
            # A browser sends one: a key that is in a page is everybody's.
            raise RefusedError(
                ErrorCode.ORIGIN_NOT_ALLOWED,
                "Apps connect without an Origin; keys are for servers.",
            )
        found = None if self._apps is None else await self._apps.find(key)
        if found is None:
            raise RefusedError(
                ErrorCode.TOKEN_REVOKED, "This API key is none of ours, or not any more."
            )
        return Authenticated(found, None)

    async def _agent(self, claims: SocketClaims, origin: str | None) -> Authenticated:
        if origin not in (claims.origin, self._origins.own):
            raise RefusedError(
                ErrorCode.ORIGIN_NOT_ALLOWED, "Agents connect from the console's own address only."
            )
        session = await self._sessions.find_by_id(claims.session)
        if session is None or session.agent.id != claims.agent:
            raise RefusedError(ErrorCode.TOKEN_REVOKED, "The session has ended; sign in again.")
        principal = Principal(
            kind="agent",
            id=session.agent.id,
            name=session.agent.name,
            session=session.id,
            expires_at=session.ends_at,
        )
        return Authenticated(principal, None)


def _site(origin: str | None) -> str | None:
    """Bring the header into one form; what is no origin (``null``) stays something foreign."""
    if origin is None:
        return None
    return normalise_origin(origin) or "null"

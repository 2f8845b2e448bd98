"""Anonymous visitors: who they are from one page load to the next."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from straks.accounts.origins import AllowedOrigins
from straks.accounts.principals import Principal
from straks.accounts.tokens import Tokens, VisitorClaims
from straks.conversation.errors import RefusedError
from straks.records.accounts import AccountRecords, FamilyRow
from straks_protocol import ErrorCode

__all__ = ["GRACE", "Visitors"]

GRACE: Final = 300
"""Seconds in which other tabs may still use the token before the last renewal."""


class Visitors:
    """Makes visitors and renews their tokens.

    A token is renewed when a third of its life is over. Until its first renewal nothing is stored
    about a visitor. Each renewal is one generation of the token's *family*. An old generation that
    is used after a newer one came back has two owners, so the whole family is revoked.
    """

    def __init__(
        self,
        records: AccountRecords,
        tokens: Tokens,
        origins: AllowedOrigins,
        *,
        revoked: Callable[[str], None],
    ) -> None:
        """``revoked`` is told the family whose connections must end."""
        self._records = records
        self._tokens = tokens
        self._origins = origins
        self._revoked = revoked

    def create(self, origin: str | None) -> tuple[Principal, str]:
        """Make a new visitor and their first token.

        Raises:
            RefusedError: ``origin_not_allowed``.
        """
        self._check_allowed(origin)
        claims = VisitorClaims(
            visitor=secrets.token_urlsafe(16),
            origin=origin,
            family=secrets.token_urlsafe(16),
            generation=0,
            issued_at=self._tokens.now(),
        )
        return _principal(claims), self._tokens.issue_visitor(claims)

    def recognise_now(self, claims: VisitorClaims, origin: str | None) -> Principal | None:
        """Recognise a visitor without the records; None when those must be asked.

        A first token that is not yet due can have no successor, so there is nothing to look up.

        Raises:
            RefusedError: ``origin_not_allowed``.
        """
        self._check_allowed(origin)
        if claims.origin != origin:
            raise RefusedError(
                ErrorCode.ORIGIN_NOT_ALLOWED, "The token was given to another site; drop it."
            )
        if claims.generation == 0 and not self._is_due(claims):
            return _principal(claims)
        return None

    async def recognise(
        self, claims: VisitorClaims, origin: str | None
    ) -> tuple[Principal, str | None]:
        """Recognise a visitor; the token is a renewed one when theirs is due.

        Raises:
            RefusedError: ``origin_not_allowed`` or ``token_revoked``.
        """
        known = self.recognise_now(claims, origin)
        if known is not None:
            return known, None
        now = self._tokens.now()
        family = await self._records.family(claims.family)
        if family is not None:
            if family.revoked or self._is_stale(family, claims, now):
                await self._revoke(family)
            if claims.generation < family.confirmed:
                return _principal(claims), None
            if claims.generation > family.confirmed:
                await self._records.confirm_generation(claims.family, claims.generation, now)
        if not self._is_due(claims):
            return _principal(claims), None
        renewed = replace(claims, generation=claims.generation + 1, issued_at=now)
        await self._records.issue_generation(claims.family, claims.visitor, renewed.generation, now)
        return _principal(claims), self._tokens.issue_visitor(renewed)

    def _is_due(self, claims: VisitorClaims) -> bool:
        return self._tokens.now() - claims.issued_at > self._tokens.visitor_life / 3

    def _is_stale(self, family: FamilyRow, claims: VisitorClaims, now: int) -> bool:
        return claims.generation < family.confirmed and now - family.confirmed_at > GRACE

    async def _revoke(self, family: FamilyRow) -> None:
        if not family.revoked:
            await self._records.revoke_family(family.family)
            self._revoked(family.family)
        raise RefusedError(
            ErrorCode.TOKEN_REVOKED,
            "An old token was used again, so all of this visitor's are revoked; connect without.",
        )

    def _check_allowed(self, origin: str | None) -> None:
        if not self._origins.allows(origin):
            raise RefusedError(
                ErrorCode.ORIGIN_NOT_ALLOWED,
                f"The site {origin} may not connect here; add it to the allowed origins.",
            )


def _principal(claims: VisitorClaims) -> Principal:
    return Principal(kind="visitor", id=claims.visitor, session=claims.family)

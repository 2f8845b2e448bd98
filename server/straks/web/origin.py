"""Where a request comes from: its site, its address."""

from __future__ import annotations

from starlette.requests import Request

from straks.accounts.origins import AllowedOrigins, normalise_origin
from straks.accounts.throttle import network_of
from straks.web.problems import ProblemError

__all__ = ["check_own_origin", "is_secure", "own_origin", "throttle_name"]


def own_origin(request: Request, origins: AllowedOrigins) -> str:
    """Give the origin under which the request reached this server.

    Under the public name it is the public origin: a proxy may not tell us that it speaks HTTPS.
    """
    host = request.headers.get("host", "").lower()
    if host == origins.own.partition("://")[2]:
        return origins.own
    return normalise_origin(f"{request.url.scheme}://{host}") or origins.own


def check_own_origin(request: Request, origins: AllowedOrigins) -> None:
    """Refuse what another site's page sends with our cookie.

    Raises:
        ProblemError: 403 ``origin_not_allowed``.
    """
    origin = request.headers.get("origin")
    site = None if origin is None else normalise_origin(origin)
    if site is None or site not in (own_origin(request, origins), origins.own):
        raise ProblemError(
            403,
            "origin_not_allowed",
            "This request is for the console's own pages; its Origin must be the server's own. "
            "Behind a proxy, set the public URL and the trusted proxies.",
        )


def is_secure(request: Request, origins: AllowedOrigins) -> bool:
    """Tell whether the browser speaks HTTPS with us, or with a proxy before us."""
    return own_origin(request, origins).startswith("https:")


def throttle_name(request: Request) -> str:
    """Name who fails to sign in: an address, or the network of an IPv6 address."""
    return network_of(request.client.host if request.client else "unknown")

"""All HTTP routes together."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.types import ASGIApp

from straks.web.answers import answer_routes
from straks.web.context import WebContext
from straks.web.health import health_routes
from straks.web.help.routes import help_routes
from straks.web.inbox import inbox_routes
from straks.web.middleware import BodyLimit, SafeHeaders
from straks.web.problems import HANDLERS
from straks.web.questions import question_routes
from straks.web.sessions import session_routes
from straks.web.site import site_routes
from straks.web.static import static_routes

__all__ = ["web_app"]


def web_app(context: WebContext) -> ASGIApp:
    """Build the ASGI application of everything beside the socket."""
    app = Starlette(
        routes=[
            *site_routes(context),
            *session_routes(context),
            *inbox_routes(context),
            *answer_routes(context),
            *question_routes(context),
            *health_routes(context),
            *help_routes(context),
            *static_routes(context.static, context.origins),
        ],
        exception_handlers=HANDLERS,
    )
    app.router.redirect_slashes = False
    return SafeHeaders(BodyLimit(app))

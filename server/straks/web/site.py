"""What any page may know of this server before it opens a socket."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from straks.accounts.origins import normalise_origin
from straks.web.context import WebContext
from straks.web.problems import ProblemError, json_response

__all__ = ["site_routes"]


def site_routes(context: WebContext) -> list[Route]:
    """``/v1/site``."""

    async def site(request: Request) -> Response:
        headers = {"Vary": "Origin"}
        origin = request.headers.get("origin")
        if origin is not None:
            if not context.origins.allows(normalise_origin(origin) or "null"):
                raise ProblemError(
                    403, "origin_not_allowed", "This site may not connect to this server."
                )
            headers["Access-Control-Allow-Origin"] = origin
        body = {
            "available": context.connections.agents_online() > 0,
            "name": context.site_name,
            "languages": list(context.answers.languages()),
            "help": context.help_centre and bool(context.answers.book().published()),
        }
        return json_response(body, headers=headers)

    return [Route("/v1/site", site, methods=["GET"])]

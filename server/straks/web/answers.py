"""The canned replies, for agents."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from straks.web.context import WebContext
from straks.web.problems import json_response
from straks.web.sessions import require_session

__all__ = ["answer_routes"]


def answer_routes(context: WebContext) -> list[Route]:
    """``/v1/answers``."""

    async def listed(request: Request) -> Response:
        await require_session(request, context)
        lang = request.query_params.get("lang")
        return json_response({"answers": context.answers.listed(lang)})

    return [Route("/v1/answers", listed, methods=["GET"])]

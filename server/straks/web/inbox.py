"""The list of conversations, for agents."""

from __future__ import annotations

import re
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from straks.accounts.permissions import TEAMS
from straks.conversation.errors import RefusedError
from straks.conversation.summary import summary
from straks.web.bodies import choice, number
from straks.web.context import WebContext
from straks.web.problems import ProblemError, json_response
from straks.web.sessions import require_session
from straks_protocol import ErrorCode

__all__ = ["inbox_routes"]

_STATES: Final = ("waiting", "mine", "open", "closed")
_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


def inbox_routes(context: WebContext) -> list[Route]:
    """``/v1/inbox/TEAM`` and ``/v1/conversation/ID``."""

    async def page(request: Request) -> Response:
        session = await require_session(request, context)
        team = request.path_params["team"]
        if team not in TEAMS:
            raise ProblemError(404, "not_found", "There is no such inbox that is yours.")
        state = choice(request, "state", _STATES)
        limit = number(request, "limit", default=50, least=1, most=200)
        try:
            found = await context.inbox.list(
                team, state, session.agent.id, request.query_params.get("cursor"), limit
            )
        except RefusedError as error:
            if error.code is not ErrorCode.BAD_FIELD:
                raise
            raise ProblemError(
                400, "bad_field", "'cursor' must be one that a page gave.", field="cursor"
            ) from None
        body = {
            "conversations": found.conversations,
            "position": {"offset": found.position.offset, "id": found.position.id},
            "counts": found.counts,
        }
        return json_response(body | ({"cursor": found.cursor} if found.cursor else {}))

    async def one(request: Request) -> Response:
        await require_session(request, context)
        conversation_id = request.path_params["id"]
        found = None
        if _ID.fullmatch(conversation_id):
            found = await context.conversations.conversation(conversation_id)
        if found is None:
            raise ProblemError(404, "not_found", "There is no such conversation that is yours.")
        return json_response(summary(found))

    return [
        Route("/v1/inbox/{team}", page, methods=["GET"]),
        Route("/v1/conversation/{id}", one, methods=["GET"]),
    ]

"""What visitors ask, for agents: the answers to write next."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from straks.web.bodies import number
from straks.web.context import WebContext
from straks.web.problems import json_response
from straks.web.sessions import require_session

if TYPE_CHECKING:
    from straks.answers.gaps import Gap

__all__ = ["question_routes"]

_EXAMPLES: Final = 5


def question_routes(context: WebContext) -> list[Route]:
    """``/v1/questions``."""

    async def asked(request: Request) -> Response:
        await require_session(request, context)
        found = await context.wanted.asked(number(request, "days", default=30, least=1, most=365))
        return json_response(
            {
                "groups": [_group(gap) for gap in found.gaps],
                "asked": found.counts.asked,
                "answered": found.counts.answered,
                "helped": found.counts.helped,
                "asked_twice": dict(found.asked_twice),
            }
        )

    return [Route("/v1/questions", asked, methods=["GET"])]


def _group(gap: Gap) -> dict[str, Any]:
    group: dict[str, Any] = {
        "text": gap.text,
        "people": gap.people,
        "minutes": math.ceil(gap.seconds / 60),
        "times": len(gap.questions),
        "reasons": {
            "unanswered": len(gap.questions) - gap.unhelpful,
            "unhelpful": gap.unhelpful,
        },
        "examples": [
            {"conversation": each.conversation, "offset": each.offset, "text": each.text}
            for each in gap.questions[:_EXAMPLES]
        ],
    }
    if gap.lang is not None:
        group["lang"] = gap.lang
    if gap.answer is not None:
        group["answer"] = gap.answer
    return group

"""The answers, for agents: to use them, and to write them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from straks.answers.editor import ConflictError, Listed, NoFileError, Tried
from straks.answers.source import MAX_FILE, AnswerFileError
from straks.answers.sources import AnswerFile
from straks.web.bodies import check_characters, read_object, text
from straks.web.context import WebContext
from straks.web.origin import check_own_origin
from straks.web.problems import ProblemError, json_response
from straks.web.sessions import require_session

__all__ = ["answer_routes"]

_LONGEST_NAME = 200


def answer_routes(context: WebContext) -> list[Route]:
    """``/v1/answers`` and what is below it."""
    editor = context.editor

    async def listed(request: Request) -> Response:
        await require_session(request, context)
        lang = request.query_params.get("lang")
        return json_response({"answers": context.answers.listed(lang)})

    async def files(request: Request) -> Response:
        await require_session(request, context)
        found, errors = await editor.listed()
        return json_response(
            {
                "files": [_listed(each) for each in found],
                "errors": [
                    {"file": each.file, "line": each.line, "message": each.message}
                    for each in errors
                ],
            }
        )

    async def read(request: Request) -> Response:
        await require_session(request, context)
        with _problems():
            return json_response(_file(await editor.file(_query(request, "file"))))

    async def save(request: Request) -> Response:
        check_own_origin(request, context.origins)
        session = await require_session(request, context)
        name = _query(request, "file")
        body = await read_object(request)
        source, version = _source(body), body.get("version")
        if version is not None:
            version = text(body, "version", longest=_LONGEST_NAME)
        with _problems():
            return json_response(
                _file(await editor.save(name, source, version, session.agent.name))
            )

    async def delete(request: Request) -> Response:
        check_own_origin(request, context.origins)
        session = await require_session(request, context)
        name, version = _query(request, "file"), _query(request, "version")
        with _problems():
            await editor.delete(name, version, session.agent.name)
        return Response(status_code=204)

    async def try_out(request: Request) -> Response:
        check_own_origin(request, context.origins)
        session = await require_session(request, context)
        body = await read_object(request)
        name = text(body, "file", longest=_LONGEST_NAME)
        source = _source(body)
        with _problems():
            tried = await editor.tried(name, source, session.agent.name)
        return json_response(_tried(tried))

    return [
        Route("/v1/answers", listed, methods=["GET"]),
        Route("/v1/answers/files", files, methods=["GET"]),
        Route("/v1/answers/file", read, methods=["GET"]),
        Route("/v1/answers/file", save, methods=["PUT"]),
        Route("/v1/answers/file", delete, methods=["DELETE"]),
        Route("/v1/answers/try", try_out, methods=["POST"]),
    ]


@contextmanager
def _problems() -> Iterator[None]:
    try:
        yield
    except AnswerFileError as error:
        raise ProblemError(400, "bad_answer", error.message, line=error.line) from error
    except NoFileError as error:
        raise ProblemError(404, "not_found", str(error)) from error
    except ConflictError as error:
        raise ProblemError(409, "conflict", str(error)) from error


def _query(request: Request, field: str) -> str:
    value = request.query_params.get(field, "")
    if not 1 <= len(value) <= _LONGEST_NAME:
        raise ProblemError(
            400, "bad_field", f"{field!r} must be 1 to {_LONGEST_NAME} characters.", field=field
        )
    check_characters(field, value)
    return value


def _source(body: dict[str, Any]) -> str:
    # Whatever is wrong in it is told with its line.
    return text(body, "source", longest=MAX_FILE, any_character=True)


def _file(file: AnswerFile) -> dict[str, Any]:
    return {
        "file": file.name,
        "source": file.source,
        "origin": file.origin,
        "version": file.version,
    }


def _listed(listed: Listed) -> dict[str, Any]:
    answer, counts = listed.answer, listed.counts
    found: dict[str, Any] = {
        "file": listed.file.name,
        "id": answer.id,
        "lang": answer.lang,
        "title": answer.title,
        "tags": list(answer.tags),
        "origin": listed.file.origin,
        "given": counts.given,
        "helped": counts.helped,
        "unhelpful": counts.unhelpful,
    }
    if answer.author is not None:
        found["author"] = answer.author
    if answer.confirmed is not None:
        found["confirmed"] = answer.confirmed.isoformat()
    if answer.valid_until is not None:
        found["valid_until"] = answer.valid_until.isoformat()
    return found


def _tried(tried: Tried) -> dict[str, Any]:
    changes = []
    for each in tried.changes:
        change: dict[str, Any] = {
            "text": each.past.text,
            "times": each.past.times,
            "before": None if each.before is None else each.before.title,
            "after": None if each.after is None else each.after.title,
        }
        if each.past.lang is not None:
            change["lang"] = each.past.lang
        changes.append(change)
    return {"tried": tried.tried, "changes": changes}

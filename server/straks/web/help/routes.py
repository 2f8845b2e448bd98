"""The answers as public pages, made from them as they are now."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeAlias
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from straks.answers import languages
from straks.answers.answer import Answer
from straks.web.context import WebContext
from straks.web.etags import has_it, tag_of
from straks.web.help.negotiation import best_language
from straks.web.help.pages import MAX_QUERY, Pages, address
from straks.web.help.shelf import DEFAULT_LANG, Shelf
from straks.web.origin import own_origin

__all__ = ["help_routes"]

_Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]

_HERE: Final = Path(__file__).parent
_MOST_FOUND: Final = 10
_ASK: Final = "no-cache"
"""Keep it, and ask whether it has changed: answers do while the server runs."""
_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: https:",
        "media-src https:",
        "connect-src 'self' {socket}",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


def help_routes(context: WebContext) -> list[Route]:
    """``/help/…``; none where the help centre is off."""
    if not context.help_centre:
        return []
    centre = _Centre(context)
    paths: dict[str, _Endpoint] = {
        "/help": centre.home,
        "/help/": centre.home,
        "/help/sitemap.xml": centre.sitemap,
        "/help/help.css": _file("help.css", "text/css"),
        "/help/help.js": _file("help.js", "text/javascript"),
        "/help/{lang}": centre.folder,
        "/help/{lang}/": centre.listed,
        "/help/{lang}/{answer:path}": centre.answer,
    }
    return [Route(path, endpoint, methods=["GET"]) for path, endpoint in paths.items()]


class _Centre:
    """Answers requests for pages."""

    def __init__(self, context: WebContext) -> None:
        self._context = context
        self._pages = Pages(context.site_name)
        self._last = Shelf(context.answers.book())

    async def home(self, request: Request) -> Response:
        return _redirect(request, address(self._best(request, self._shelf())))

    async def folder(self, request: Request) -> Response:
        return _redirect(request, address(self._language(request, self._shelf())))

    async def listed(self, request: Request) -> Response:
        shelf = self._shelf()
        lang = self._language(request, shelf)
        if lang != request.path_params["lang"]:
            return _redirect(request, address(lang))
        if lang not in shelf.languages:
            return self._missing(request, shelf, lang)
        query = _query(request)
        if query:
            return self._html(
                request, self._pages.results(shelf, lang, query, self._search(shelf, lang, query))
            )
        return self._html(request, self._pages.index(shelf, lang, self._origin(request)))

    async def answer(self, request: Request) -> Response:
        shelf = self._shelf()
        wanted, answer_id = request.path_params["lang"], request.path_params["answer"]
        lang = self._language(request, shelf)
        found = shelf.find(answer_id, lang)
        if found is None:
            return self._missing(request, shelf, lang)
        if languages.base(found.lang) != wanted:
            return _redirect(request, address(found.lang, found.id))
        return self._html(request, self._pages.answer(shelf, found, self._origin(request)))

    async def sitemap(self, request: Request) -> Response:
        shelf = self._shelf()
        if not shelf.languages:
            return self._missing(request, shelf, DEFAULT_LANG)
        # Long where there are many answers: not on the loop that serves the sockets.
        body = await asyncio.to_thread(self._pages.sitemap, shelf, self._origin(request))
        return _tagged(request, body.encode(), "application/xml", {})

    def _shelf(self) -> Shelf:
        """Give the answers as they are now."""
        book = self._context.answers.book()
        if book is not self._last.book:
            self._last = Shelf(book)
        return self._last

    def _search(self, shelf: Shelf, lang: str, query: str) -> list[Answer]:
        suggested = self._context.answers.ask(query, lang, _MOST_FOUND)
        found = (shelf.find(each.answer, lang) for each in suggested)
        return [answer for answer in found if answer is not None]

    def _language(self, request: Request, shelf: Shelf) -> str:
        """Give the language that the path names if there are answers in it, else the best one."""
        lang = languages.base(request.path_params["lang"])
        return lang if lang in shelf.languages else self._best(request, shelf)

    def _best(self, request: Request, shelf: Shelf) -> str:
        # Where there are no answers at all, somebody must say so.
        available = shelf.languages or (DEFAULT_LANG,)
        return best_language(request.headers.get("accept-language", ""), available)

    def _origin(self, request: Request) -> str:
        return self._context.public_url or own_origin(request, self._context.origins)

    def _missing(self, request: Request, shelf: Shelf, lang: str) -> Response:
        body = self._pages.missing(shelf, lang)
        return Response(body, 404, self._headers(request), media_type="text/html")

    def _html(self, request: Request, body: str) -> Response:
        return _tagged(request, body.encode(), "text/html", self._headers(request))

    def _headers(self, request: Request) -> dict[str, str]:
        # Older Safari does not count a socket of the same host as 'self'.
        socket = own_origin(request, self._context.origins).replace("http", "ws", 1)
        return {
            "Content-Security-Policy": _POLICY.format(socket=socket),
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
        }


def _file(name: str, kind: str) -> _Endpoint:
    """Serve one of the files that the pages load; it is read now."""
    body = (_HERE / name).read_bytes()

    async def serve(request: Request) -> Response:
        return _tagged(request, body, kind, {})

    return serve


def _tagged(request: Request, body: bytes, kind: str, headers: dict[str, str]) -> Response:
    headers = {**headers, "ETag": tag_of(body), "Cache-Control": _ASK}
    if has_it(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(body, headers=headers, media_type=kind)


def _redirect(request: Request, path: str) -> Response:
    """Send to a path of ours; a search goes on there."""
    query = _query(request)
    to = f"{path}?{urlencode({'q': query})}" if query else path
    return RedirectResponse(to, headers={"Cache-Control": _ASK, "Vary": "Accept-Language"})


def _query(request: Request) -> str:
    """Give what is searched for on one line, as much of it as counts."""
    asked = request.query_params.get("q", "")[: 4 * MAX_QUERY]
    line = "".join(sign if sign.isprintable() else " " for sign in asked)
    return " ".join(line.split())[:MAX_QUERY].strip()

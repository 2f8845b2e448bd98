"""The built front-end: loader, widget, console."""

from __future__ import annotations

import asyncio
import gzip
import mimetypes
import re
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from straks.accounts.origins import AllowedOrigins
from straks.web.etags import has_it, tag_of
from straks.web.origin import own_origin

__all__ = ["static_routes"]

_HASHED: Final = re.compile(r"-[A-Za-z0-9_-]{8}\.[a-z0-9]+(\.map)?$")
_SCRIPT: Final = re.compile(r"(widget/[a-z]+)-[A-Za-z0-9_-]{8}\.js")
_FOR_EVER: Final = "public, max-age=31536000, immutable"
_ASK: Final = "no-cache"
"""Look whether it changed: it names files of one build, and those of the last are gone."""
_SMALLEST_TO_ZIP: Final = 1024
_MISSING: Final = (
    "The web pages of Straks are not built. In the source tree, run `make install` (or `npm ci && "
    "npm run build` in the folder widget), then load this page again.\n"
)
_CONSOLE_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: https:",
        "font-src 'self'",
        "media-src 'self' data: https:",
        "connect-src 'self' {socket}",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)


def static_routes(folder: Path, origins: AllowedOrigins) -> list[Route]:
    """``/widget.js``, ``/widget/…``, ``/console/…``; reads the built files now."""
    files = _Files(folder)

    async def loader(request: Request) -> Response:
        return _shared(await files.serve(request, "widget.js", _ASK))

    async def widget(request: Request) -> Response:
        name = "widget/" + request.path_params["path"]
        try:
            return _shared(await files.serve(request, name, _life(name)))
        except HTTPException:
            # A page that was opened before an update asks for the widget of its time.
            newer = files.newer(name)
            if newer is None:
                raise
            return _shared(RedirectResponse(f"/{newer}", headers={"Cache-Control": "no-store"}))

    async def console(request: Request) -> Response:
        path = request.path_params["path"] or "index.html"
        response = await files.serve(request, f"console/{path}", _life(path))
        # Older Safari does not count a socket of the same host as 'self'.
        socket = own_origin(request, origins).replace("http", "ws", 1)
        response.headers["Content-Security-Policy"] = _CONSOLE_POLICY.format(socket=socket)
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
        return response

    async def home(_request: Request) -> Response:
        return RedirectResponse("/console/")

    return [
        Route("/", home, methods=["GET"]),
        Route("/console", home, methods=["GET"]),
        Route("/widget.js", loader, methods=["GET"]),
        Route("/widget/{path:path}", widget, methods=["GET"]),
        Route("/console/{path:path}", console, methods=["GET"]),
    ]


@dataclass(frozen=True, slots=True)
class _File:
    stamp: tuple[int, int]
    kind: str
    body: bytes
    zipped: bytes | None
    tag: str


class _Files:
    """The files of the build, each kept in memory until it changes on disk.

    They are read and zipped at the start, those of a newer build in a thread: never on the loop
    that serves the sockets.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()
        self._loading = asyncio.Lock()
        self._kept: dict[str, _File] = {}
        for path in self._folder.rglob("*"):
            stamp = _stamp(path)
            if stamp is not None and (file := _load(path, stamp)) is not None:
                self._kept[path.relative_to(self._folder).as_posix()] = file

    async def serve(self, request: Request, name: str, life: str) -> Response:
        file = await self._find(name)
        if file is None:
            if not (self._folder / "widget.js").is_file():
                return PlainTextResponse(_MISSING, 503, {"Retry-After": "10"})
            raise HTTPException(404)
        headers = {"ETag": file.tag, "Cache-Control": life, "Vary": "Accept-Encoding"}
        if has_it(request, file.tag):
            return Response(status_code=304, headers=headers)
        body = file.body
        if file.zipped is not None and _takes_gzip(request):
            headers["Content-Encoding"] = "gzip"
            body = file.zipped
        return Response(body, headers=headers, media_type=file.kind)

    def newer(self, name: str) -> str | None:
        """Give the one script that stands where ``name``, of another build, once stood."""
        match = _SCRIPT.fullmatch(name)
        found = match and list(self._folder.glob(f"{match[1]}-????????.js"))
        return found[0].relative_to(self._folder).as_posix() if found and len(found) == 1 else None

    async def _find(self, name: str) -> _File | None:
        # One name for each file: under others, without end, it would be kept again and again.
        if "\0" in name or any(part in {"", ".", ".."} for part in name.split("/")):
            return None
        path = self._folder / name
        try:
            if not path.resolve().is_relative_to(self._folder):
                return None
        except OSError:
            return None
        stamp = _stamp(path)
        if stamp is None:
            return None
        kept = self._kept.get(name)
        return kept if kept is not None and kept.stamp == stamp else await self._read(name, stamp)

    async def _read(self, name: str, stamp: tuple[int, int]) -> _File | None:
        async with self._loading:
            kept = self._kept.get(name)
            if kept is not None and kept.stamp == stamp:
                return kept
            file = await asyncio.to_thread(_load, self._folder / name, stamp)
            if file is not None:
                self._kept[name] = file
            return file


def _stamp(path: Path) -> tuple[int, int] | None:
    """What changes with a file's content; None when there is no such file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return (status.st_mtime_ns, status.st_size) if stat.S_ISREG(status.st_mode) else None


def _load(path: Path, stamp: tuple[int, int]) -> _File | None:
    """Read and zip a file; None when a build has just taken it away."""
    try:
        body = path.read_bytes()
    except OSError:
        return None
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if kind.startswith("text/") or kind in {"application/json", "image/svg+xml"}:
        kind = kind.replace("application/javascript", "text/javascript")
        zipped = gzip.compress(body, 9, mtime=0) if len(body) >= _SMALLEST_TO_ZIP else None
    else:
        zipped = None
    return _File(stamp, kind, body, zipped, tag_of(body))


def _life(name: str) -> str:
    return _FOR_EVER if _HASHED.search(name) else _ASK


def _takes_gzip(request: Request) -> bool:
    accepted = request.headers.get("accept-encoding", "").replace(" ", "").lower() + ","
    return "gzip" in accepted and "gzip;q=0," not in accepted


def _shared(response: Response) -> Response:
    """Let pages of other sites use it: that is what the widget is for."""
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response

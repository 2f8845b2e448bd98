"""The demo shop, a small site of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

__all__ = ["answers_folder", "shop_app"]

_HERE: Final = Path(__file__).parent
_SLOT: Final = re.compile(r"\{\{([a-z_]+)(?::([a-z]+))?\}\}")
_RELATED: Final = 4
_FILES: Final = {
    "/shop.css": "text/css; charset=utf-8",
    "/shop.js": "text/javascript; charset=utf-8",
    "/favicon.svg": "image/svg+xml",
}
_PAGES: Final = {
    "/": ("home", "Light for long evenings"),
    "/delivery": ("delivery", "Delivery & returns"),
    "/contact": ("contact", "Contact"),
}


@dataclass(frozen=True, slots=True)
class _Content:
    """Something that the shop serves, made once at start."""

    body: bytes
    media_type: str = "text/html; charset=utf-8"
    status: int = 200

    def response(self) -> Response:
        headers = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}
        return Response(self.body, self.status, headers, media_type=self.media_type)


def answers_folder() -> Path:
    """Where the shop's answer files are."""
    return _HERE / "answers"


def shop_app(widget_url: str) -> Starlette:
    """Build the shop. ``widget_url`` is the address of the chat server's ``widget.js``."""
    contents = _contents(widget_url)
    missing = _page("Not found", "missing", "", widget_url, {}, status=404)

    async def serve(request: Request) -> Response:
        return contents.get(request.url.path, missing).response()

    return Starlette(routes=[Route("/{path:path}", serve, methods=["GET"])])


def _contents(widget_url: str) -> dict[str, _Content]:
    products: list[dict[str, Any]] = json.loads(_read("products.json"))
    contents = {
        path: _Content(_read(path[1:]).encode(), media_type) for path, media_type in _FILES.items()
    }
    tiles = "".join(_tile(product) for product in products)
    for path, (name, title) in _PAGES.items():
        contents[path] = _page(title, name, path, widget_url, {"tiles": tiles})
    for number, product in enumerate(products):
        others = [*products[number + 1 :], *products[:number]][:_RELATED]
        values = {key: escape(product[key]) for key in ("name", "kind", "line", "price", "text")}
        values["art"] = _art(product["slug"])
        values["ticks"] = "".join(f"<li>{escape(tick)}</li>" for tick in product["ticks"])
        values["facts"] = "".join(_fact(name, value) for name, value in product["facts"])
        values["tiles"] = "".join(_tile(other) for other in others)
        path = f"/lamps/{product['slug']}"
        contents[path] = _page(product["name"], "product", path, widget_url, values)
    return contents


def _page(
    title: str,
    name: str,
    path: str,
    widget_url: str,
    values: Mapping[str, str],
    *,
    status: int = 200,
) -> _Content:
    main = _filled(_read(f"pages/{name}.html"), values)
    slots = {"title": escape(title), "main": main, "widget_url": escape(widget_url)}
    html = _filled(_read("pages/layout.html"), slots)
    if path:
        head, nav, rest = html.partition('<nav aria-label="Main">')
        here = rest.replace(f'href="{path}"', f'href="{path}" aria-current="page"', 1)
        html = head + nav + here if path in _PAGES and path != "/" else html
    return _Content(html.encode(), status=status)


def _filled(template: str, values: Mapping[str, str]) -> str:
    def value(slot: re.Match[str]) -> str:
        return _art(slot[2]) if slot[1] == "art" and slot[2] else values[slot[1]]

    return _SLOT.sub(value, template)


def _tile(product: Mapping[str, Any]) -> str:
    badge = f'<span class="badge">{escape(product["badge"])}</span>' if product["badge"] else ""
    return (
        f'<li><a href="/lamps/{product["slug"]}">{_art(product["slug"])}{badge}'
        f"<h3>{escape(product['name'])} <span>{escape(product['price'])} kr.</span></h3>"
        f"<p>{escape(product['line'])}</p></a></li>"
    )


def _fact(name: str, value: str) -> str:
    return f"<div><dt>{escape(name)}</dt><dd>{escape(value)}</dd></div>"


def _art(name: str) -> str:
    return _read(f"art/{name}.svg").strip()


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")

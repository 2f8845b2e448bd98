"""Entity tags: does the browser have what it asks for?"""

from __future__ import annotations

import hashlib

from starlette.requests import Request

__all__ = ["has_it", "tag_of"]


def tag_of(body: bytes) -> str:
    """Name a content. Weak, since its zipped bytes are named by the same tag."""
    return f'W/"{hashlib.sha256(body).hexdigest()[:24]}"'


def has_it(request: Request, tag: str) -> bool:
    """Tell whether the request says that what ``tag`` names is there already."""
    known = request.headers.get("if-none-match", "")
    return tag in {each.strip() for each in known.split(",")}

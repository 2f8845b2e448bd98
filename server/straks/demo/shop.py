"""The demo shop, a small site of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from starlette.applications import Starlette

__all__ = ["answers_folder", "shop_app"]

_HERE: Final = Path(__file__).parent


def answers_folder() -> Path:
    """Where the shop's answer files are."""
    return _HERE / "answers"


def shop_app(widget_url: str) -> Starlette:
    """Build the shop. ``widget_url`` is the address of the chat server's ``widget.js``."""
    raise NotImplementedError

"""The root of every exception of ours."""

from __future__ import annotations

__all__ = ["StartError", "StraksError"]


class StraksError(Exception):
    """Something of Straks went wrong; subclasses say what."""


class StartError(StraksError):
    """The server cannot start. The message is one sentence that says what to change."""

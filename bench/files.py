"""Files that people name on the command line."""

from __future__ import annotations

__all__ = ["BadFileError"]


class BadFileError(Exception):
    """The file is not one of its kind; the message names file and line."""

"""The SQL of the embedded log."""

from __future__ import annotations

from importlib import resources
from typing import Final

__all__ = ["QUERIES", "SCHEMA"]

_FILES = resources.files("straks.log")


def _queries(text: str) -> dict[str, str]:
    parts = (part.partition("\n") for part in text.split("-- name: ")[1:])
    return {name.strip(): statement.strip() for name, _, statement in parts}


SCHEMA: Final = (_FILES / "sqlite_schema.sql").read_text("utf-8")

QUERIES: Final = _queries((_FILES / "sqlite_queries.sql").read_text("utf-8"))
"""Statements by the names that the file gives them."""

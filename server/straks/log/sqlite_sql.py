"""The SQL of the embedded log."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Final

__all__ = ["QUERIES", "SCHEMA", "adding"]

_FILES = resources.files("straks.log")


def _queries(text: str) -> dict[str, str]:
    parts = (part.partition("\n") for part in text.split("-- name: ")[1:])
    return {name.strip(): statement.strip() for name, _, statement in parts}


SCHEMA: Final = (_FILES / "sqlite_schema.sql").read_text("utf-8")

QUERIES: Final = _queries((_FILES / "sqlite_queries.sql").read_text("utf-8"))
"""Statements by the names that the file gives them."""


@cache
def adding(name: str, rows: int, columns: int) -> str:
    """Give a statement that adds so many rows at once; it passes over rows that begin with null."""
    row = "(" + ", ".join("?" * columns) + ")"
    return f"WITH added AS (VALUES {', '.join([row] * rows)}) {QUERIES[name]}"

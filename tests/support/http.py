"""Clients of HTTP that wait as long as a busy machine may take."""

from __future__ import annotations

from typing import Any, Final

import httpx

__all__ = ["async_http", "http"]

_SECONDS: Final = 60.0
"""What a step of one request may take: a sign-in hashes a password, and asks the records."""


def http(**options: Any) -> httpx.Client:
    """Make a client that uses no proxy; ``options`` are those of httpx."""
    return httpx.Client(**{"trust_env": False, "timeout": _SECONDS, **options})


def async_http(**options: Any) -> httpx.AsyncClient:
    """Make one like :func:`http` for an event loop."""
    return httpx.AsyncClient(**{"trust_env": False, "timeout": _SECONDS, **options})

"""Whether the server lives, and whether it can do its work."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from straks.clock import Clock
from straks.web.context import Check, WebContext
from straks.web.problems import json_response

__all__ = ["health_routes"]

_log = structlog.get_logger(__name__)

_TIME: Final = 3.0
"""Seconds that a check may take."""
_GOOD_FOR: Final = 1.0
"""Seconds that a result is shared: anybody may ask, and each check costs a durable write."""
_BAD_FOR: Final = 0.1
"""The same when something failed, so that a server that has just become ready says so."""


def health_routes(context: WebContext) -> list[Route]:
    """``/healthz`` and ``/readyz``."""
    probe = _Probe(context.checks, context.clock)

    async def healthz(_request: Request) -> Response:
        return json_response({"status": "ok", "checks": {}})

    async def readyz(_request: Request) -> Response:
        if context.draining():
            return json_response({"status": "draining", "checks": {}}, 503)
        checks = await probe.results()
        failed = {name for name, result in checks.items() if result != "ok"}
        fine = failed <= context.optional
        status = "unready" if not fine else "degraded" if failed else "ok"
        return json_response({"status": status, "checks": checks}, 200 if fine else 503)

    return [
        Route("/healthz", healthz, methods=["GET"]),
        Route("/readyz", readyz, methods=["GET"]),
    ]


class _Probe:
    """Runs the checks; those who ask while they run, and shortly after, share the result."""

    def __init__(self, checks: Mapping[str, Check], clock: Clock) -> None:
        self._checks = checks
        self._clock = clock
        self._fresh_until = 0.0
        self._problems: dict[str, str | None] = {}
        self._running: asyncio.Task[dict[str, str]] | None = None

    async def results(self) -> dict[str, str]:
        if self._running is None or (
            self._running.done() and self._clock.monotonic() >= self._fresh_until
        ):
            self._running = asyncio.create_task(self._run(), name="readyz")
        # One asker who goes away must not cancel the check for the others.
        return await asyncio.shield(self._running)

    async def _run(self) -> dict[str, str]:
        found = await asyncio.gather(*(self._one(name) for name in self._checks))
        fine = all(result == "ok" for result in found)
        self._fresh_until = self._clock.monotonic() + (_GOOD_FOR if fine else _BAD_FOR)
        return dict(zip(self._checks, found, strict=True))

    async def _one(self, name: str) -> str:
        try:
            async with asyncio.timeout(_TIME):
                await self._checks[name]()
        except TimeoutError:
            self._note(name, f"no answer within {_TIME:g} s")
            return f"no answer within {_TIME:g} s"
        except Exception as error:
            self._note(name, str(error))
            return f"failed: {type(error).__name__}"
        self._note(name, None)
        return "ok"

    def _note(self, name: str, problem: str | None) -> None:
        """Log a change: whoever asks every second must not fill the log."""
        if self._problems.get(name) != problem:
            self._problems[name] = problem
            if problem is not None:
                _log.warning("not ready", check=name, problem=problem)
            else:
                _log.info("ready again", check=name)

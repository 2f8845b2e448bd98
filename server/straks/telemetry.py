"""Structured logs."""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Hashable
from typing import Any, Final, TextIO

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

__all__ = ["Trouble", "configure_logs"]

_SECRET_NAME: Final = re.compile(r"token|password|secret|cookie|authorization|api_?key", re.I)
_SECRET_IN_URL: Final = re.compile(r"(?<=://)[^/@\s:]*:[^/@\s]+(?=@)")
_HIDDEN: Final = "[hidden]"


class Trouble:
    """Logs that something stopped working, and that it works again, but no failure between.

    What is tried again and again would otherwise fill the log just when it is needed.
    """

    __slots__ = ("_log", "_places", "_what")

    def __init__(self, log: logging.Logger, what: str) -> None:
        """``what``: begins each message, for example the name of a part."""
        self._log = log
        self._what = what
        self._places: set[Hashable] = set()

    def failed(self, problem: object, place: Hashable = None) -> None:
        """Note a failure; ``place`` tells apart those who fail and work by themselves."""
        if not self._places:
            self._log.warning("%s: %s", self._what, problem)
        self._places.add(place)

    def worked(self, place: Hashable = None) -> None:
        """Note a success."""
        if self._places:
            self._places.discard(place)
            if not self._places:
                self._log.info("%s: works again", self._what)


def configure_logs(*, style: str | None, level: str, stream: TextIO | None = None) -> None:
    """Send all logs, also those of libraries, to ``stream`` (standard error).

    ``style`` is ``json``, ``console``, or None to choose by whether a terminal reads along.
    """
    out = stream or sys.stderr
    if style is None:
        style = "console" if out.isatty() else "json"
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        hide_secrets,
    ]
    last: list[Processor]
    if style == "json":
        last = [
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(serializer=_dumps),
        ]
    else:
        # Not rich's traceback: it shows local variables, that is tokens and what people wrote.
        plain = structlog.dev.plain_traceback
        last = [structlog.dev.ConsoleRenderer(colors=out.isatty(), exception_formatter=plain)]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(_number(level)),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(_number(level))
    for chatty in ("uvicorn", "websockets", "aiosqlite", "asyncio", "alembic"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, _number(level)))


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Blank what must not be in a log: values under telling names, passwords in addresses."""
    for name, value in event.items():
        if _SECRET_NAME.search(name) and value is not None:
            event[name] = _HIDDEN
        elif isinstance(value, str) and "@" in value:
            event[name] = _SECRET_IN_URL.sub(_HIDDEN, value)
    return event


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level.upper()]


def _dumps(value: Any, **options: Any) -> str:
    return orjson.dumps(value, default=options.get("default") or repr).decode()

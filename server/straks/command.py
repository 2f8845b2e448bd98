"""What the commands of the command line share."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Annotated, TypeVar

import typer

from straks.config import PREFIX

__all__ = ["Data", "DatabaseAddress", "run"]

_T = TypeVar("_T")

Data = Annotated[str | None, typer.Option(help=f"Data directory. [{PREFIX}DATA]")]
DatabaseAddress = Annotated[
    str | None,
    typer.Option("--database", help=f"Address of the records in PostgreSQL. [{PREFIX}DATABASE]"),
]


def run(job: Awaitable[_T]) -> _T:
    """Do what a command is for."""
    import uvloop

    async def wait() -> _T:
        return await job

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(wait())

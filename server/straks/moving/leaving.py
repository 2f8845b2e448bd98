"""Writing everything to a file."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Final

from straks import __version__
from straks.answers import asked
from straks.answers import room as answers
from straks.config import Settings
from straks.customers import contacts
from straks.log.limits import Limits
from straks.log.moving import Departure
from straks.moving.errors import MovingError
from straks.moving.file import ExportFile
from straks.moving.lines import (
    FORMAT,
    Channel,
    Counts,
    Header,
    Said,
    Secret,
    TableRow,
    Waiting,
)
from straks.moving.places import open_source
from straks.moving.progress import Progress
from straks.records.migration import NEWEST
from straks.records.rows import Rows
from straks.routing import inbox

__all__ = ["CONSUMERS", "export_all"]

CONSUMERS: Final = (answers.CONSUMER, asked.CONSUMER, contacts.CONSUMER, inbox.CONSUMER)
"""All that read the feed."""

_PAGE: Final = 500
_LIMITS: Final = Limits()


async def export_all(settings: Settings, path: Path, tell: Callable[[str], None]) -> Counts:
    """Write everything that servers with these settings know to a new file.

    Args:
        settings: say where it is. No server may run.
        path: of the file.
        tell: takes a line on how far it has come, now and then.

    Raises:
        MovingError: the file cannot be written.
        StartError: what is to be read cannot be, or a server uses it.
    """
    async with AsyncExitStack() as stack:
        source = await open_source(settings, stack)
        file = stack.enter_context(ExportFile.create(path))
        header = Header(
            format=FORMAT,
            straks=__version__,
            records=NEWEST,
            at=time.time_ns() // 1_000_000,
            consumers=CONSUMERS,
        )
        file.write(header)
        file.write(Secret(secret=source.secret))
        progress = Progress(tell, file.counts)
        await _write_rows(source.rows, file, progress)
        await _write_log(source.log, file, progress)
        await source.check_alone()
    return file.counts


async def _write_rows(rows: Rows, file: ExportFile, progress: Progress) -> None:
    for table in rows.tables:
        async for row in rows.read(table):
            # Where it arrives nothing is in an archive yet.
            values = {**row, "archived": False} if "archived" in row else dict(row)
            file.write(TableRow(table=table, values=values))
            progress.step()


async def _write_log(log: Departure, file: ExportFile, progress: Progress) -> None:
    for name in await log.channels():
        await _write_channel(log, name, file)
        progress.step()
    async for pending in log.pending(CONSUMERS):
        file.write(Waiting(pending=pending))
        progress.step()


async def _write_channel(log: Departure, name: str, file: ExportFile) -> None:
    head = await log.head(name)
    file.write(Channel(head=head))
    after = 0
    while after < head.position.offset:
        entries = await log.entries(name, after, _PAGE)
        # A channel without end has lost its first entries.
        may_begin_later = after == 0 and _LIMITS.max_entries(name) is None
        before = entries[0].offset - 1 if entries and may_begin_later else after
        if not entries or entries[-1].offset != before + len(entries):
            raise MovingError(
                f"The log has lost entries of {name} after {after}; restore it from a backup."
            )
        for entry in entries:
            file.write(Said.of(entry))
        after = entries[-1].offset

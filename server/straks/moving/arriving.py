"""Reading everything from a file."""

from __future__ import annotations

import hashlib
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from itertools import groupby, islice
from pathlib import Path
from typing import Final

import msgspec

from straks.accounts.secret import is_secret
from straks.config import Settings
from straks.log.log import Entry
from straks.log.moving import Arrival, Head, Pending
from straks.moving.errors import MovingError
from straks.moving.file import count, damaged, read
from straks.moving.lines import (
    Channel,
    Counts,
    Header,
    Line,
    Said,
    Secret,
    TableRow,
    Waiting,
)
from straks.moving.places import Target, open_target
from straks.moving.progress import Progress
from straks.records.errors import RecordsUnavailableError
from straks.records.migration import NEWEST
from straks.records.rows import Row, Rows

__all__ = ["import_all"]

_PAGE: Final = 500


async def import_all(settings: Settings, path: Path, tell: Callable[[str], None]) -> Counts:
    """Fill an empty place with what an export wrote, and compare.

    Args:
        settings: say where to. No server may run.
        path: of the file.
        tell: takes a line on how far it has come, now and then.

    Raises:
        MovingError: the file is not whole, or the place not empty; nothing was changed.
        StartError: the place cannot be used.
    """
    tell(f"Checking {path}")
    header, secret, counts = _check(path)
    async with AsyncExitStack() as stack:
        try:
            target = await open_target(settings, stack)
            await _put(target, path, header, secret, counts, tell)
            tell("Comparing")
            await _compare(target, path, header, counts)
            await target.finish()
        except (RecordsUnavailableError, OSError) as error:
            raise MovingError(
                f"It cannot be stored ({error}). What was stored so far is not used; import again."
            ) from error
    return counts


def _check(path: Path) -> tuple[Header, bytes, Counts]:
    """Read the whole file, before anything is written."""
    counts = Counts()
    header: Header | None = None
    secret = b""
    for number, line in enumerate(read(path), 1):
        count(counts, line)
        match line:
            case Header():
                header = _known(path, line)
            case Secret():
                secret = line.secret
            case TableRow() if line.table not in Rows.tables:
                raise MovingError(f"{path} has a table {line.table}, which this release has not.")
            case TableRow():
                if flaw := Rows.flaw(line.table, line.values):
                    raise damaged(path, number, flaw)
    if header is None:
        raise MovingError(f"{path} is not an export.")
    if not is_secret(secret):
        raise MovingError(f"{path} has no secret to sign with; export again.")
    return header, secret, counts


def _known(path: Path, header: Header) -> Header:
    if header.records != NEWEST:
        raise MovingError(
            f"{path} was written by Straks {header.straks} (records {header.records}, this release "
            f"has {NEWEST}): import it with that release, and then install this one."
        )
    return header


async def _put(
    target: Target,
    path: Path,
    header: Header,
    secret: bytes,
    counts: Counts,
    tell: Callable[[str], None],
) -> None:
    done = Counts()
    progress = Progress(tell, done)

    def counted() -> Iterator[Line]:
        for line in read(path):
            count(done, line)
            progress.step()
            yield line

    async with target.open_log() as log:
        await _put_log(log, counted(), header)
    tell("Storing the records")
    await target.put_records(_pages(path, counts.rows), secret)


async def _put_log(log: Arrival, lines: Iterator[Line], header: Header) -> None:
    head: Head | None = None
    entries: list[Entry] = []
    waiting: list[Pending] = []
    for line in lines:
        if isinstance(line, Said) and head is not None:
            entries.append(line.entry(head.name))
        if isinstance(line, Waiting):
            waiting.append(line.pending)
        if head is not None and entries and (len(entries) == _PAGE or not isinstance(line, Said)):
            await log.put(head, entries)
            entries = []
        if isinstance(line, Channel):
            head = line.head
        if len(waiting) == _PAGE:
            await log.put_pending(waiting)
            waiting = []
    if head is not None and entries:
        await log.put(head, entries)
    await log.put_pending(waiting)
    await log.finish(header.consumers)


def _pages(path: Path, count: int) -> Iterator[tuple[str, list[Row]]]:
    # They are at the beginning: behind the last of them there is nothing to look for.
    rows = islice((line for line in read(path) if isinstance(line, TableRow)), count)
    page: list[Row] = []
    for table, several in groupby(rows, key=lambda row: row.table):
        for row in several:
            page.append(row.values)
            if len(page) == _PAGE:
                yield table, page
                page = []
        if page:
            yield table, page
            page = []


async def _compare(target: Target, path: Path, header: Header, counts: Counts) -> None:
    """Read back what was written, and compare it with the file."""
    expected, found = _Sums(), _Sums()
    async with target.open_log() as log:
        if (channels := len(await log.channels())) != counts.channels:
            raise _differs(f"there are {channels} channels, not {counts.channels}")
        name, stored = "", deque[Entry]()
        for line in read(path):
            match line:
                case Channel():
                    name = line.head.name
                    stored.clear()
                    if await log.head(name) != line.head:
                        raise _differs(name)
                case Said():
                    if not stored:
                        stored.extend(await log.entries(name, line.offset - 1, _PAGE))
                    if not stored or stored.popleft() != line.entry(name):
                        raise _differs(f"entry {line.offset} of {name}")
                case TableRow():
                    expected.add(line.table, line.values)
                case Waiting():
                    expected.add("what is pending", _place(line.pending))
        async for pending in log.pending(header.consumers):
            found.add("what is pending", _place(pending))
    for table in target.rows.tables:
        async for row in target.rows.read(table):
            found.add(table, row)
    if other := expected.other(found):
        raise _differs(other)


def _place(pending: Pending) -> Row:
    """Leave out the consumers: some may see again what they have seen."""
    return {"channel": pending.channel, "offset": pending.offset}


class _Sums:
    """Compares what comes in any order: the sum of the hashes of rows, by table."""

    def __init__(self) -> None:
        self._sums: Counter[str] = Counter()

    def add(self, table: str, row: Row) -> None:
        digest = hashlib.sha256(msgspec.json.encode(row, order="sorted")).digest()
        self._sums[table] += int.from_bytes(digest)

    def other(self, found: _Sums) -> str | None:
        """Name a table that has other rows there."""
        names = self._sums.keys() | found._sums.keys()
        return next((name for name in names if self._sums[name] != found._sums[name]), None)


def _differs(what: str) -> MovingError:
    return MovingError(
        f"What was stored differs from the file ({what}), and is not used; please report it."
    )

"""The answer files that agents write in the console."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select, text

from straks.records.database import Database
from straks.records.engine import upsert
from straks.records.schema import answer_files

__all__ = ["AnswerFileRecords", "AnswerFileRow"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerFileRow:
    """An answer file as somebody wrote it."""

    file: str
    source: str | None
    """None: it was deleted."""
    version: int
    """Greater than that of every file that was changed before."""
    author: str
    updated_at: int


class AnswerFileRecords:
    """Queries over the answer files. Everything raises ``RecordsUnavailableError``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def version(self) -> int:
        """Tell the version of the last change; 0 when there was none. Costs next to nothing."""
        async with self._database.read() as connection:
            return await connection.scalar(select(func.max(answer_files.c.version))) or 0

    async def read_all(self) -> Sequence[AnswerFileRow]:
        """Read all files, those that were deleted too, sorted by name."""
        query = select(answer_files).order_by(answer_files.c.file)
        async with self._database.read() as connection:
            return [AnswerFileRow(**row._mapping) for row in await connection.execute(query)]

    async def read(self, file: str) -> AnswerFileRow | None:
        """Read one file; None when there never was one."""
        query = select(answer_files).where(answer_files.c.file == file)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else AnswerFileRow(**row._mapping)

    async def save(
        self, file: str, source: str | None, *, expected: int, author: str, at: int
    ) -> AnswerFileRow | None:
        """Keep a file as it is now; None when it is not as it was ``expected`` to be.

        ``source`` None: it is deleted. ``expected``: its version so far, 0 when there was none.
        """
        new = upsert(self._database, answer_files)
        statement = new.on_conflict_do_update(
            index_elements=[answer_files.c.file],
            set_={c.name: new.excluded[c.name] for c in answer_files.c if not c.primary_key},
        )
        async with self._database.write() as connection:
            # Of two changes at the same time, both would be taken for the next.
            if self._database.shared:
                await connection.execute(text("LOCK TABLE answer_files IN EXCLUSIVE MODE"))
            found = await connection.scalar(
                select(answer_files.c.version).where(answer_files.c.file == file)
            )
            if (found or 0) != expected:
                return None
            last = await connection.scalar(select(func.max(answer_files.c.version))) or 0
            row = {
                "file": file,
                "source": source,
                "version": last + 1,
                "author": author,
                "updated_at": at,
            }
            await connection.execute(statement, row)
        return AnswerFileRow(
            file=file, source=source, version=last + 1, author=author, updated_at=at
        )

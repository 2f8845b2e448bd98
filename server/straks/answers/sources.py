"""The answer files of a folder, and over them those that were written in the console."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from straks.answers.files import AnswerBook, clash
from straks.answers.source import AnswerFileError, Draft, read
from straks.records.answer_files import AnswerFileRow

__all__ = ["AnswerFile", "Sources", "console_files", "folder_files", "version_of"]


@dataclass(frozen=True, slots=True)
class AnswerFile:
    """An answer file, with what it says or why it says nothing."""

    name: str
    raw: bytes
    said: Draft | AnswerFileError
    row: AnswerFileRow | None = None
    """What the records have of it; None: it is the folder's."""

    @classmethod
    def read(cls, name: str, raw: bytes, row: AnswerFileRow | None = None) -> AnswerFile:
        """Read a file."""
        try:
            return cls(name, raw, read(name, raw), row)
        except AnswerFileError as error:
            return cls(name, raw, error, row)

    @classmethod
    def of(cls, row: AnswerFileRow) -> AnswerFile:
        """Read a file of the records."""
        if row.source is None:
            return cls(row.file, b"", AnswerFileError(row.file, 1, "was deleted"), row)
        return cls.read(row.file, row.source.encode(), row)

    @property
    def is_deleted(self) -> bool:
        """Whether the records have it only to tell that it was deleted."""
        return self.row is not None and self.row.source is None

    @property
    def origin(self) -> Literal["folder", "console"]:
        """Where it was written."""
        return "folder" if self.row is None else "console"

    @property
    def source(self) -> str:
        """The whole text."""
        return self.raw.decode("utf-8", "replace")

    @property
    def version(self) -> str:
        """Tells it apart from what it was and will be."""
        return version_of(self.raw)


class Sources:
    """All answer files as they were at one moment. It does not change; other files make another.

    A file of the console goes before one of the folder that has its name.
    """

    def __init__(self, folder: Mapping[str, AnswerFile], console: Mapping[str, AnswerFile]) -> None:
        self.folder = folder
        """The files of the folder, by name."""
        self.console = console
        """Those of the console, with those that were deleted."""
        edited = {name: file for name, file in console.items() if not file.is_deleted}
        self.edited = len(edited)
        """How many files the console has."""
        self.files: Mapping[str, AnswerFile] = dict(sorted({**folder, **edited}.items()))
        """Those that count, by name."""

    @classmethod
    def none(cls) -> Sources:
        """No files at all."""
        return cls({}, {})

    @cached_property
    def book(self) -> AnswerBook:
        """What they say together."""
        said = [file.said for file in self.files.values()]
        return AnswerBook.of(
            (each for each in said if isinstance(each, Draft)),
            [
                error
                for each in said
                if isinstance(each, AnswerFileError)
                for error in (each, *each.others)
            ],
        )

    def same(self, other: Sources) -> bool:
        """Tell whether both say the same."""
        return self._raws() == other._raws()

    def with_folder(self, folder: Mapping[str, AnswerFile]) -> Sources:
        """Give these with other files in the folder."""
        return Sources(folder, self.console)

    def with_console(self, console: Iterable[AnswerFile]) -> Sources:
        """Give these with some files of the console, where they are not older than those here."""
        changed = dict(self.console)
        for file in console:
            before = changed.get(file.name)
            if before is None or _version(before) <= _version(file):
                changed[file.name] = file
        return Sources(self.folder, changed)

    def instead(self, file: AnswerFile) -> Sources:
        """Give these with a file as somebody wants it to be."""
        return Sources(self.folder, {**self.console, file.name: file})

    def check(self, name: str, raw: bytes) -> Draft:
        """See that a file can be one of these, in place of the one that has its name.

        Raises:
            AnswerFileError: it cannot.
        """
        draft = read(name, raw)
        others = (file.said for file in self.files.values() if file.name != name)
        error = clash(draft, (each for each in others if isinstance(each, Draft)))
        if error is not None:
            raise error
        return draft

    def _raws(self) -> dict[str, tuple[bytes, bool]]:
        return {name: (file.raw, isinstance(file.said, Draft)) for name, file in self.files.items()}


def folder_files(
    found: Mapping[str, bytes | AnswerFileError], before: Mapping[str, AnswerFile]
) -> dict[str, AnswerFile]:
    """Read the files of a folder; those that are as ``before`` are not read again."""
    files: dict[str, AnswerFile] = {}
    for name, raw in found.items():
        known = before.get(name)
        if isinstance(raw, AnswerFileError):
            files[name] = AnswerFile(name, b"", raw)
        elif known is not None and known.raw == raw and isinstance(known.said, Draft):
            files[name] = known
        else:
            files[name] = AnswerFile.read(name, raw)
    return files


def console_files(
    rows: Iterable[AnswerFileRow], before: Mapping[str, AnswerFile]
) -> list[AnswerFile]:
    """Read the files of the records; those that are as ``before`` are not read again."""
    files: list[AnswerFile] = []
    for row in rows:
        known = before.get(row.file)
        files.append(known if known is not None and known.row == row else AnswerFile.of(row))
    return files


def _version(file: AnswerFile) -> int:
    return 0 if file.row is None else file.row.version


def version_of(raw: bytes) -> str:
    """Name what a file says; another text has another name."""
    return hashlib.sha256(raw).hexdigest()[:16]

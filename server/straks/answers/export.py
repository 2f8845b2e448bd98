"""Putting the console's answer files into a folder."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from straks.errors import StartError
from straks.records.answer_files import AnswerFileRow

__all__ = ["export_files"]

_NAMED: Final = 5
"""Files that a message names."""


def export_files(rows: Iterable[AnswerFileRow], folder: Path, *, force: bool) -> int:
    """Write files into a folder that is made if need be; tell how many. Those there stay as well.

    ``force``: a file that says something else is written over.

    Raises:
        StartError: there is such a file, and nothing was written; or it cannot be written.
    """
    files = {folder / row.file: row.source.encode() for row in rows if row.source is not None}
    try:
        whole = folder.resolve()
        for path in files:
            if not path.resolve().is_relative_to(whole):
                raise StartError(f"{path} is not in {folder}; nothing was written.")
        others = [path for path, raw in files.items() if path.exists() and path.read_bytes() != raw]
        if others and not force:
            names = ", ".join(str(path) for path in others[:_NAMED])
            more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
            raise StartError(
                f"There are other versions of {names}{more}; nothing was written. "
                "To write over them, use --force."
            )
        for path, raw in files.items():
            _write(path, raw)
    except OSError as error:
        raise StartError(f"The answers cannot be written to {folder}: {error}.") from error
    return len(files)


def _write(path: Path, raw: bytes) -> None:
    """Write a file whole: a server that reads the folder never sees a part of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    part.write_bytes(raw)
    os.replace(part, path)

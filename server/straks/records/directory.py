"""The data directory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

from straks.errors import StartError

__all__ = ["PLACING", "check_whole", "open_directory"]

PLACING: Final = Path(".import", "placing")
"""Is in a data directory while an import puts its files there."""


def open_directory(path: Path, *, arriving: bool = False) -> Path:
    """Make the directory when there is none, and check that it can be used.

    ``arriving``: also if it holds a part of an import.

    Raises:
        StartError: it cannot.
    """
    whole = path.expanduser().absolute()
    try:
        whole.mkdir(mode=0o700, parents=True, exist_ok=True)
    except FileExistsError as error:
        raise StartError(
            f"The data directory {whole} is a file; choose another with STRAKS_DATA or --data."
        ) from error
    except OSError as error:
        raise _unusable(whole, error.strerror) from error
    if not os.access(whole, os.R_OK | os.W_OK | os.X_OK):
        raise _unusable(whole, "no permission to write there")
    if not arriving:
        check_whole(whole)
    return whole


def check_whole(path: Path) -> None:
    """See that nothing is imported into a data directory, and that none was half.

    Raises:
        StartError: it is, or was.
    """
    if (path / PLACING).exists():
        raise StartError(
            f"The data directory {path} holds a part of an import that was interrupted; run "
            "`straks import` again."
        )
    if (stage := path / PLACING.parent).exists():
        raise StartError(
            f"Something is imported into the data directory {path}: wait until that has ended. If "
            f"it was interrupted, run `straks import` again, or remove {stage} to do without."
        )


def _unusable(path: Path, why: str | None) -> StartError:
    return StartError(
        f"The data directory {path} cannot be used ({why}); "
        "make it writable for this user, or choose another with STRAKS_DATA or --data."
    )

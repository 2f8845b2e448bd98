"""The data directory."""

from __future__ import annotations

import os
from pathlib import Path

from straks.errors import StartError

__all__ = ["open_directory"]


def open_directory(path: Path) -> Path:
    """Make the directory when there is none, and check that it can be written.

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
    return whole


def _unusable(path: Path, why: str | None) -> StartError:
    return StartError(
        f"The data directory {path} cannot be used ({why}); "
        "make it writable for this user, or choose another with STRAKS_DATA or --data."
    )

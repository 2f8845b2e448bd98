"""The package of the server, made of what the image's first stage has."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from tests.support.pages import ROOT

__all__ = ["DOCKERFILE", "copied", "make_wheel"]

DOCKERFILE: Final = ROOT / "deploy/Dockerfile"


def copied() -> list[str]:
    """Name what the Dockerfile copies out of the project."""
    lines = re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE.read_text(), re.MULTILINE)
    return [name for line in lines for name in line.split()]


def make_wheel(folder: Path) -> Path:
    """Make the package from what the Dockerfile copies, as it does, but fetch nothing for it.

    The front-end that was built for this checkout goes in.
    """
    source = folder / "source"
    source.mkdir()
    passed_over = shutil.ignore_patterns("node_modules", "__pycache__")
    for name in copied():
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, source / name, ignore=passed_over)
        else:
            shutil.copy(ROOT / name, source / name)
    done = subprocess.run(
        [
            sys.executable, "-m", "pip", "wheel", "--no-build-isolation", "--no-index", "--no-deps",
            "--disable-pip-version-check", "--wheel-dir", str(folder / "wheels"), str(source),
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = (folder / "wheels").glob("straks-*.whl")
    return found

"""What the figures were measured on."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import psutil

from bench.peers.install import VERSIONS
from bench.server import CORES

__all__ = ["facts"]

_PLACES: Final = (
    "servers on one, load and Redis on the other"
    if len(CORES) < 3
    else "servers on one, Redis on another, the load on the others"
)


def facts() -> dict[str, str]:
    """Give what a reader must know of this machine."""
    return {
        "processor": _processor(),
        "cores": f"{len(CORES)}: {_PLACES}",
        "memory": f"{psutil.virtual_memory().total / 2**30:.0f} GiB",
        "system": f"{platform.system()} {platform.release()}",
        "programs": ", ".join(
            (
                f"Python {platform.python_version()}",
                _straks(),
                _version("redis-server", "Redis"),
                _version("node", "Node"),
                *VERSIONS,
            )
        ),
        "commit": _commit(),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _straks() -> str:
    """Tell in which form the servers run: they are started by this Python, with these paths."""
    asked = "import straks.edge.session as module; print(module.__file__)"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    return "Straks as Python" if done.stdout.strip().endswith(".py") else "Straks compiled"


def _version(program: str, name: str) -> str:
    if shutil.which(program) is None:
        return f"no {name}"
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    found = re.search(r"\d+\.\d+\.\d+", done.stdout)
    return f"{name} {found[0]}" if found else name


def _commit() -> str:
    done = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=Path(__file__).parent, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.strip() or "unknown"

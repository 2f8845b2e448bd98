"""Install what the peers need: ``python -m bench.peers.install``.

Everything goes to ``.peers``. What cannot be had, because a toolchain is not there, is said,
and reported as *not run* later.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

__all__ = ["HOME", "PROGRAMS", "VERSIONS", "main"]

HOME: Final = Path(__file__).parents[2] / ".peers"
PROGRAMS: Final = Path(__file__).parent / "programs"
_GO: Final = {
    "nats-server": "github.com/nats-io/nats-server/v2@v2.15.3",
    "centrifugo": "github.com/centrifugal/centrifugo/v6@v6.9.1",
}
_PYTHON: Final = ("python-socketio==5.18.1", "uvicorn[standard]==0.54.0", "redis==8.1.0")

VERSIONS: Final = (
    *(f"{name} {module.rpartition('@v')[2]}" for name, module in _GO.items()),
    *(
        f"{name}@{version}"
        for name, version in json.loads((PROGRAMS / "package.json").read_text())[
            "dependencies"
        ].items()
    ),
    *(package.replace("==", " ") for package in _PYTHON[:2]),
)
"""What the peers are, those from a registry."""


def main() -> int:
    """Install all that can be had; 1 when something could not."""
    HOME.mkdir(exist_ok=True)
    missing = [each for each in (_javascript(), *map(_go, _GO), _python()) if each]
    for each in missing:
        print(each, file=sys.stderr)
    return int(bool(missing))


def _javascript() -> str | None:
    if shutil.which("npm") is None:
        return "npm is not installed: Socket.IO and ws are not run (apt-get install npm)"
    package = HOME / "package.json"
    wanted = PROGRAMS / "package.json"
    if (HOME / "node_modules").exists() and package.read_bytes() == wanted.read_bytes():
        return None
    shutil.copy(wanted, package)
    return _run(["npm", "install", "--no-audit", "--no-fund"], "ws and Socket.IO")


def _go(name: str) -> str | None:
    if (HOME / "bin" / name).exists():
        return None
    if shutil.which("go") is None:
        return f"Go is not installed: {name} is not run (1.26 or newer is needed)"
    return _run(["go", "install", _GO[name]], name, {"GOBIN": str(HOME / "bin")})


def _python() -> str | None:
    venv = HOME / "venv"
    done = venv / "installed"
    if done.exists() and done.read_text().split() == list(_PYTHON):
        return None
    failed = _run([sys.executable, "-m", "venv", str(venv)], "python-socketio") or _run(
        [str(venv / "bin/pip"), "install", "--quiet", *_PYTHON], "python-socketio"
    )
    if failed is None:
        done.write_text("\n".join(_PYTHON))
    return failed


def _run(command: Sequence[str], what: str, env: Mapping[str, str] | None = None) -> str | None:
    print(f"Installing {what}", flush=True)
    done = subprocess.run(
        command, cwd=HOME, env={**os.environ, **(env or {})}, capture_output=True, check=False
    )
    if done.returncode == 0:
        return None
    return f"{what} cannot be installed: {done.stderr.decode(errors='replace').strip()[-500:]}"


if __name__ == "__main__":
    sys.exit(main())

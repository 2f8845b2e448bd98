"""A small ``systemctl`` for tests: it runs units as they are written, without their sandbox.

``python -m tests.support.units FOLDER COMMAND [UNIT...]`` does what systemctl does, with the units
of ``FOLDER/etc/systemd/system``. What is started outlives the command, as there.
"""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import psutil

__all__ = ["Unit", "Units", "read_unit"]

_NOTIFY_SECONDS: Final = 90.0
_STOP_SECONDS: Final = 90.0
"""What systemd waits for a unit that does not say."""


def read_unit(text: str) -> dict[str, list[str]]:
    """Read the settings of a unit; one that is given several times has several values."""
    found: dict[str, list[str]] = {}
    for line in text.replace("\\\n", " ").splitlines():
        if (parts := re.match(r"(\w+)=(.*)", line)) is not None:
            found.setdefault(parts[1], []).append(parts[2].strip())
    return found


class Unit:
    """A service, of a template or not."""

    def __init__(self, root: Path, name: str) -> None:
        """Find it.

        Raises:
            FileNotFoundError: there is no such unit.
        """
        self.name = name.removesuffix(".service")
        base, _, self.instance = self.name.partition("@")
        folder = root / "etc/systemd/system"
        path = folder / f"{base}{'@' if self.instance else ''}.service"
        self._root = root
        self._settings = read_unit(path.read_text())
        self._state = root / "run/units" / f"{self.name}.json"
        self.log = root / "var/log" / f"{self.name}.log"

    @property
    def environment(self) -> dict[str, str]:
        """What it runs with beside what everything runs with."""
        found: dict[str, str] = {}
        for line in self._all("Environment"):
            found.update(_assignment(part) for part in shlex.split(line))
        for name in self._all("EnvironmentFile"):
            path = Path(name.removeprefix("-"))
            if name.startswith("-") and not path.exists():
                continue
            for line in path.read_text().splitlines():
                if line.strip() and line[0] not in "#;":
                    found.update([_assignment(" ".join(shlex.split(line)))])
        return found

    @property
    def process(self) -> psutil.Process | None:
        """What runs now."""
        if not self._state.exists():
            return None
        number, born = json.loads(self._state.read_text())
        try:
            process = psutil.Process(number)
            gone = process.status() == psutil.STATUS_ZOMBIE or process.create_time() != born
        except psutil.NoSuchProcess:
            return None
        return None if gone else process

    def start(self) -> None:
        """Start it, and return when systemd would.

        Raises:
            RuntimeError: it did not start.
        """
        if self.process is not None:
            return
        for name in " ".join(self._all("StateDirectory")).split():
            (self._root / "var/lib" / name).mkdir(mode=0o700, parents=True, exist_ok=True)
        for folder in (self._state.parent, self.log.parent):
            folder.mkdir(parents=True, exist_ok=True)
        kind = self._one("Type", "simple")
        if kind == "forking":
            number = self._fork()
        else:
            number = self._notify() if kind == "notify" else self._spawn().pid
        self._state.write_text(json.dumps([number, psutil.Process(number).create_time()]))

    def stop(self) -> None:
        """Ask it to end, and end it when that takes longer than the unit allows."""
        process = self.process
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + float(self._one("TimeoutStopSec", str(_STOP_SECONDS)))
        while self.process is not None:
            if time.monotonic() > deadline:
                process.kill()
                raise RuntimeError(f"{self.name} did not stop in time\n{self.tail()}")
            time.sleep(0.02)

    def reload(self) -> None:
        """Do what the unit says for that."""
        for command in self._all("ExecReload"):
            subprocess.run(shlex.split(command), check=True)

    def tail(self) -> str:
        """Give the end of what it logged."""
        return self.log.read_text(errors="replace")[-4000:] if self.log.exists() else ""

    def _fork(self) -> int:
        assert self._spawn().wait() == 0, self.tail()
        return int(Path(self._one("PIDFile", "")).read_text())

    def _notify(self) -> int:
        place = self._state.with_suffix(".notify")
        place.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
            ear.bind(str(place))
            ear.settimeout(_NOTIFY_SECONDS)
            number = self._spawn(NOTIFY_SOCKET=str(place)).pid
            try:
                while b"READY=1" not in ear.recv(4096):
                    continue
            except TimeoutError:
                raise RuntimeError(f"{self.name} is not ready\n{self.tail()}") from None
        return number

    def _spawn(self, **variables: str) -> subprocess.Popen[bytes]:
        kept = {name: value for name, value in os.environ.items() if "STRAKS" not in name}
        with self.log.open("ab") as log:
            return subprocess.Popen(
                shlex.split(self._one("ExecStart", "")),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                start_new_session=True,
                env=kept | self.environment | variables,
            )

    def _all(self, name: str) -> list[str]:
        return [value.replace("%i", self.instance) for value in self._settings.get(name, [])]

    def _one(self, name: str, default: str) -> str:
        return (self._all(name) or [default])[-1]


class Units:
    """All that are or were started below a folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def __getitem__(self, name: str) -> Unit:
        return Unit(self._root, name)

    def __iter__(self) -> Iterator[Unit]:
        for state in sorted((self._root / "run/units").glob("*.json")):
            yield self[state.stem]

    def stop(self) -> None:
        """End all at once: what was started goes with the test."""
        for unit in self:
            if (process := unit.process) is not None:
                for each in (*process.children(recursive=True), process):
                    each.kill()

    def named(self, pattern: str) -> list[Unit]:
        """Give one by its name, or those that run by a pattern."""
        if "*" not in pattern:
            return [self[pattern]]
        return [unit for unit in self if fnmatch.fnmatch(unit.name, pattern)]

    def command(self, verb: str, *words: str) -> int:
        """Do what ``systemctl`` does; gives its exit code."""
        names = [word for word in words if not word.startswith("-")]
        if verb == "daemon-reload":
            return 0
        units = [unit for name in names for unit in self.named(name)]
        if verb in {"enable", "disable"}:
            verb = {"enable": "start", "disable": "stop"}[verb] if "--now" in words else "nothing"
        for unit in units:
            if verb in {"stop", "restart"}:
                unit.stop()
            if verb in {"start", "restart"}:
                unit.start()
            if verb == "reload":
                unit.reload()
        if verb == "is-active":
            return 0 if all(unit.process is not None for unit in units) else 3
        if verb not in {"start", "stop", "restart", "reload", "nothing"}:
            raise SystemExit(f"this systemctl knows no {verb}")
        return 0


def _assignment(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name, value


if __name__ == "__main__":
    sys.exit(Units(Path(sys.argv[1])).command(*sys.argv[2:]))

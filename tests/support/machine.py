"""A make-believe machine, on which what the pages of ``docs/`` say is typed word for word.

It is a folder with its own ``/etc``, ``/opt`` and ``/var``. What a test may not do to the real
machine is only noted (packages, users, owners); everything else is done.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from bench.ports import free_port
from tests.support.pages import ROOT, commands
from tests.support.postgres_server import PostgresServer
from tests.support.terminal import run_in_terminal
from tests.support.units import Units

__all__ = ["Machine"]

_TIME: Final = 100.0
"""Seconds that a block may take."""
_PATH: Final = re.compile(r"(?<![\w./}$-])/(etc|opt|var|srv|usr/local)(?=/)")
_SERVED: Final = ("8080", "8081", "8082", "6379")
_KEPT: Final = r"declare -(-|x) ([a-z]+|REDISCLI_AUTH)="
"""Variables that the next block still has."""
_OTHERS: Final = ("STRAKS", "PG", "PIP", "PYTHON", "VIRTUAL_ENV", "REDISCLI")
"""How variables begin that would change what a command does."""

_SHELL: Final = """\
keep() {{
    {{ declare -p | grep -E '{kept}' || true; printf 'cd %q\\n' "$PWD"; }} > {state}.new
    mv {state}.new {state}
}}
trap keep EXIT
set -euo pipefail
cd {start}
. {state}
"""

_NGINX: Final = """\
pid ROOT/run/nginx.pid;
error_log ROOT/var/log/nginx.log;

events {
\tworker_connections 768;
}

http {
\tclient_body_temp_path ROOT/run/body;
\tproxy_temp_path ROOT/run/proxy;
\tfastcgi_temp_path ROOT/run/fastcgi;
\tuwsgi_temp_path ROOT/run/uwsgi;
\tscgi_temp_path ROOT/run/scgi;
\taccess_log off;
\tssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;
\tinclude ROOT/etc/nginx/conf.d/*.conf;
}
"""
"""What of Debian's own file matters here."""
_NGINX_UNIT: Final = """\
[Service]
Type=forking
PIDFile=ROOT/run/nginx.pid
ExecStart=NGINX -c ROOT/etc/nginx/nginx.conf -e ROOT/var/log/nginx.log -g 'daemon on;'
ExecReload=NGINX -c ROOT/etc/nginx/nginx.conf -e ROOT/var/log/nginx.log -s reload
"""
_REDIS: Final = """\
bind 127.0.0.1
protected-mode yes
port 6379
daemonize yes
dir ROOT/var/lib/redis
appendonly no
appendfsync everysec
stream-node-max-bytes 4096
"""
_REDIS_UNIT: Final = """\
[Service]
Type=notify
ExecStart=REDIS ROOT/etc/redis/redis.conf --supervised systemd --daemonize no
"""

_NOTED: Final = ("apt-get", "useradd", "chown", "chgrp", "docker")
"""Commands that are noted and do nothing."""


class Machine:
    """The folder, and the shell in which the blocks of a page are typed one after the other."""

    def __init__(
        self,
        root: Path,
        *,
        installed: Path | None = None,
        postgres: PostgresServer | None = None,
        wheel: Path | None = None,
    ) -> None:
        """Make it, with the release in its folder ``release``.

        ``installed``: another machine's ``/opt/straks``, to have here too. ``wheel``: the package.
        """
        self.root = root
        self.units = Units(root)
        self.noted: list[str] = []
        self.ports = {written: free_port() for written in (*_SERVED, "443", "80")}
        self._postgres = postgres
        self._shims = root / "shims"
        self._notes = root / "run/noted"
        for name in (
            "etc/systemd/system", "etc/nginx/conf.d", "etc/redis", "etc/ssl", "opt", "run",
            "usr/local", "var/lib/redis", "var/backups", "var/log", "shims",
        ):  # fmt: skip
            (root / name).mkdir(parents=True)
        if installed is not None:
            (root / "opt/straks").symlink_to(installed)
        self._deliver()
        self._make_shims()
        self._release(wheel)

    @property
    def url(self) -> str:
        """The address of what nginx serves."""
        return f"https://localhost:{self.ports['443']}"

    @property
    def certificate(self) -> Path:
        """The certificate that the page makes for ``localhost``."""
        return self.root / "etc/ssl/localhost/fullchain.pem"

    def path(self, name: str) -> Path:
        """Give where a path of the machine is."""
        return self.root / name.lstrip("/")

    def run(self, block: str, *, passwords: Mapping[str, str] | None = None) -> str:
        """Type a block of a page; gives what it printed.

        ``passwords``: those that are typed, by the question that asks for each.

        Raises:
            AssertionError: a command failed.
        """
        script = self.root / "run/block.sh"
        state = self.root / "run/state"
        state.touch()
        script.write_text(
            _SHELL.format(state=state, kept=_KEPT, start=self.root / "release")
            + self.written(block)
        )
        said, code = run_in_terminal(
            ["bash", str(script)], env=self._environment, seconds=_TIME, passwords=passwords
        )
        self.noted = self._notes.read_text().splitlines() if self._notes.exists() else []
        assert code == 0, f"it ended with {code}:\n{block}\nand said:\n{said}\n{self.tails()}"
        return said

    async def run_async(self, block: str) -> str:
        """Type a block while this event loop goes on."""
        return await asyncio.to_thread(self.run, block)

    def type_section(
        self, page: str, section: str, *, passwords: Mapping[str, str] | None = None
    ) -> None:
        """Type all blocks of a page's section; see :meth:`run`."""
        for block in commands(page, section):
            self.run(block, passwords=passwords)

    async def type_section_async(self, page: str, section: str) -> None:
        """Type a section while this event loop goes on."""
        await asyncio.to_thread(self.type_section, page, section)

    def written(self, text: str) -> str:
        """Replace what belongs to a machine: paths, ports, its name."""
        text = _PATH.sub(rf"{self.root}/\1", text)
        for port in _SERVED:
            text = re.sub(rf"\b{port}\b", str(self.ports[port]), text)
        secure, plain = self.ports["443"], self.ports["80"]
        text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{secure} ssl;")
        text = text.replace("listen 80;", f"listen 127.0.0.1:{plain};")
        text = text.replace(":127.0.0.1:443", f":127.0.0.1:{secure}")
        if self._postgres is not None:
            text = text.replace("@127.0.0.1/straks", f"@127.0.0.1:{self._postgres.port}/straks")
        return text.replace("host=chat.example.com", "host=localhost")

    def tails(self) -> str:
        """Give the end of what every service logged."""
        return "\n".join(f"{unit.name}: {unit.tail()}" for unit in self.units)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.units.stop()

    @property
    def _environment(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.upper().startswith(_OTHERS) and not name.upper().endswith("_PROXY")
        }
        return kept | {
            "PATH": f"{self._shims}:{self.root}/usr/local/sbin:{kept['PATH']}:/usr/sbin:/sbin",
            # What the package needs is there already: nothing is fetched.
            "PYTHONPATH": str(self.root / "packages"),
            "PIP_NO_INDEX": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_ROOT_USER_ACTION": "ignore",
            "TERM": "dumb",
        }

    def _deliver(self) -> None:
        """Lay out what Debian's packages of nginx and Redis bring."""
        nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
        redis = shutil.which("redis-server")
        assert nginx is not None, "nginx is not installed: apt-get install nginx-light"
        assert redis is not None, "redis-server is not installed: apt-get install redis-server"
        self._nginx = nginx
        for name, text in {
            "etc/nginx/nginx.conf": _NGINX,
            "etc/systemd/system/nginx.service": _NGINX_UNIT,
            "etc/redis/redis.conf": _REDIS.replace("6379", str(self.ports["6379"])),
            "etc/systemd/system/redis-server.service": _REDIS_UNIT,
        }.items():
            text = text.replace("ROOT", str(self.root))
            (self.root / name).write_text(text.replace("NGINX", nginx).replace("REDIS", redis))

    def _make_shims(self) -> None:
        python = Path(sys.executable)
        shims = {
            "python3": f'exec {python.resolve()} "$@"',
            "systemctl": f'cd {ROOT} && exec {python} -m tests.support.units {self.root} "$@"',
            "redis-cli": f'exec {shutil.which("redis-cli")} -p {self.ports["6379"]} "$@"',
            "nginx": f"exec {self._nginx} -c {self.root}/etc/nginx/nginx.conf "
            f'-e {self.root}/var/log/nginx.log "$@"',
            "runuser": self._runuser(),
            **dict.fromkeys(_NOTED, f'echo "${{0##*/}} $*" >> {self._notes}'),
        }
        for name, text in shims.items():
            (self._shims / name).write_text(f"#!/bin/bash\n{text}\n")
            (self._shims / name).chmod(0o755)

    def _runuser(self) -> str:
        who = ""
        if self._postgres is not None:
            who = (
                f'[ "$2" != postgres ] || export PGHOST={self._postgres.directory} '
                f"PGPORT={self._postgres.port} PGUSER=postgres\n"
            )
        return f'[ "$1 $3" = "-u --" ]\n{who}exec "${{@:4}}"'

    def _release(self, wheel: Path | None) -> None:
        release = self.root / "release"
        (release / "dist").mkdir(parents=True)
        shutil.copy(ROOT / "requirements.lock", release)
        if wheel is not None:
            shutil.copy(wheel, release / "dist")
        for source in sorted((ROOT / "deploy").rglob("*")):
            if source.is_file():
                target = release / source.relative_to(ROOT)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(self.written(source.read_text()))
                target.chmod(source.stat().st_mode & 0o777)
        packages = self.root / "packages"
        packages.mkdir()
        for path in Path(sysconfig.get_path("purelib")).iterdir():
            if path.suffix != ".pth" and not path.name.startswith(("straks", "pip", "setuptools")):
                (packages / path.name).symlink_to(path)

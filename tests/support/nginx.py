"""A real nginx before a real server, with the README's own configuration."""

from __future__ import annotations

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from bench.ports import free_port

__all__ = ["README_HOST", "readme_block", "running"]

ROOT = Path(__file__).resolve().parents[2]
README_HOST = "chat.example.com"


def readme_block() -> str:
    """Give the nginx block of the README."""
    found = re.search(r"```nginx\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert found is not None, "the README has no nginx block"
    return found[1]


def _program() -> str:
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")
    assert found is not None, "nginx is not installed: apt-get install nginx-light"
    return found


@contextmanager
def running(folder: Path, upstream: int) -> Iterator[tuple[int, Path]]:
    """Run nginx with TLS; gives its port and its certificate.

    Of the README's block only what belongs to the machine is replaced: ports and file names.
    """
    port = free_port()
    key, certificate = folder / "privkey.pem", folder / "fullchain.pem"
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
            "-keyout", str(key), "-out", str(certificate), "-subj", f"/CN={README_HOST}",
            "-addext", f"subjectAltName=DNS:{README_HOST}",
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip
    block = readme_block()
    for written, here in {
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "/etc/ssl/chat.example.com/fullchain.pem": str(certificate),
        "/etc/ssl/chat.example.com/privkey.pem": str(key),
        "127.0.0.1:8080": f"127.0.0.1:{upstream}",
    }.items():
        assert written in block, f"the README's block has no {written!r} any more"
        block = block.replace(written, here)
    places = "\n".join(
        f"    {name}_temp_path {folder / name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"daemon off;\npid {folder / 'nginx.pid'};\nerror_log {folder / 'error.log'};\n"
        f"events {{}}\nhttp {{\n    access_log off;\n{places}\n{block}\n}}\n"
    )
    process = subprocess.Popen(
        [_program(), "-p", str(folder), "-c", str(configuration), "-e", str(folder / "error.log")],
        stderr=subprocess.PIPE,
    )
    try:
        _wait(process, port)
        yield port, certificate
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _wait(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[1].decode()
        try:
            httpx.get(f"https://127.0.0.1:{port}/healthz", verify=False, trust_env=False)
        except httpx.TransportError:
            time.sleep(0.02)
        else:
            return
    raise AssertionError("nginx did not come up")

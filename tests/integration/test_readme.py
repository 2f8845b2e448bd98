"""What the README shows works as written."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

from straks.config import Settings
from tests.support.redis_server import redis_server
from tests.support.server import ServerProcess, run_straks

README = (Path(__file__).resolve().parents[2] / "README.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    """Give the one block in this language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    return str(found)


def test_the_answer_file_is_one(tmp_path: Path) -> None:
    (tmp_path / "delivery.md").write_text(block("markdown"), encoding="utf-8")
    done = run_straks("answers", "check", str(tmp_path))
    assert (done.returncode, done.stdout) == (0, "1 answers, 0 mistakes.\n")


def test_the_python_client_talks_to_a_server(tmp_path: Path) -> None:
    opening, _, rest = block("python").partition("\n\n")
    with ServerProcess(tmp_path) as server:
        rest = rest.replace("ws://127.0.0.1:8080/v1/socket", server.socket_url)
        assert server.socket_url in rest
        program = f"import asyncio\n{opening}\n\nasync def main():\n"
        program += textwrap.indent(rest, "    ") + "\nasyncio.run(main())\n"
        with subprocess.Popen(
            [sys.executable, "-u", "-c", program], stdout=subprocess.PIPE, text=True
        ) as client:
            assert client.stdout is not None
            assert client.stdout.readline() == "message Where is my parcel?\n"
            client.kill()


def test_the_settings_of_redis_leave_nothing_to_warn_of(tmp_path: Path) -> None:
    lines = [line for line in block("redis").splitlines() if not line.startswith("#")]
    options = dict(line.split(" ", 1) for line in lines)
    assert {"appendfsync", "maxmemory-policy", "stream-node-max-bytes"} < options.keys()
    with redis_server(tmp_path, maxmemory="64mb", **options) as redis:
        with redis.client() as client:
            assert options.items() <= client.config_get("*").items()
        with ServerProcess(tmp_path, redis=redis.url) as server:
            assert '"level":"warning"' not in server.tail()


def test_the_table_of_settings_names_them_right() -> None:
    table = re.findall(r"^\| (`--.*?) \| (`STRAKS_.*?) \|", README, re.MULTILINE)
    assert len(table) > 8
    for options, variables in table:
        names = [name.replace("-", "_") for name in re.findall(r"--([a-z-]+)", options)]
        assert set(names) <= set(Settings.model_fields)
        shown = re.findall(r"STRAKS_\w+", variables)
        assert shown == [f"STRAKS_{name.upper()}" for name in names][: len(shown)]

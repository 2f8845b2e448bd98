"""The files of ``deploy/`` say what the programs that read them understand."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from straks.config import Settings, load_settings
from tests.support.deployment import (
    DEPLOY,
    UNITS,
    addresses,
    allowed_calls,
    compose,
    instructions,
    refused_by_the_command_line,
    seconds,
    settings_named,
    systemd_analyze,
    unit,
    unknown,
    upstream,
)
from tests.support.pages import ROOT, broken_links, commands
from tests.support.postgres_server import PostgresServer
from tests.support.redis_server import RedisServer
from tests.support.server import ServerProcess, environment
from tests.support.talk import Talker, new_key
from tests.support.tracing import strace
from tests.support.wheel import copied

DRAIN = float(Settings.model_fields["drain_seconds"].default)
AFTER_THE_DRAIN = 5.0
"""Seconds that the rest of an orderly stop may take."""
CONNECTIONS = int(Settings.model_fields["max_connections"].default)
MOST_EXPOSED = 20
"""Tenths of what ``systemd-analyze security`` calls the exposure, 0 to 100."""
BACKUPS = "docs/backup-and-restore"
NODES = ("node1", "node2", "straks")


@pytest.mark.parametrize("name", UNITS)
class TestUnits:
    def test_systemd_understands_it(self, name: str, tmp_path: Path) -> None:
        written = (DEPLOY / "systemd" / name).read_text()
        assert "/opt/straks/bin/straks " in written
        path = tmp_path / name.replace("@", "@8081")
        path.write_text(written.replace("/opt/straks/bin/straks", sys.executable))
        assert systemd_analyze("verify", "--man=no", str(path)) == ""
        systemd_analyze("security", "--offline=true", f"--threshold={MOST_EXPOSED}", str(path))

    def test_straks_knows_its_options(self, name: str) -> None:
        (line,) = unit(name)["ExecStart"]
        program, *arguments = shlex.split(line.replace("%i", "8081"))
        assert program == "/opt/straks/bin/straks"
        assert refused_by_the_command_line(arguments) == ""

    def test_it_waits_for_the_drain_and_has_files_enough(self, name: str) -> None:
        found = unit(name)
        assert seconds(found["TimeoutStopSec"][0]) > DRAIN + AFTER_THE_DRAIN
        assert int(found["LimitNOFILE"][0]) > CONNECTIONS
        assert found["Restart"] == ["always"]


class Traced(ServerProcess):
    """A server whose system calls are written down."""

    @property
    def trace(self) -> Path:
        """Where they are."""
        return self.log.with_name("trace")

    @property
    def command(self) -> list[str]:
        # The tracer stands aside: who is signalled is the server.
        return [*strace(self.trace, "-D"), *super().command]

    async def used(self) -> list[str]:
        """Serve a visitor from start to stop, and give all lines of the trace."""
        with self:
            async with Talker(self.socket_url, origin="https://shop.example") as visitor:
                opened = await visitor.ask("open", key=new_key(), data={"text": "hello"})
                assert opened["type"] == "opened"
            assert self.stop() == 0
        async with asyncio.timeout(20):
            while "exit_group(" not in (text := self.trace.read_text(errors="replace")):
                await asyncio.sleep(0.05)
        return text.splitlines()


@pytest.mark.parametrize("name", UNITS)
async def test_the_sandbox_has_what_the_server_needs(
    name: str, tmp_path: Path, redis: RedisServer, postgres: PostgresServer
) -> None:
    """System calls, kinds of sockets, and files that are written."""
    found = unit(name)
    if "@" in name:
        redis.empty()
        postgres.empty()
        server = Traced(tmp_path, redis=redis.url, database=postgres.url)
    else:
        server = Traced(tmp_path)
    lines = await server.used()
    calls = {call[1] for line in lines if (call := re.match(r"\d+ +(\w+)\(", line))}
    assert {"execve", "accept4", "socket"} <= calls
    assert calls - allowed_calls(found["SystemCallFilter"][0]) == set()
    kinds = set(re.findall(r"socket\((AF_\w+)", "\n".join(lines)))
    assert kinds - set(found["RestrictAddressFamilies"][0].split()) == set()
    opened = (re.search(r'openat\(.*?"([^"]+)", .*O_(?:WRONLY|RDWR|CREAT)', line) for line in lines)
    written = {path[1] for path in opened if path is not None}
    assert str(server.data / "lock") in written
    # ProtectSystem=strict leaves /dev, and PrivateTmp gives a /tmp.
    inside = (f"{server.data}/", "/dev/", "/tmp/")
    assert {path for path in written if not path.startswith(inside)} == set()


@pytest.mark.parametrize("name", ["one-node.env", "many-nodes.env"])
def test_the_environment_files_name_settings(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (DEPLOY / "systemd" / name).read_text()
    found = settings_named(text)
    assert len(found) > 6
    assert unknown(found) == set()
    for variable, value in (found | {"STRAKS_ANSWERS": str(tmp_path)}).items():
        monkeypatch.setenv(variable, value)
    settings = load_settings()
    assert settings.public_url == "https://chat.example.com"
    assert len(settings.allowed_origins) == 2


@pytest.mark.parametrize("name", ["one-node.env", "many-nodes.env"])
def test_shell_and_systemd_read_the_same(name: str) -> None:
    """The command ``straks`` reads the file as a script, the service does not."""
    path = DEPLOY / "systemd" / name
    done = subprocess.run(
        ["sh", "-euc", f"set -a; . {path}; env"],
        capture_output=True, text=True, check=True, env=environment({}),
    )  # fmt: skip
    shell = dict(line.split("=", 1) for line in done.stdout.splitlines() if "STRAKS_" in line)
    lines = path.read_text().splitlines()
    systemd = settings_named("\n".join(line for line in lines if not line.startswith("#")))
    assert shell == systemd


def test_the_proxy_gives_every_visitor_two_connections() -> None:
    main = (DEPLOY / "nginx/nginx.conf").read_text()
    files = int(re.findall(r"worker_rlimit_nofile (\d+)", main)[0])
    assert files >= 2 * int(re.findall(r"worker_connections (\d+)", main)[0])
    limits = unit("nginx-limits.conf")
    assert int(limits["LimitNOFILE"][0]) >= 2 * 20_000


def test_the_proxy_waits_longer_than_the_heartbeat() -> None:
    text = (DEPLOY / "nginx/straks.conf").read_text()
    heartbeat = float(Settings.model_fields["heartbeat"].default)
    for name in ("proxy_read_timeout", "proxy_send_timeout"):
        (found,) = re.findall(rf"{name} (\w+);", text)
        assert seconds(found) > 2 * heartbeat


class TestCompose:
    def test_everything_it_names_is_there(self) -> None:
        found = compose()
        for name, service in found["services"].items():
            for place in service["networks"]:
                assert place in found["networks"], name
            for other in service.get("depends_on", {}):
                assert "healthcheck" in found["services"][other], name
            for secret in service.get("secrets", []):
                assert secret in found["secrets"], name
            for volume in service.get("volumes", []):
                source = volume.partition(":")[0]
                if source.startswith("./"):
                    assert source == "./tls" or (DEPLOY / source).is_file(), source
                else:
                    assert source in found["volumes"], source

    def test_the_page_makes_what_is_not_in_the_project(self) -> None:
        made = commands("many-nodes", "Docker Compose")[0]
        found = compose()
        for secret in found["secrets"].values():
            assert f"> {secret['file']}\n" in made
        for name in NODES:
            (path,) = found["services"][name]["env_file"]
            assert f"> {path} <<END" in made
        for name in ("secrets", "tls"):
            assert not (DEPLOY / name).exists() or ignored(DEPLOY / name)

    def test_it_has_no_secret(self) -> None:
        found = compose()
        for name, service in found["services"].items():
            for variable, value in service.get("environment", {}).items():
                hidden = re.search("PASSWORD|SECRET|REDIS|DATABASE", variable)
                assert not hidden or str(value).startswith("/run/secrets/"), (name, variable)

    @pytest.mark.parametrize("name", NODES)
    def test_a_node_is_started_as_straks_understands(
        self, name: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        service = compose()["services"][name]
        arguments = service.get("command", json.loads(instructions("CMD")[-1]))
        assert refused_by_the_command_line(arguments) == ""
        assert unknown(service["environment"]) == set()
        for variable, value in service["environment"].items():
            monkeypatch.setenv(variable, value)
        assert load_settings().public_url == "https://chat.example.com"
        assert seconds(service["stop_grace_period"]) > DRAIN + AFTER_THE_DRAIN
        assert service["ulimits"]["nofile"]["soft"] > CONNECTIONS

    def test_nginx_and_nodes_know_each_others_addresses(self) -> None:
        found = compose()
        (network,) = addresses(found["networks"]["front"])
        at = {
            name: service["networks"]["front"]["ipv4_address"]
            for name, service in found["services"].items()
            if "front" in service["networks"]
        }
        assert upstream("compose-nodes.conf") == [f"{at['node1']}:8080", f"{at['node2']}:8080"]
        for name in ("node1", "node2"):
            assert found["services"][name]["environment"]["STRAKS_TRUSTED_PROXIES"] == at["nginx"]
        assert all(ipaddress.ip_address(each) in network for each in at.values())
        assert "ports" not in found["services"]["node1"]

    def test_what_the_page_types_is_understood(self) -> None:
        """Services are there, and straks knows what is run in them."""
        services = compose()["services"]
        lines = [
            shlex.split(line)
            for block in commands("many-nodes", "Docker Compose")[1:]
            for line in block.splitlines()
        ]
        assert len(lines) > 6
        for line in lines:
            assert line[:2] == ["docker", "compose"]
            verb, *rest = line[2:]
            words = [word for word in rest if not word.startswith("-")]
            if verb == "run":
                service, *arguments = rest[rest.index("--rm") + 1 :]
                assert service in services
                assert refused_by_the_command_line(arguments) == ""
            else:
                assert verb in {"build", "up"}
                assert set(words) <= set(services)


class TestImage:
    def test_it_copies_what_it_may_see(self) -> None:
        listed = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
        for name in copied():
            assert (ROOT / name).exists(), name
            assert f"!{name}" in listed, name

    def test_it_runs_straks_for_itself(self) -> None:
        assert json.loads(instructions("ENTRYPOINT")[-1]) == ["straks"]
        names = dict(word.split("=") for word in shlex.split(instructions("ENV")[-1]))
        assert unknown(names) == set()
        assert instructions("USER") == ["straks"]
        assert names["STRAKS_DATA"] in instructions("VOLUME")
        assert instructions("EXPOSE") == [str(Settings.model_fields["port"].default)]

    def test_its_health_is_that_of_the_node(self, server: ServerProcess) -> None:
        (line,) = instructions("HEALTHCHECK")
        command: list[Any] = json.loads(line.partition("CMD ")[2])
        check = [sys.executable, *(part.replace("8080", str(server.port)) for part in command[1:])]
        assert str(server.port) in check[-1]
        clean = environment({"no_proxy": "*"})
        assert subprocess.run(check, env=clean, check=False).returncode == 0
        server.kill()
        done = subprocess.run(check, env=clean, check=False, capture_output=True)
        assert done.returncode != 0


@pytest.mark.parametrize("name", ["README", "docs/one-node", "docs/many-nodes", BACKUPS])
def test_links_of_the_pages_lead_somewhere(name: str) -> None:
    assert broken_links(ROOT / f"{name}.md") == []


def ignored(path: Path) -> bool:
    """Tell whether git leaves a path out."""
    git = shutil.which("git")
    assert git is not None
    done = subprocess.run([git, "check-ignore", "-q", str(path)], cwd=ROOT, check=False)
    return done.returncode == 0

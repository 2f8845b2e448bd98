"""What ``deploy/compose.yaml`` starts, started without containers: its commands, files, variables.

Images cannot be had in a test. Mounts are links, names and addresses of containers are those of
this machine.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis
import yaml
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.support.deployment import settings_named
from tests.support.machine import Machine
from tests.support.pages import commands
from tests.support.postgres_server import PostgresServer, postgres_server
from tests.support.server import ServerProcess, run_straks
from tests.support.site import PASSWORDS, Site, follow

TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")

pytestmark = pytest.mark.timeout(120)


@dataclass(frozen=True, slots=True)
class Stack:
    """What runs."""

    site: Site
    nodes: list[ServerProcess]
    redis_port: int
    checks: dict[str, str]
    """How Docker sees whether a service works."""


class Composed:
    """The compose file on a machine, after the page's first block was typed there."""

    def __init__(self, machine: Machine) -> None:
        self.machine = machine
        self.folder = machine.root / "release/deploy"
        machine.run(commands("many-nodes", "Docker Compose")[0])
        found = yaml.safe_load((self.folder / "compose.yaml").read_text())
        self.services: dict[str, Any] = found["services"]
        self.secrets = {
            f"/run/secrets/{name}": str(self.folder / secret["file"])
            for name, secret in found["secrets"].items()
        }

    def mount(self, name: str) -> None:
        """Put what a service mounts where it expects it."""
        for volume in self.services[name]["volumes"]:
            source, target, *_ = volume.split(":")
            if source.startswith("."):
                path = Path(target)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.unlink(missing_ok=True)
                path.symlink_to((self.folder / source).resolve())

    def command(self, name: str) -> list[str]:
        """Give what a service runs."""
        return [self.secrets.get(word, word) for word in self.services[name]["command"]]

    def check(self, name: str, **written: str) -> str:
        """Give the shell command that tells whether a service works."""
        kind, text = self.services[name]["healthcheck"]["test"]
        assert kind == "CMD-SHELL"
        for old, new in {"$$": "$", **self.secrets, **written}.items():
            text = text.replace(old, new)
        return str(text)

    def settings(self, name: str, redis_port: int, postgres_port: int) -> dict[str, str]:
        """Give the settings of a node, in lower case."""
        service = self.services[name]
        (path,) = service["env_file"]
        assert (self.folder / path).stat().st_mode & 0o777 == 0o600
        found = settings_named((self.folder / path).read_text()) | service["environment"]
        found["STRAKS_REDIS"] = _moved(found["STRAKS_REDIS"], "@redis:", redis_port)
        database = found["STRAKS_DATABASE"].replace("@postgres/", "@postgres:5432/")
        found["STRAKS_DATABASE"] = _moved(database, "@postgres:", postgres_port)
        found["STRAKS_TRUSTED_PROXIES"] = "127.0.0.1"
        return {key.removeprefix("STRAKS_").lower(): value for key, value in found.items()}


def _moved(url: str, host: str, port: int) -> str:
    before, found, after = url.partition(host)
    assert found, url
    return f"{before}@127.0.0.1:{port}/{after.partition('/')[2]}"


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Everything, in the order in which it depends on each other."""
    root = tmp_path_factory.mktemp("compose")
    with ExitStack() as stack:
        postgres = stack.enter_context(postgres_server())
        machine = stack.enter_context(Machine(root, postgres=postgres))
        composed = Composed(machine)
        password = (composed.folder / "secrets/postgres").read_text().strip()
        postgres.sql(f"ALTER ROLE straks PASSWORD '{password}'")
        redis_port = machine.ports["6379"]
        start_redis(composed, redis_port)
        nodes = start_nodes(stack, composed, redis_port, postgres)
        start_nginx(composed, nodes)
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        certificate = composed.folder / "tls/fullchain.pem"
        patch.setenv("SSL_CERT_FILE", str(certificate))
        checks = {
            "redis": composed.check("redis", **{"redis-cli": f"redis-cli -p {redis_port}"}),
            "postgres": composed.check("postgres", pg_isready=f"pg_isready --port {postgres.port}"),
        }
        yield Stack(Site(machine.url, certificate), nodes, redis_port, checks)


def start_redis(composed: Composed, port: int) -> None:
    """Start Redis as the file says."""
    composed.mount("redis")
    words = [*composed.command("redis"), "--port", str(port), "--supervised", "systemd"]
    machine = composed.machine
    words += ["--dir", str(machine.path("/var/lib/redis")), "--bind", "127.0.0.1"]
    unit = machine.path("/etc/systemd/system/redis-server.service")
    unit.write_text(f"[Service]\nType=notify\nExecStart={' '.join(words)}\n")
    machine.run("systemctl start redis-server")


def start_nodes(
    stack: ExitStack, composed: Composed, redis_port: int, postgres: PostgresServer
) -> list[ServerProcess]:
    """Start the nodes as the file and the page say."""
    nodes = []
    for name in ("straks", "node1", "node2"):
        settings = composed.settings(name, redis_port, postgres.port)
        if name == "straks":
            done = run_straks("migrate", **settings)
            assert done.returncode == 0, done.stderr
            line = ("agent", "add", "anna@example.com", "--name", "Anna", "--password-stdin")
            assert any(
                f"run --rm straks {' '.join(line[:-1])}" in block
                for block in commands("many-nodes", "Docker Compose")
            )
            done = run_straks(*line, stdin=PASSWORDS["Password"] + "\n", **settings)
            assert done.returncode == 0, done.stderr
        else:
            place = composed.machine.path(f"/var/lib/{name}")
            place.mkdir()
            nodes.append(stack.enter_context(ServerProcess(place, **settings)))
    return nodes


def start_nginx(composed: Composed, nodes: list[ServerProcess]) -> None:
    """Start nginx with the files that are mounted."""
    root = composed.machine.root
    composed.mount("nginx")
    path = root / "etc/nginx/conf.d/straks-nodes.conf"
    text = path.read_text()
    for address, node in zip(("172.30.0.11", "172.30.0.12"), nodes, strict=True):
        written = f"{address}:{composed.machine.ports['8080']}"
        assert written in text
        text = text.replace(written, f"127.0.0.1:{node.port}")
    path.unlink()
    path.write_text(text)
    # Of the image: its kinds of files, and its places for what does not fit into memory.
    (root / "etc/nginx/mime.types").write_text("types { text/html html; }\n")
    main = root / "etc/nginx/nginx.conf"
    places = "".join(f"    {name}_temp_path {root}/run/{name};\n" for name in TEMPORARY)
    text = main.read_text()
    main.unlink()
    main.write_text(f"pid {root}/run/nginx.pid;\n" + text.replace("http {\n", "http {\n" + places))
    composed.machine.run("nginx -t\nsystemctl start nginx")


async def test_visitor_and_agent_talk_and_a_node_is_killed(running: Stack) -> None:
    async with running.site.visitor() as visitor, running.site.agent() as agent:
        opened = await visitor.open("Where is my lamp?")
        asked = await visitor.publish(opened.channel, "ask_human", {})
        await agent.publish(opened.channel, "accept", {}, expect=asked.offset)
        theirs, ours = follow(visitor, opened.channel), follow(agent, opened.channel)
        said = ["Where is my lamp?"]
        for node in running.nodes:
            node.kill()
            for client in (visitor, agent):
                said.append(f"message {len(said)}")
                await client.publish(opened.channel, "message", {"text": said[-1]})
            await theirs.shows(*said)
            await ours.shows(*said)
            await node.start_async()


@pytest.mark.parametrize("name", ["redis", "postgres"])
def test_docker_sees_that_it_works(running: Stack, name: str) -> None:
    done = subprocess.run(["sh", "-c", running.checks[name]], check=False)
    assert done.returncode == 0
    broken = running.checks[name].replace("--host 127.0.0.1", "--host 127.0.0.2")
    broken = broken.replace(f"-p {running.redis_port}", "-p 1")
    assert broken != running.checks[name]
    assert subprocess.run(["sh", "-c", broken], check=False).returncode != 0


def test_nobody_without_the_password_reads_the_log(running: Stack) -> None:
    stranger = redis.Redis(port=running.redis_port, retry=Retry(NoBackoff(), 0))
    with stranger, pytest.raises(redis.AuthenticationError):
        stranger.ping()

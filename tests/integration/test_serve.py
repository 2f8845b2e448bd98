"""``straks serve`` as a process: starting, refusing to start, stopping."""

from __future__ import annotations

import signal
import socket
import sqlite3
import ssl
import subprocess
import time
from pathlib import Path

import httpx
import pytest

from bench.ports import free_port
from tests.support.http import http
from tests.support.redis_server import redis_server
from tests.support.server import ServerProcess, run_straks
from tests.support.talk import Talker, new_key
from tests.support.tracing import strace


def refused(code: int, *arguments: str, **settings: str) -> str:
    """Start a server that must not start; give the one line that it says."""
    done = run_straks("serve", *arguments, **settings)
    assert done.returncode == code, done.stderr
    assert "Traceback" not in done.stderr
    lines = [line for line in done.stderr.splitlines() if line.startswith("straks: ")]
    assert len(lines) == 1, done.stderr
    assert done.stderr.endswith(lines[0] + "\n")
    return lines[0]


@pytest.fixture
def settings(tmp_path: Path) -> dict[str, str]:
    return {"data": str(tmp_path / "data"), "port": str(free_port())}


def test_a_port_in_use_is_told(settings: dict[str, str]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        said = refused(1, **settings | {"port": port})
    assert port in said
    assert "--port" in said


def test_a_host_that_is_not_ours_is_told(settings: dict[str, str]) -> None:
    assert "192.0.2.1" in refused(1, **settings, host="192.0.2.1")


def test_an_unwritable_data_directory_is_told(settings: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = refused(1, **settings | {"data": str(tmp_path / "file" / "data")})
    assert "data directory" in said
    said = refused(1, **settings | {"data": "/proc/straks"})
    assert "data directory" in said


def test_only_its_owner_reads_the_data(tmp_path: Path) -> None:
    """Also in a directory that was there before, and that others may list."""
    data = tmp_path / "data"
    data.mkdir(mode=0o755)
    with ServerProcess(tmp_path) as server:
        server.add_agent("bo@chat.example", "Bo", "correct horse")
        made = {path.name: path.stat().st_mode & 0o077 for path in data.iterdir()}
    assert {"log.db", "records.db", "secret"} <= made.keys()
    assert set(made.values()) == {0}


def test_data_of_a_newer_version_is_told(settings: dict[str, str], tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server:
        server.stop()
    records = sqlite3.connect(tmp_path / "data" / "records.db")
    records.execute("update alembic_version set version_num = '9999'")
    records.commit()
    records.close()
    assert "newer" in refused(1, **settings)


def test_a_second_server_on_the_same_data_is_told(server: ServerProcess) -> None:
    said = refused(1, data=str(server.data), port=str(free_port()))
    assert "Another server" in said
    server.wait_ready()


def test_an_absent_redis_is_told(settings: dict[str, str]) -> None:
    said = refused(1, **settings, redis=f"redis://:hunter2@127.0.0.1:{free_port()}/0")
    assert "Redis" in said
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("name", "value"),
    [("port", "x"), ("redis", "mysql://x"), ("tls_cert", "/absent.pem"), ("heartbeat", "-1")],
)
def test_a_bad_setting_is_misuse(settings: dict[str, str], name: str, value: str) -> None:
    assert f"STRAKS_{name.upper()}" in refused(2, **settings | {name: value})
    option = f"--{name.replace('_', '-')}"
    assert option in refused(2, option, value, **settings)


def test_a_certificate_that_is_none_is_told(settings: dict[str, str], tmp_path: Path) -> None:
    wrong = tmp_path / "cert.pem"
    wrong.write_text("no certificate")
    said = refused(1, **settings, tls_cert=str(wrong), tls_key=str(wrong))
    assert "certificate" in said


def test_an_unknown_option_is_misuse() -> None:
    done = run_straks("serve", "--prot", "1")
    assert done.returncode == 2
    assert "--prot" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, Path]:
    cert, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext",
         "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert],
        check=True, capture_output=True,
    )  # fmt: skip
    return cert, key


def test_it_serves_https(
    settings: dict[str, str], tmp_path: Path, certificate: tuple[Path, Path]
) -> None:
    cert, key = certificate
    server = ServerProcess(tmp_path, tls_cert=str(cert), tls_key=str(key))
    server.use_https()
    trust = ssl.create_default_context(cafile=cert)
    with server, http(verify=trust) as client:
        server.add_agent("bo@chat.example", "Bo", "correct horse")
        response = client.post(
            f"{server.url}/v1/session",
            json={"email": "bo@chat.example", "password": "correct horse"},
            headers={"Origin": server.url},
        )
        assert response.status_code == 200
        assert "secure" in response.headers["set-cookie"].lower()
        assert client.get(f"{server.url}/v1/session").status_code == 200


def test_sigterm_stops_in_good_order(server: ServerProcess) -> None:
    assert server.stop() == 0
    assert "Traceback" not in server.tail()


def test_an_interrupt_stops_in_good_order(server: ServerProcess) -> None:
    assert server.process is not None
    server.process.send_signal(signal.SIGINT)
    assert server.process.wait(30) == 0


def test_a_second_signal_stops_at_once(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path, drain_seconds="600")
    with server:
        assert server.process is not None
        # A peer that never answers the closing handshake holds a drain up.
        silent = socket.create_connection(("127.0.0.1", server.port))
        silent.sendall(
            b"GET /v1/socket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            b"Sec-WebSocket-Protocol: straks.v1.json\r\n\r\n"
        )
        assert b"101" in silent.recv(4096)
        server.process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + 30
        while "stopping" not in server.tail() and time.monotonic() < deadline:
            time.sleep(0.01)
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(30) == 128 + signal.SIGTERM
        silent.close()


async def test_a_drain_tells_everybody_to_come_back(server: ServerProcess) -> None:
    async with Talker(server.socket_url) as visitor:
        opened = await visitor.ask("open", key=new_key(), data={"text": "hello"})
        assert opened["type"] == "opened"
        assert await server.stop_async() == 0
        assert await visitor.wait_closed() == 4000
        assert visitor.frames[-1]["type"] == "closing"


def test_it_starts_again_at_once_after_a_kill(server: ServerProcess) -> None:
    for _ in range(3):
        server.restart()
    with http() as client:
        assert client.get(f"{server.url}/healthz").json()["status"] == "ok"


def test_a_kill_in_the_middle_of_the_start_does_no_harm(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path)
    for moment in (0.1, 0.3, 0.5, 0.7):
        process = subprocess.Popen(
            [*server.command], env=server.environment, stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            process.wait(moment)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
    with server:
        assert server.stop() == 0


def test_the_banner_names_the_addresses(tmp_path: Path) -> None:
    with ServerProcess(tmp_path) as server:
        shown = server.tail()
        assert f"{server.url}/console/" in shown
        assert f'src="{server.url}/widget.js"' in shown
        assert str(server.data) in shown


def test_a_misspelt_variable_is_noted(tmp_path: Path) -> None:
    with ServerProcess(tmp_path, hartbeat="5") as server:
        assert "did you mean STRAKS_HEARTBEAT?" in server.tail()


def test_broken_answer_files_are_named_and_the_others_work(tmp_path: Path) -> None:
    answers = tmp_path / "answers"
    answers.mkdir()
    (answers / "good.md").write_text(
        "---\ntitle: Hours\nphrases:\n  - when are you open\n---\nFrom nine to five.\n"
    )
    (answers / "broken.md").write_text("---\ntitle: Broken\nphrases: 5: 6\n---\nText\n")
    with ServerProcess(tmp_path, answers=str(answers)) as server, http() as client:
        assert "broken.md:3" in server.tail()
        assert client.get(f"{server.url}/v1/site").json()["languages"] == ["en"]


class BrokenDisk(ServerProcess):
    """A server whose disk says, after a while, that what it was given is not there."""

    SYNCS = 30
    """Of the log's file that go well."""

    @property
    def command(self) -> list[str]:
        path = self.data / "log.db-wal"
        fails = f"inject=fdatasync,fsync:error=EIO:when={self.SYNCS}+"
        return [*strace(self.data / "trace", "-P", str(path), "-e", fails), *super().command]


async def test_storage_that_fails_ends_the_server_and_loses_nothing(tmp_path: Path) -> None:
    sound, broken = ServerProcess(tmp_path), BrokenDisk(tmp_path)
    with sound:
        sound.stop()
    texts: list[str] = []
    with broken:
        visitor = Talker(broken.socket_url)
        await visitor.connect()
        opened = await visitor.ask("open", key=new_key(), data={"text": "stored"})
        # From now on nobody answers: nearly every sync is that of a message.
        reply = await visitor.publish(opened["channel"], "ask_human", {}, key=new_key())
        while reply["type"] == "published":
            key, text = new_key(), f"message {len(texts)}"
            texts.append(text)
            reply = await visitor.publish(opened["channel"], "message", {"text": text}, key=key)
        # The sync was its own, or, seldom, that of an inbox's summary, behind which it waited.
        assert reply["code"] in {"outcome_unknown", "unavailable"}
        assert broken.process is not None
        assert broken.process.wait(30) == 1
        assert "straks: The part commit failed: " in broken.tail()
        await visitor.wait_closed()
    visitor = Talker(sound.socket_url, token=visitor.token)
    with sound:
        async with visitor:
            again = await visitor.publish(opened["channel"], "message", {"text": text}, key=key)
            assert again["type"] == "published"
            page = await visitor.ask("history", channel=opened["channel"], after=0)
    kept = [entry["data"]["text"] for entry in page["entries"] if entry["kind"] == "message"]
    assert [each for each in kept if each in {"stored", *texts}] == ["stored", *texts]


def test_it_is_not_ready_while_redis_is_away(tmp_path: Path) -> None:
    with redis_server(tmp_path) as redis, ServerProcess(tmp_path, redis=redis.url) as server:
        redis.stop()
        deadline = time.monotonic() + 20
        while True:
            response = httpx.get(f"{server.url}/readyz", timeout=20, trust_env=False)
            if response.status_code == 503 or time.monotonic() > deadline:
                break
            time.sleep(0.05)  # a good result is shared for a second
        assert response.status_code == 503
        assert response.json()["checks"]["log"] != "ok"
        assert response.json()["checks"]["records"] == "ok"
        redis.start()
        server.wait_ready()

"""``straks demo``: the shop, the console, the sign-in link."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import httpx
import pytest

from bench.ports import free_port
from tests.support.http import http
from tests.support.server import ServerProcess, run_straks

pytestmark = pytest.mark.timeout(400)


def demo(folder: Path) -> tuple[ServerProcess, str]:
    port = free_port()
    server = ServerProcess(folder, arguments=("demo", "--shop-port", str(port)))
    return server, f"http://localhost:{port}/"


def links(server: ServerProcess) -> list[str]:
    return re.findall(rf"{server.url}/console/#link=(\S+)", server.log.read_text("utf-8"))


def sign_in(server: ServerProcess, link: str) -> httpx.Response:
    with http() as client:
        return client.post(
            f"{server.url}/v1/session", json={"link": link}, headers={"Origin": server.url}
        )


def test_the_shop_embeds_the_widget_from_another_site(tmp_path: Path) -> None:
    server, shop = demo(tmp_path)
    with server, http() as client:
        assert shop in server.tail()
        page = client.get(shop.replace("localhost", "127.0.0.1"))
        assert page.status_code == 200
        assert f"{server.url}/widget.js" in page.text
        site = client.get(f"{server.url}/v1/site", headers={"Origin": shop.rstrip("/")})
        assert site.headers["access-control-allow-origin"] == shop.rstrip("/")
        assert site.json()["languages"] == ["da", "en", "nb", "nl", "pl", "sv"]
        assert server.stop() == 0


def test_each_start_prints_a_link_that_signs_the_same_agent_in_once(tmp_path: Path) -> None:
    server, _shop = demo(tmp_path)
    agents = set()
    with server:
        for _ in range(2):
            link = links(server)[-1]
            response = sign_in(server, link)
            assert response.status_code == 200
            agents.add(response.json()["agent"]["id"])
            assert sign_in(server, link).status_code == 401
            server.restart()
        assert len(set(links(server))) == 3
    assert len(agents) == 1


def test_a_shop_port_in_use_is_told(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        done = run_straks(
            "demo", "--shop-port", port, data=str(tmp_path / "data"), port=str(free_port())
        )
    assert done.returncode == 1
    assert done.stderr.startswith("straks: ")
    assert port in done.stderr
    assert "--shop-port" in done.stderr
    assert "Traceback" not in done.stderr

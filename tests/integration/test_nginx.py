"""The README's nginx page holds as written."""

from __future__ import annotations

import json
import ssl
from pathlib import Path

from websockets.asyncio.client import connect

from tests.support.http import http
from tests.support.nginx import README_HOST, running
from tests.support.server import ServerProcess

EMAIL, PASSWORD = "anna@example.com", "correct horse battery"


async def test_visitor_and_agent_are_served_through_nginx_with_tls(tmp_path: Path) -> None:
    """Pages, sign-in with its cookie, and the socket work behind TLS."""
    origin = f"https://{README_HOST}"
    behind = ServerProcess(tmp_path, public_url=origin, trusted_proxies="127.0.0.1")
    behind.add_agent(EMAIL, "Anna", PASSWORD)
    with behind, running(tmp_path, behind.port) as (port, certificate):
        trust = ssl.create_default_context(cafile=str(certificate))
        headers = {"Host": README_HOST, "Origin": origin}
        extensions = {"sni_hostname": README_HOST}
        with http(base_url=f"https://127.0.0.1:{port}", verify=trust, headers=headers) as browser:
            script = browser.get("/widget.js", extensions=extensions)
            assert script.status_code == 200
            assert "javascript" in script.headers["content-type"]
            signed_in = browser.post(
                "/v1/session",
                json={"email": EMAIL, "password": PASSWORD},
                extensions=extensions,
            )
            assert signed_in.status_code == 200, signed_in.text
            cookie = signed_in.headers["set-cookie"]
            assert "Secure" in cookie
            assert "HttpOnly" in cookie
        async with connect(
            f"wss://{README_HOST}/v1/socket",
            host="127.0.0.1",
            port=port,
            ssl=trust,
            server_hostname=README_HOST,
            origin=origin,  # type: ignore[arg-type]  # a NewType of str
            subprotocols=["straks.v1.json"],  # type: ignore[list-item]  # a NewType of str
            proxy=None,
        ) as socket:
            await socket.send(
                json.dumps({"type": "hello", "id": 1, "token": signed_in.json()["token"]})
            )
            welcome = json.loads(await socket.recv())
            assert welcome["type"] == "welcome"
            assert welcome["principal"]["name"] == "Anna"

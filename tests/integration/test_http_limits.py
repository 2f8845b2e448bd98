"""HTTP bounds of the real server, on raw sockets."""

from __future__ import annotations

import contextlib
import socket
import time
from pathlib import Path

from tests.support.http import http
from tests.support.server import ServerProcess


def exchange(server: ServerProcess, request: bytes) -> bytes:
    """Send bytes, give everything that comes back until the server closes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=100) as peer:
        peer.sendall(request)
        answer = b""
        while True:
            try:
                piece = peer.recv(65536)
            except ConnectionResetError:
                return answer
            if not piece:
                return answer
            answer += piece


def test_a_body_that_announces_too_much_is_refused_before_it_comes(server: ServerProcess) -> None:
    answer = exchange(
        server,
        b"POST /v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        b"Content-Length: 10000000\r\n\r\n",
    )
    assert answer.startswith(b"HTTP/1.1 413 ")
    assert b'"too_large"' in answer


def test_a_body_that_nobody_waits_for_does_not_keep_the_connection(server: ServerProcess) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as peer:
        peer.sendall(
            b"POST /v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: 60000\r\n\r\n"
        )
        answer = until_closed(peer, trickle=b" ")
    assert answer.startswith(b"HTTP/1.1 403 ")


def until_closed(peer: socket.socket, *, trickle: bytes) -> bytes:
    """Give what comes until the other side closes, sending a little now and then."""
    answer = b""
    peer.settimeout(0.05)
    deadline = time.monotonic() + 100
    while time.monotonic() < deadline:
        try:
            piece = peer.recv(65536)
        except TimeoutError:
            # Once it has closed, what it said before is still to be read.
            with contextlib.suppress(ConnectionError):
                peer.sendall(trickle)
            continue
        except ConnectionResetError:
            return answer
        if not piece:
            return answer
        answer += piece
    raise AssertionError(f"it is still open: {answer!r}")


def test_throttling_counts_the_address_that_a_trusted_proxy_names(tmp_path: Path) -> None:
    with ServerProcess(tmp_path, trusted_proxies="127.0.0.1") as server:
        codes = {}
        for address in ("192.0.2.1", "192.0.2.2"):
            with http() as client:
                for attempt in range(7 if address == "192.0.2.1" else 1):
                    response = client.post(
                        f"{server.url}/v1/session",
                        json={"email": f"{attempt}@chat.example", "password": "guess"},
                        headers={"Origin": server.url, "X-Forwarded-For": address},
                    )
                    codes[address] = response.status_code
        assert codes == {"192.0.2.1": 429, "192.0.2.2": 401}


def test_a_forwarded_address_from_elsewhere_is_not_believed(server: ServerProcess) -> None:
    with http() as client:
        codes = [
            client.post(
                f"{server.url}/v1/session",
                json={"email": f"{attempt}@chat.example", "password": "guess"},
                headers={"Origin": server.url, "X-Forwarded-For": f"192.0.2.{attempt}"},
            ).status_code
            for attempt in range(7)
        ]
    assert codes[-1] == 429


def test_no_answer_says_what_serves_it(server: ServerProcess) -> None:
    with http(base_url=server.url) as client:
        for path in ("/", "/widget.js", "/console/", "/nothing", "/v1/nothing"):
            response = client.get(path)
            assert "server" not in response.headers
            assert response.headers["x-content-type-options"] == "nosniff"

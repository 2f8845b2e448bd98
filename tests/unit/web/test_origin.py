"""Where a request came from."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from straks.accounts.origins import AllowedOrigins
from straks.web.origin import check_own_origin, is_secure, own_origin, throttle_name
from straks.web.problems import ProblemError

PUBLIC = AllowedOrigins(["*"], own="https://chat.example")
LOCAL = AllowedOrigins(["*"], own="http://127.0.0.1:8080")


def request(
    host: str, *, origin: str | None = None, scheme: str = "http", peer: str = "192.0.2.1"
) -> Request:
    headers = [(b"host", host.encode())]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    return Request(
        {
            "type": "http",
            "scheme": scheme,
            "path": "/",
            "headers": headers,
            "client": (peer, 1),
            "server": ("x", 80),
        }
    )


@pytest.mark.parametrize(
    ("host", "scheme", "origin"),
    [
        ("chat.example", "http", "https://chat.example"),
        ("CHAT.example", "http", "https://chat.example"),
        ("10.0.0.1:8080", "http", "http://10.0.0.1:8080"),
        ("other.example:443", "https", "https://other.example"),
        ("x; script-src *", "http", "https://chat.example"),
        ("", "http", "https://chat.example"),
    ],
)
def test_the_public_name_is_public_whatever_the_proxy_says(
    host: str, scheme: str, origin: str
) -> None:
    found = request(host, scheme=scheme)
    assert own_origin(found, PUBLIC) == origin
    assert is_secure(found, PUBLIC) == origin.startswith("https:")


@pytest.mark.parametrize("origin", ["http://127.0.0.1:8080", "http://localhost:8080"])
def test_our_own_pages_may_change_things(origin: str) -> None:
    check_own_origin(request("localhost:8080", origin=origin), LOCAL)


@pytest.mark.parametrize(
    "origin",
    [None, "null", "", "https://localhost:8080", "http://localhost", "http://evil.example"],
)
def test_pages_of_others_may_not(origin: str | None) -> None:
    with pytest.raises(ProblemError) as refused:
        check_own_origin(request("localhost:8080", origin=origin), LOCAL)
    assert (refused.value.status, refused.value.code) == (403, "origin_not_allowed")


def test_who_fails_to_sign_in_is_counted_by_network() -> None:
    assert throttle_name(request("x", peer="192.0.2.1")) == "192.0.2.1"
    assert throttle_name(request("x", peer="2001:db8::1")) == "2001:db8::/64"

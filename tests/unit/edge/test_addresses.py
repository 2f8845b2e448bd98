"""Whose address it is."""

from __future__ import annotations

import pytest

from straks.edge.addresses import TrustedProxies

PROXIES = TrustedProxies(["10.0.0.0/8", "2001:db8::1"], limit_loopback=False)


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("192.0.2.1", ["198.51.100.9"], "192.0.2.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["198.51.100.9"], "198.51.100.9"),
        ("10.0.0.1", ["203.0.113.1, 198.51.100.9"], "198.51.100.9"),
        ("10.0.0.1", ["203.0.113.1", "198.51.100.9, 10.0.0.2"], "198.51.100.9"),
        ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        ("10.0.0.1", ["198.51.100.9:4711"], "198.51.100.9"),
        ("10.0.0.1", ["[2001:db8::9]:4711"], "2001:db8::9"),
        ("10.0.0.1", ["198.51.100.9, unknown"], "10.0.0.1"),
        ("2001:db8::1", ["198.51.100.9"], "198.51.100.9"),
        ("::ffff:10.0.0.1", ["198.51.100.9"], "198.51.100.9"),
        ("", ["198.51.100.9"], ""),
    ],
)
def test_only_what_trusted_proxies_say_holds(peer: str, forwarded: list[str], client: str) -> None:
    assert PROXIES.client(peer, forwarded) == client


def test_without_proxies_no_header_holds() -> None:
    assert TrustedProxies([], limit_loopback=False).client("127.0.0.1", ["x"]) == "127.0.0.1"


def test_the_own_machine_is_limited_only_on_demand() -> None:
    assert PROXIES.counted("127.0.0.1") is None
    assert PROXIES.counted("::1") is None
    assert PROXIES.counted("192.0.2.1") == "192.0.2.1"
    assert TrustedProxies([], limit_loopback=True).counted("127.0.0.1") == "127.0.0.1"

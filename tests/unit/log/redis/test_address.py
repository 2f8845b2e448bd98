"""Addresses of Redis."""

from __future__ import annotations

import pytest

from straks.log.redis.address import Address, parse


@pytest.mark.parametrize(
    ("url", "addresses", "database", "service"),
    [
        ("redis://a", [("a", 6379)], 0, None),
        ("redis://u:p%2Fw@a:7000/3", [("a", 7000)], 3, None),
        ("redis://a:1,b:2,[::1]:3", [("a", 1), ("b", 2), ("::1", 3)], 0, None),
        ("unix:///run/redis.sock?db=2", [("/run/redis.sock", 0)], 2, None),
        ("redis+sentinel://:s@a,b:9/main/4", [("a", 26379), ("b", 9)], 4, "main"),
    ],
)
def test_an_address_is_taken_apart(
    url: str, addresses: list[tuple[str, int]], database: int, service: str | None
) -> None:
    where = parse(url)
    assert list(where.addresses) == [Address(*each) for each in addresses]
    assert where.access.database == database
    assert where.service == service
    assert where.access.tls is None


def test_a_password_is_read_and_never_shown() -> None:
    where = parse("redis://user:ge%23heim@host:1/0")
    assert (where.access.username, where.access.password) == ("user", "ge#heim")
    assert "heim" not in repr(where)
    assert where.shown == "redis://host:1/0"


def test_tls_checks_certificates() -> None:
    assert parse("rediss://a").access.tls is not None


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://a", "must begin with redis://"),
        ("redis://", "host is missing"),
        ("redis://a/zero", "must be a number"),
        ("redis+sentinel://a", "NAME of the master"),
        ("redis://a?timeout=3", "not known: timeout"),
        ("rediss://a?ssl_ca_certs=/nowhere.pem", "cannot be used"),
    ],
)
def test_what_is_wrong_is_said(url: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse(url)

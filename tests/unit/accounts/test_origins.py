"""Origins: their one form, who is allowed."""

from __future__ import annotations

import pytest

from straks.accounts.origins import AllowedOrigins, normalise_origin


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://Shop.Example", "https://shop.example"),
        ("https://shop.example:443", "https://shop.example"),
        ("http://shop.example:80", "http://shop.example"),
        ("http://localhost:8081", "http://localhost:8081"),
        ("http://[::1]:8080", "http://[::1]:8080"),
        ("null", None),
        ("", None),
        ("https://", None),
        ("https://shop.example/path", None),
        ("https://user@shop.example", None),
        ("ftp://shop.example", None),
        ("https://shop.example\n", "https://shop.example"),
        ("https://shop.example, https://evil.example", None),
    ],
)
def test_origins_have_one_form(text: str, expected: str | None) -> None:
    assert normalise_origin(text) == expected


def test_only_the_named_sites_are_allowed() -> None:
    allowed = AllowedOrigins(
        ["https://shop.example", "https://*.brand.example"], own="https://chat.example"
    )
    for origin in (
        None,
        "https://chat.example",
        "https://shop.example",
        "https://www.brand.example",
        "https://a.b.brand.example",
    ):
        assert allowed.allows(origin), origin
    for origin in (
        "null",
        "http://shop.example",
        "https://shop.example:8443",
        "https://brand.example",
        "https://.brand.example",
        "https://evilbrand.example",
        "https://shop.example.evil.example",
        "https://*.brand.example",
    ):
        assert not allowed.allows(origin), origin


def test_a_star_stands_for_everyone() -> None:
    allowed = AllowedOrigins(["*"], own="https://chat.example")
    assert allowed.allows("https://any.example")
    assert allowed.allows("null")


def test_what_is_no_origin_cannot_be_allowed() -> None:
    with pytest.raises(ValueError, match="shop.example"):
        AllowedOrigins(["shop.example"], own="https://chat.example")

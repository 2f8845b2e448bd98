"""Addresses of storage, taken apart."""

from __future__ import annotations

import pytest

from straks.urls import StorageURL, take_apart


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Redis://a", ("redis", "", "a", "", "", "")),
        ("redis://:p@a:1,[::1]:3/2", ("redis", ":p", "a:1,[::1]:3", "/2", "", "")),
        ("x://u:p@a,b//c/d?e=f?#g#h", ("x", "u:p", "a,b", "//c/d", "e=f?", "g#h")),
        ("x://a?b/c@d", ("x", "", "a", "", "b/c@d", "")),
        ("unix:///run/redis.sock?db=2", ("unix", "", "", "/run/redis.sock", "db=2", "")),
        ("unix:/run/redis.sock?db=2", ("unix", "", "", "/run/redis.sock", "db=2", "")),
        (" redis://a/0\n", ("redis", "", "a", "/0", "", "")),
        ("redis", ("redis", "", "", "", "", "")),
        ("", ("", "", "", "", "", "")),
    ],
)
def test_each_part_is_told_from_the_others(text: str, parts: tuple[str, ...]) -> None:
    assert take_apart(text) == StorageURL(*parts)

"""Which language a browser wants."""

from __future__ import annotations

import pytest

from straks.web.help.negotiation import best_language


@pytest.mark.parametrize(
    ("header", "best"),
    [
        ("da", "da"),
        ("da-DK,da;q=0.9,en;q=0.8", "da"),
        ("en;q=0.5, da;q=0.7", "da"),
        ("fi, en;q=0.4, da;q=0.3", "en"),
        ("nn-NO", "nb"),
        ("NO", "nb"),
        ("da;q=0, nb;q=0.1", "nb"),
        ("da;q=2, nb;q=nan, da;q=x", "en"),
        ("fi", "en"),
        ("*", "en"),
        ("", "en"),
        (";;;,,;q=1", "en"),
        ("fi," * 50 + "da", "en"),
    ],
)
def test_the_one_that_is_wished_for_most(header: str, best: str) -> None:
    assert best_language(header, ["da", "en", "nb"]) == best


def test_without_english_any_will_do() -> None:
    assert best_language("fi", ["da", "nb"]) == "da"

"""Language tags."""

from __future__ import annotations

import pytest

from straks.answers import languages


@pytest.mark.parametrize("tag", ["en", "nb", "pt-BR", "zh-Hant", "zh-Hant-TW", "es-419", "fil"])
def test_tag_of_a_language_is_known(tag: str) -> None:
    assert languages.is_known(tag)


@pytest.mark.parametrize("tag", ["", "e", "xx", "english", "en_US", "EN", "en-", "en-us", "qq-QQ"])
def test_anything_else_is_not(tag: str) -> None:
    assert not languages.is_known(tag)


@pytest.mark.parametrize(
    ("tag", "base"), [("en-GB", "en"), ("no", "nb"), ("nn-NO", "nb"), ("da", "da"), ("en_US", "en")]
)
def test_base_is_the_language_alone(tag: str, base: str) -> None:
    assert languages.base(tag) == base


def test_language_without_stemmer_has_none() -> None:
    assert languages.stemmer_name("pt-BR") == "portuguese"
    assert languages.stemmer_name("ja") is None

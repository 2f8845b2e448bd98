"""The texts of the pages."""

from __future__ import annotations

import dataclasses
import re

import pytest

from straks.web.help.texts import TEXTS, language_name, texts_for


def test_there_are_those_of_the_widget() -> None:
    assert set(TEXTS) == {"en", "sv", "da", "nb", "nl", "pl"}


@pytest.mark.parametrize("lang", TEXTS)
def test_each_language_says_everything_with_the_same_names_in_braces(lang: str) -> None:
    english = dataclasses.asdict(TEXTS["en"])
    for name, text in dataclasses.asdict(TEXTS[lang]).items():
        assert text.strip() == text != ""
        assert re.findall(r"{\w*}", text) == re.findall(r"{\w*}", english[name]), name


def test_another_language_is_spoken_to_in_english() -> None:
    assert texts_for("fi") is TEXTS["en"]
    assert (language_name("fi"), language_name("is")) == ("Suomi", "is")

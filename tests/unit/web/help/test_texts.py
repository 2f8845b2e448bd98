"""The texts of the pages."""

from __future__ import annotations

import dataclasses
import datetime
import re

import pytest

from straks.web.help.texts import TEXTS, language_name, long_date, texts_for


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


@pytest.mark.parametrize(
    ("lang", "written"),
    [
        ("en", "1 May 2026"),
        ("sv", "1 maj 2026"),
        ("da", "1. maj 2026"),
        ("nb", "1. mai 2026"),
        ("nl", "1 mei 2026"),
        ("pl", "1 maja 2026"),
        ("fi", "1 May 2026"),
    ],
)
def test_a_day_is_written_as_people_do(lang: str, written: str) -> None:
    assert long_date(datetime.date(2026, 5, 1), lang) == written


@pytest.mark.parametrize("lang", TEXTS)
def test_each_language_has_twelve_months(lang: str) -> None:
    written = {long_date(datetime.date(2026, month, 3), lang) for month in range(1, 13)}
    assert len(written) == 12
    assert all(len(each.split()) == 3 for each in written)

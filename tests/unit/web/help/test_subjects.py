"""What tags are called."""

from __future__ import annotations

import pytest

from straks.web.help.subjects import subject_name


@pytest.mark.parametrize(
    ("tag", "lang", "name"),
    [
        ("delivery", "da", "Levering"),
        ("delivery", "en", "Delivery"),
        ("delivery", "fi", "Delivery"),
        ("gift-cards_2", "da", "Gift cards 2"),
    ],
)
def test_usual_subjects_have_a_name_in_each_language(tag: str, lang: str, name: str) -> None:
    assert subject_name(tag, lang) == name

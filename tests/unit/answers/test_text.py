"""What people type, normalised."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from straks.answers.text import MAX_MATCHED, clean


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("Where is my order?", "where is my order"),
        ("  WHERE\tis\nmy   order?!  ", "where is my order"),
        ("What's the price, 49.50 kr?", "whats the price 49 50 kr"),
        ("What’s it", "whats it"),
        ("heeeeelp pleeease", "heelp pleease"),
        ("Får jag ångra köpet", "far jag angra kopet"),
        ("SMØRREBRØD på bordet", "smorrebrod pa bordet"),
        ("człowiek", "czlowiek"),
        ("ﬁne ① x²", "fine 1 x2"),
        ("snake_case", "snake case"),
        ("😀😀", ""),
        ("?!… --", ""),
        ("10000 years", "10000 years"),
    ],
)
def test_text_becomes_plain_words(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


@given(st.text())
def test_result_is_words_with_single_spaces(text: str) -> None:
    cleaned = clean(text)
    assert cleaned == " ".join(cleaned.split())
    assert not any(character.isupper() for character in cleaned)


@given(st.text(max_size=MAX_MATCHED))
def test_cleaning_again_changes_nothing_of_plain_words(text: str) -> None:
    cleaned = clean(text)
    if len(cleaned) <= MAX_MATCHED:
        assert clean(clean(cleaned)) == clean(cleaned)


def test_only_the_beginning_of_a_long_text_counts() -> None:
    assert clean("a b " * 10_000) == clean(("a b " * 10_000)[:MAX_MATCHED])
    assert len(clean("ﷺ" * 10_000)) <= 2 * MAX_MATCHED

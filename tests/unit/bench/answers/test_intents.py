"""Questions sorted by what was wanted, and their splits."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.answers.intents import few, load, some_unknown, split, title
from bench.files import BadFileError

INTENTS = {f"intent_{letter}": [f"{letter}{n}" for n in range(10)] for letter in "abcdef"}


def written(folder: Path, text: str) -> Path:
    file = folder / "questions.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_file_is_read_by_category(tmp_path: Path) -> None:
    lines = [f'"{intent}, {n}",{intent}' for intent in ("a", "b", "c") for n in range(5)]
    intents = load(written(tmp_path, "\n".join(["text,category", *lines])))
    assert intents == {name: [f"{name}, {n}" for n in range(5)] for name in ("a", "b", "c")}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("question,answer\n1,2\n", "no CSV of text and category"),
        ("text,category\n" + "x,a\n" * 9, "fewer than 3 categories"),
        ("text,category\n" + "x,a\n" * 9 + "x,b\n" * 9 + "x,c\n", "fewer than 5 texts of 'c'"),
    ],
)
def test_another_file_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(BadFileError, match=says):
        load(written(tmp_path, text))


def test_a_split_keeps_a_fifth_of_each_intent_apart_and_depends_on_its_seed() -> None:
    known, tested = split(INTENTS, 1)
    for intent, texts in INTENTS.items():
        assert len(tested[intent]) == 2
        assert sorted([*known[intent], *tested[intent]]) == sorted(texts)
    assert split(INTENTS, 1) == (known, tested)
    assert split(INTENTS, 2) != (known, tested)


def test_some_phrases_of_each_are_chosen_or_all() -> None:
    assert few(INTENTS, None, 1) == INTENTS
    chosen = few(INTENTS, 3, 1)
    assert all(len(set(chosen[name])) == 3 for name in INTENTS)
    assert all(set(chosen[name]) < set(INTENTS[name]) for name in INTENTS)
    assert few(INTENTS, 99, 1).keys() == INTENTS.keys()


def test_a_third_is_unknown() -> None:
    unknown = some_unknown(INTENTS, 1)
    assert len(unknown) == 2
    assert unknown < INTENTS.keys()


def test_a_name_becomes_words() -> None:
    assert title("card_arrival") == "card arrival"

"""What is found out about a text once is not found out again."""

from __future__ import annotations

from straks.answers.remembered import remembered


def test_the_same_text_is_looked_into_once_for_each_of_the_rest() -> None:
    asked: list[tuple[str, str | None]] = []

    def find(text: str, lang: str | None) -> int:
        asked.append((text, lang))
        return len(asked)

    find_once = remembered(find)
    assert [find_once("a", None), find_once("a", None), find_once("a", "nl")] == [1, 1, 2]
    assert asked == [("a", None), ("a", "nl")]


def test_what_is_long_is_looked_into_again() -> None:
    asked: list[str] = []
    find_once = remembered(asked.append)
    for _ in range(2):
        find_once("a" * 500)
        find_once("b" * 501)
    assert asked == ["a" * 500, "b" * 501, "b" * 501]

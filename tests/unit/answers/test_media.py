"""Images and videos in answers."""

from __future__ import annotations

import pytest

from straks.answers import media
from straks.answers.markdown import MarkupError, check, parse, render
from tests.support.safe_html import elements


def shown(source: str) -> tuple[str, dict[str, str]]:
    tokens = parse(source)
    check(tokens)
    (_, found) = elements(render(source).html)
    return found


@pytest.mark.parametrize(
    "address",
    [
        *(f"https://a.example/b.{kind}" for kind in ("png", "jpg", "jpeg", "webp", "gif", "svg")),
        "https://a.example/b.PNG?w=1&h=2#c",
        "HTTPS://A.example/b.png",
        "https://a.example:8443/picture/1",
        "https://a.example/video.mp4/still.png",
    ],
)
def test_an_address_is_an_image(address: str) -> None:
    tag, attributes = shown(f"![The *switch*]({address})")
    assert (tag, attributes["alt"], attributes["loading"]) == ("img", "The switch", "lazy")
    assert attributes["src"] == address


@pytest.mark.parametrize(
    "address",
    ["https://a.example/b.mp4", "https://a.example/b.WebM", "https://a.example/b.mp4?c=1#t=3"],
)
def test_some_addresses_are_videos(address: str) -> None:
    assert shown(f"![How the cup goes up]({address})") == (
        "video",
        {
            "src": address,
            "controls": "",
            "preload": "metadata",
            "aria-label": "How the cup goes up",
        },
    )


def test_an_image_may_lead_somewhere() -> None:
    source = "[![The switch](https://a.example/b.png)](https://a.example/)"
    check(parse(source))
    assert [tag for tag, _ in elements(render(source).html)] == ["p", "a", "img"]


@pytest.mark.parametrize(
    ("source", "line", "word"),
    [
        ("![](https://a.example/b.png)", 1, "description"),
        ("a\nb ![ ](https://a.example/b.png)", 2, "description"),
        ("![](https://a.example/b.mp4)", 1, "a video without"),
        ("one\n\n- two\n- ![x](b.png)", 4, "https://"),
        ("![x](/b.png)", 1, "https://"),
        ("![x](//a.example/b.png)", 1, "https://"),
        ("![x](http://a.example/b.png)", 1, "https://"),
        ("![x](https:///b.png)", 1, "https://"),
        ("![x](https://a@b.example/b.png)", 1, "https://"),
        ("![x](data:image/png;base64,AAAA)", 1, "https://"),
        ("![x](file.mp4)", 1, "address of a video"),
        (f"![x](https://a.example/{'b' * 3_000})", 1, "https://"),
        ("| a |\n|-|\n| ![x](b.png) |", 3, "https://"),
        ("> a\n> b\n> ![x](b.png)", 3, "https://"),
        ("![x][r]\n\n[r]: b.png", 1, "https://"),
        ("a  \nb\n![x](https://a.example/a b.png)", 3, "cannot be read"),
        ("![x](https://a.example/b.png", 1, "cannot be read"),
        ("![x]", 1, "cannot be read"),
        ("![x](javascript:alert(1))", 1, "cannot be read"),
        ("![x](https://a.example/b.png) and ![y] (z)", 1, "cannot be read"),
        ("[![x](https://a.example/b.mp4)](https://a.example)", 1, "link"),
    ],
)
def test_what_cannot_be_shown_is_told_with_its_line(source: str, line: int, word: str) -> None:
    with pytest.raises(MarkupError) as caught:
        check(parse(source))
    assert caught.value.line == line
    assert word in caught.value.message


@pytest.mark.parametrize(
    "source",
    [
        "Write `![x](y)` for an image",
        "    ![x](y)",
        "```\n![x](y)\n```",
        "Hurry\\![now](https://a.example)",
        "It is \\!\\[so]",
        "Hurry! [now](https://a.example)",
        "![x ![y](z)](https://a.example/b.png)",
    ],
)
def test_what_is_no_image_is_no_mistake(source: str) -> None:
    assert media.mistake(parse(source)) is None

"""Markdown that becomes safe HTML."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from straks.answers.markdown import parse, render
from straks.answers.media import mistake
from tests.support.safe_html import elements, unsafe


def test_text_with_markup_has_both_forms() -> None:
    rendered = render(
        "Take **two**, *now*:\n\n1. one\n2. two\n   - a\n\nSee [us](https://x.example)."
    )
    assert "<strong>two</strong>" in rendered.html
    assert "<ol>" in rendered.html
    assert rendered.text == (
        "Take two, now:\n\n1. one\n2. two\n  • a\n\nSee us (https://x.example)."
    )


@pytest.mark.parametrize(
    "source",
    [
        "[x](javascript:alert(1))",
        "[x](JAVASCRIPT:alert(1))",
        "[x](data:text/html,hi)",
        "[x](/relative)",
        "[x](//host/path)",
        "[x](ftp://host/)",
        "[x](vbscript:x)",
        "[x](&#106;avascript:alert(1))",
        "<javascript:alert(1)>",
        "[x][r]\n\n[r]: javascript:alert(1)",
    ],
)
def test_link_to_elsewhere_has_no_address(source: str) -> None:
    assert "href" not in render(source).html


@pytest.mark.parametrize(
    ("source", "href"),
    [
        ("[x](https://a.example/b?c=1&d=2)", "https://a.example/b?c=1&amp;d=2"),
        ("<http://a.example>", "http://a.example"),
        ("<me@a.example>", "mailto:me@a.example"),
    ],
)
def test_link_opens_beside_the_page(source: str, href: str) -> None:
    html = render(source).html
    assert f'href="{href}"' in html
    assert 'rel="noopener"' in html
    assert 'target="_blank"' in html


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "<script src=https://evil.example/x.js></script>",
        "<img src=x onerror=alert(1)>",
        "a <b onclick=x>b</b>",
        "<iframe src=x></iframe>",
        "<svg onload=alert(1)><animate onbegin=alert(1)></svg>",
        "<style>body{display:none}</style>",
        '<p style="position:fixed">x</p>',
        "<!-- --><script>alert(1)</script> -->",
        "<!--><img src=x onerror=alert(1)>-->",
        "<![CDATA[<script>alert(1)</script>]]>",
        "<?php x ?>",
        "<math><mtext><script>x</script></mtext></math>",
        "![<img src=x>](x)",
        '![" onerror="alert(1)](https://a.example/b.png)',
        '![x](https://a.example/b.png" onerror="alert(1))',
        '![x](https://a.example/b.png "t\\" onerror=alert(1)")',
        "![x](https://a.example/b.svg#<script>)",
        '![x" autoplay onplay="alert(1)](https://a.example/b.mp4)',
        '[x](https://a.example "title \\" onclick=x")',
        "[a [b](https://b.example) c](https://a.example)",
        "[![a](https://a.example/a.png)](javascript:alert(1))",
        "```html\n<script>alert(1)</script>\n```",
        '```" onclick="x\ny\n```',
        "| <script> |\n|-|\n| <img src=x onerror=y> |",
        "<a href=https://a.example style=color:red onmouseover=x>y</a>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        '<https://a.example/"onclick=alert(1)//>',
    ],
)
def test_what_is_injected_is_text(source: str) -> None:
    assert unsafe(render(source).html) == []


def test_raw_html_is_shown_as_it_was_written() -> None:
    assert render("<script>alert(1)</script>").text == "<script>alert(1)</script>"


def test_a_link_in_a_link_leads_to_one_place_at_a_time() -> None:
    html = render("[a [b](https://b.example) c](https://a.example)").html
    assert [attributes["href"] for tag, attributes in elements(html) if tag == "a"] == [
        "https://b.example"
    ]


def test_image_is_shown_and_its_text_is_its_description() -> None:
    rendered = render("Press ![the big *<button>*](https://a.example/b.png) now")
    assert elements(rendered.html)[1:] == [
        (
            "img",
            {"src": "https://a.example/b.png", "alt": "the big <button>", "loading": "lazy"},
        )
    ]
    assert rendered.text == "Press the big <button> now"


@pytest.mark.parametrize("address", ["http://a.example/b.png", "/b.png", "data:image/png;base64,A"])
def test_image_that_cannot_be_shown_is_its_description(address: str) -> None:
    rendered = render(f"Press ![the *big* button]({address}) now")
    assert rendered.html == "<p>Press the big button now</p>"


def test_heading_is_of_a_size_for_a_message() -> None:
    assert render("# One\n\n## Two\n\n##### Five").html.count("<h4>") == 2


@pytest.mark.parametrize(
    "source",
    [
        "**never closed",
        "[text](",
        "[text][nowhere]",
        "~~x",
        "`code",
        "```\nnever closed",
        "| a |\n|",
    ]
    + ["> " * 200 + "deep", "- " * 200 + "deep", "[" * 2_000, "*" * 2_000, "\x00", "\ud7ff\ufffe"],
)
def test_broken_markdown_is_shown_somehow(source: str) -> None:
    rendered = render(source)
    assert unsafe(rendered.html) == []
    assert rendered.html


PIECES = st.lists(
    st.sampled_from(
        ["![", "[", "]", "](", ")", "https://a.example/b.png", "http://a", "javascript:alert(1)"]
        + [
            "//a",
            "data:image/svg+xml,<svg>",
            ".mp4",
            ".webm",
            "<script>",
            "</script>",
            "<!--",
            "-->",
        ]
        + [
            "<img src=x onerror=y>",
            "<svg/onload=x>",
            " onclick=x",
            '"',
            "'",
            "\\",
            "&lt;",
            "&#106;",
        ]
        + [
            "\n",
            "\n\n",
            "## ",
            "> ",
            "- ",
            "1. ",
            "|",
            "|-|",
            "`",
            "```",
            "**",
            "~~",
            "<",
            ">",
            "a b",
        ]
        + ["[r]: javascript:x\n", "[r]: https://a.example/b.webm 't'\n", "[r]", "style=x", "\x00"]
    ),
    max_size=30,
).map("".join)


@given(
    PIECES
    | st.text(alphabet=st.sampled_from("ab <>[]()!*_`#->:/\"'&\\\n\t1.|=~@"), max_size=80)
    | st.text()
)
def test_any_source_is_safe(source: str) -> None:
    assert unsafe(render(source).html) == []


@given(PIECES)
def test_what_is_found_wrong_stands_on_a_line_of_the_source(source: str) -> None:
    found = mistake(parse(source))
    assert found is None or 0 <= found[0] <= source.count("\n")

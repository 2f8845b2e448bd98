"""Markdown that becomes safe HTML."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from straks.answers.markdown import render

ALLOWED_TAG = re.compile(
    r"</?(?:blockquote|br|code|em|h3|h4|hr|li|p|pre|s|strong|table|tbody|td|th|thead|tr|ul|ol)>"
    r'|<ol start="\d+">|</a>'
    r'|<a(?: href="(?:https?://|mailto:)[^"<>]*")?(?: (?:target="_blank"|rel="noopener"))*'
    r'(?: href="(?:https?://|mailto:)[^"<>]*")?(?: (?:target="_blank"|rel="noopener"))*>',
    re.IGNORECASE,
)


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
        "<img src=x onerror=alert(1)>",
        "a <b onclick=x>b</b>",
        "<iframe src=x></iframe>",
        "![<img src=x>](x)",
        '[x](https://a.example "title \\" onclick=x")',
    ],
)
def test_raw_html_is_text(source: str) -> None:
    html = render(source).html
    assert ALLOWED_TAG.sub("", html).count("<") == 0


def test_image_shows_as_its_description() -> None:
    rendered = render("Press ![the big <button>](http://a.example/b.png) now")
    assert rendered.html == "<p>Press the big &lt;button&gt; now</p>"
    assert rendered.text == "Press the big <button> now"


def test_heading_is_of_a_size_for_a_message() -> None:
    assert render("# One\n\n## Two\n\n##### Five").html.count("<h4>") == 2


@given(
    st.text(alphabet=st.sampled_from("ab <>[]()!*_`#->:/\"'&\\\n\t1.|=~@"), max_size=80) | st.text()
)
def test_any_source_is_safe(source: str) -> None:
    html = render(source).html
    assert ALLOWED_TAG.sub("", html).count("<") == 0

"""Entity tags."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from straks.web.etags import has_it, tag_of


def asking(header: str) -> Request:
    return Request({"type": "http", "headers": [(b"if-none-match", header.encode())]})


def test_a_tag_names_a_content() -> None:
    assert tag_of(b"a") == tag_of(b"a") != tag_of(b"b")
    assert tag_of(b"a").startswith('W/"')


@pytest.mark.parametrize("header", ["{}", '"other", {}', '{} , W/"other"'])
def test_what_is_there_already_is_known_by_its_tag(header: str) -> None:
    tag = tag_of(b"a")
    assert has_it(asking(header.format(tag)), tag)


@pytest.mark.parametrize("header", ["", '"other"', ","])
def test_another_tag_is_another_content(header: str) -> None:
    assert not has_it(asking(header), tag_of(b"a"))

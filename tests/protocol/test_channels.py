"""Names of channels come apart and together again."""

from __future__ import annotations

import pytest
from hypothesis import given

from straks_protocol import Channel
from straks_protocol.channels import app, conversation, desk, inbox, parse
from tests.support.messages import channels, text


@given(name=channels)
def test_a_name_comes_apart_and_together_again(name: str) -> None:
    assert str(parse(name)) == name


def test_helpers_name_the_four_kinds() -> None:
    names = [conversation("a"), desk("a"), inbox("a"), app("a")]
    assert [parse(name) for name in names] == [
        Channel("conversation", "a"),
        Channel("desk", "a"),
        Channel("inbox", "a"),
        Channel("app", "a"),
    ]


@pytest.mark.parametrize("name", ["", "app", "app:", "room:a", "app:a b", "app:a\n", "app:å"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="not a channel"):
        parse(name)


@given(name=text)
def test_nothing_but_a_value_error_comes_of_any_text(name: str) -> None:
    with pytest.raises(ValueError, match="not a channel"):
        parse(name)

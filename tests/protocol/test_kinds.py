"""Data of entries is checked per kind; vectors/kinds.json holds the cases themselves."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from straks_protocol import EXPECT_REQUIRED, KINDS, MAX_TEXT, ErrorCode, RemoteProtocolError
from straks_protocol.kinds import encode_data, validate
from tests.support.messages import data


@given(kind=st.sampled_from(sorted(KINDS)), found=data)
def test_arbitrary_data_is_cleaned_or_refused(kind: tuple[str, str], found: Any) -> None:
    try:
        clean = validate(*kind, found)
    except RemoteProtocolError as error:
        assert error.code in {ErrorCode.BAD_DATA, ErrorCode.TOO_LARGE}  # noqa: PT017
    else:
        assert validate(*kind, clean) == clean


@given(text=st.text(min_size=1, max_size=50))
def test_texts_with_something_to_see_are_kept_to_the_letter(text: str) -> None:
    if text.strip() and "\0" not in text:
        assert validate("conversation", "message", {"text": text}) == {"text": text}
    else:
        with pytest.raises(RemoteProtocolError, match=r"data\.text"):
            validate("conversation", "message", {"text": text})


@given(
    answer=st.integers(-3, 10_000) | st.booleans() | st.floats() | st.text(max_size=3) | st.none(),
    helped=st.booleans() | st.integers(0, 1) | st.sampled_from(["true", "yes", "", None]),
)
def test_feedback_names_an_offset_and_says_yes_or_no(answer: Any, helped: Any) -> None:
    said = {"answer": answer, "helped": helped}
    if type(answer) is int and answer >= 1 and type(helped) is bool:
        assert validate("conversation", "feedback", said) == said
    else:
        with pytest.raises(RemoteProtocolError, match=r"data\.(answer|helped)") as caught:
            validate("conversation", "feedback", said)
        assert caught.value.code is ErrorCode.BAD_DATA


@pytest.mark.parametrize(
    "text",
    ["a" * (MAX_TEXT - 1) + "\0", " " * (MAX_TEXT - 1) + "\0", "a " * (MAX_TEXT // 2 - 1) + "\0"],
)
def test_a_hostile_text_is_refused_without_backtracking(text: str) -> None:
    """A pattern that backtracks would need minutes for these and run into the time-out."""
    for _ in range(200):
        with pytest.raises(RemoteProtocolError, match=r"data\.text"):
            validate("conversation", "message", {"text": text})


def test_input_is_not_changed() -> None:
    given_ = {"text": "a", "page": {"url": "https://a", "x": 1}, "y": None}
    validate("conversation", "message", given_)
    assert given_ == {"text": "a", "page": {"url": "https://a", "x": 1}, "y": None}


def test_kinds_that_need_expect_are_kinds_of_conversations() -> None:
    assert {("conversation", kind) for kind in EXPECT_REQUIRED} < set(KINDS)


def test_long_kinds_are_not_echoed_whole() -> None:
    with pytest.raises(RemoteProtocolError) as caught:
        validate("app", "X" * 10_000, {})
    assert caught.value.code is ErrorCode.UNKNOWN_KIND
    assert len(caught.value.message) < 150


def test_threads_do_not_get_each_others_data() -> None:
    texts = ("a" * 300, "b" * 300)

    def mixed_up(text: str) -> int:
        encoded = (encode_data("conversation", "message", {"text": text}) for _ in range(30_000))
        return sum(orjson.loads(data) != {"text": text} for data in encoded)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor() as threads:
            assert list(threads.map(mixed_up, texts)) == [0, 0]
    finally:
        sys.setswitchinterval(interval)

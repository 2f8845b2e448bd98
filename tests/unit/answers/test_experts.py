"""Whose questions go to a person at once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from straks.answers.experts import WORDS_FILE, Experts, load_words, words_fingerprint
from straks.conversation.model import Conversation

TITLES = {"returns": "Returns", "hours": "Opening hours"}


def test_a_page_can_say_that_somebody_is_an_expert() -> None:
    found = Experts().find({"text": "hm", "expert": True}, None, TITLES)
    assert found is not None
    assert (found.score, found.reasons) == (1.0, ("the page says so",))
    assert Experts().find({"text": "hm", "expert": False}, None, TITLES) is None


def test_what_was_read_is_told_by_its_title() -> None:
    message = {"text": "error E-17", "read": ["returns", "gone", "hours"]}
    found = Experts().find(message, None, TITLES)
    assert found is not None
    assert found.reasons[1] == "has read Returns, gone, Opening hours"


def test_answers_that_did_not_help_count(conversation: Callable[[], Conversation]) -> None:
    held = conversation()
    assert Experts(0.3).find({"text": "and now?"}, held, TITLES) is None
    held.unhelpful = (2, 4)
    found = Experts(0.3).find({"text": "and now?"}, held, TITLES)
    assert found is not None
    assert found.reasons == ("2 answers did not help",)


@pytest.fixture
def conversation() -> Callable[[], Conversation]:
    return lambda: Conversation(
        id="c", owners=(), opened_at=1, updated_at=1, last_offset=5, last_id="e"
    )


def test_the_threshold_is_the_operators() -> None:
    message = {"text": "error E-17"}
    assert Experts(0.35).find(message, None, TITLES) is not None
    assert Experts(0.36).find(message, None, TITLES) is None


def test_nobody_is_an_expert_for_no_reason() -> None:
    assert Experts(0.0).find({"text": "hello"}, None, TITLES) is None


def test_an_operators_words_are_learned_and_forgotten(tmp_path: Path) -> None:
    assert load_words(tmp_path) == []
    before = words_fingerprint(tmp_path)
    file = tmp_path / WORDS_FILE
    file.write_bytes(b"\xef\xbb\xbf# ours\nFluxgate\n\n  dilithium matrix \n\xff\n")
    words = load_words(tmp_path)
    assert words == ["Fluxgate", "dilithium matrix", "\ufffd"]
    assert words_fingerprint(tmp_path) != before
    experts = Experts(0.3)
    message = {"text": "The fluxgate in the dilithium-matrix hums"}
    assert experts.find(message, None, TITLES) is None
    experts.learn(words)
    found = experts.find(message, None, TITLES)
    assert found is not None
    assert found.reasons == ("speaks of fluxgate, dilithium matrix",)
    experts.learn(())
    assert experts.find(message, None, TITLES) is None


def test_a_folder_in_place_of_the_words_is_told_of(tmp_path: Path) -> None:
    (tmp_path / WORDS_FILE).mkdir()
    with pytest.raises(OSError, match=WORDS_FILE):
        load_words(tmp_path)

"""Whose questions go to a person at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from straks.answers.expertise import Expertise
from straks.answers.experts import WORDS_FILE, Experts, Needed, load_words, words_fingerprint
from straks.conversation.model import Conversation

TITLES = {"returns": "Returns", "hours": "Opening hours"}


def found_by(
    experts: Experts,
    message: Mapping[str, Any],
    held: Conversation | None = None,
    earlier: int = 0,
) -> Expertise | None:
    found = experts.find(message, held, TITLES, earlier=earlier)
    assert not isinstance(found, Needed)
    return found


def test_a_page_can_say_that_somebody_is_an_expert() -> None:
    found = found_by(Experts(), {"text": "hm", "expert": True})
    assert found is not None
    assert (found.score, found.reasons) == (1.0, ("the page says so",))
    assert found_by(Experts(), {"text": "hm", "expert": False}) is None


def test_what_was_read_is_told_by_its_title() -> None:
    message = {"text": "error E-17", "read": ["returns", "gone", "hours"]}
    found = found_by(Experts(), message)
    assert found is not None
    assert found.reasons[1] == "has read Returns, gone, Opening hours"


def test_answers_that_did_not_help_count(conversation: Callable[[], Conversation]) -> None:
    held = conversation()
    assert found_by(Experts(0.3), {"text": "and now?"}, held) is None
    held.unhelpful = (2, 4)
    found = found_by(Experts(0.3), {"text": "and now?"}, held)
    assert found is not None
    assert found.reasons == ("2 answers did not help",)


@pytest.fixture
def conversation() -> Callable[[], Conversation]:
    return lambda: Conversation(
        id="c", owners=(), opened_at=1, updated_at=1, last_offset=5, last_id="e"
    )


def test_the_threshold_is_the_operators() -> None:
    message = {"text": "error E-17"}
    assert found_by(Experts(0.35), message) is not None
    assert found_by(Experts(0.36), message) is None


def test_nobody_is_an_expert_for_no_reason() -> None:
    assert found_by(Experts(0.0), {"text": "hello"}) is None


@pytest.mark.parametrize(("earlier", "reason"), [(1, "a conversation"), (7, "7 conversations")])
def test_conversations_that_were_had_before_count(earlier: int, reason: str) -> None:
    message = {"text": "error E-17"}
    assert found_by(Experts(), message) is None
    found = found_by(Experts(), message, earlier=earlier)
    assert found is not None
    assert found.reasons == ("names the error code E-17", f"had {reason} before")


def test_how_many_were_had_before_is_asked_only_where_it_decides() -> None:
    for text, threshold in (
        ("hello", 0.2),  # they say nothing by themselves
        ("error E-17", 0.35),  # enough without them
        ("since v3.2.1 it is slow", 0.46),
    ):
        found = Experts(threshold).find({"text": text}, None, TITLES)
        assert found == found_by(Experts(threshold), {"text": text})
    for text, threshold in (
        ("error E-17", 0.36),
        ("the firewall drops it", 0.4),
        ("since v3.2.1 it is slow", 0.45),
    ):
        found = Experts(threshold).find({"text": text}, None, TITLES)
        assert found is Needed.EARLIER
        assert found_by(Experts(threshold), {"text": text}) is None
        assert found_by(Experts(threshold), {"text": text}, earlier=4) is not None


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
    assert found_by(experts, message) is None
    experts.learn(words)
    found = found_by(experts, message)
    assert found is not None
    assert found.reasons == ("speaks of fluxgate, dilithium matrix",)
    experts.learn(())
    assert found_by(experts, message) is None


def test_a_folder_in_place_of_the_words_is_told_of(tmp_path: Path) -> None:
    (tmp_path / WORDS_FILE).mkdir()
    with pytest.raises(OSError, match=WORDS_FILE):
        load_words(tmp_path)

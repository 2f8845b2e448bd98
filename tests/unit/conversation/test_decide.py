"""What each state allows, line by line."""

from __future__ import annotations

import pytest

from straks.accounts.principals import SERVER, Principal
from straks.conversation.decide import decide
from straks.conversation.errors import RefusedError
from straks.conversation.model import Conversation
from straks_protocol import ErrorCode
from tests.unit.conversation.test_model import AGENTS, RESPONDER, VISITOR, entry, folded, opening

ANNA, BO, _ = AGENTS
NOW = -1
"""Stands for the conversation's own state offset."""


def conversation(state: str) -> Conversation:
    steps = {
        "self_service": [],
        "waiting": [("ask_human", VISITOR)],
        "with_anna": [("accept", ANNA)],
        "closed": [("close", VISITOR)],
        "closed_by_anna": [("accept", ANNA), ("close", ANNA)],
    }[state]
    entries = [entry(n, who, kind, advances=True) for n, (kind, who) in enumerate(steps, 2)]
    return folded(opening(), *entries)


@pytest.mark.parametrize(
    ("state", "author", "kind", "expect", "advances"),
    [
        ("self_service", VISITOR, "message", None, False),
        ("waiting", VISITOR, "message", None, False),
        ("with_anna", VISITOR, "message", None, False),
        ("with_anna", ANNA, "message", None, False),
        ("self_service", RESPONDER, "answer", NOW, False),
        ("waiting", RESPONDER, "answer", NOW, False),
        ("self_service", VISITOR, "feedback", None, False),
        ("waiting", VISITOR, "feedback", None, False),
        ("with_anna", VISITOR, "feedback", None, False),
        ("self_service", VISITOR, "step", None, False),
        ("with_anna", VISITOR, "step", None, False),
        ("waiting", VISITOR, "details", None, False),
        ("with_anna", SERVER, "details", None, False),
        ("self_service", VISITOR, "ask_human", None, True),
        ("self_service", RESPONDER, "ask_human", NOW, True),
        ("waiting", VISITOR, "ask_human", None, False),
        ("with_anna", VISITOR, "ask_human", None, False),
        ("closed", VISITOR, "contact", None, False),
        ("closed", VISITOR, "rate", None, False),
        ("self_service", ANNA, "accept", NOW, True),
        ("waiting", ANNA, "accept", NOW, True),
        ("with_anna", ANNA, "transfer", NOW, True),
        ("self_service", ANNA, "close", NOW, True),
        ("waiting", VISITOR, "close", NOW, True),
        ("with_anna", ANNA, "close", NOW, True),
        ("closed", VISITOR, "reopen", NOW, True),
        ("closed_by_anna", BO, "reopen", NOW, True),
    ],
)
def test_allows(
    state: str, author: Principal, kind: str, expect: int | None, advances: bool
) -> None:
    here = conversation(state)
    expect = here.state_offset if expect == NOW else expect
    assert decide(here, author, kind, expect) is advances


@pytest.mark.parametrize(
    ("state", "author", "kind", "expect", "code"),
    [
        ("self_service", VISITOR, "shout", None, ErrorCode.UNKNOWN_KIND),
        ("self_service", ANNA, "accept", None, ErrorCode.EXPECT_REQUIRED),
        ("with_anna", BO, "accept", None, ErrorCode.EXPECT_REQUIRED),
        ("self_service", RESPONDER, "answer", None, ErrorCode.EXPECT_REQUIRED),
        ("self_service", RESPONDER, "ask_human", None, ErrorCode.EXPECT_REQUIRED),
        ("with_anna", ANNA, "transfer", None, ErrorCode.EXPECT_REQUIRED),
        ("with_anna", ANNA, "close", None, ErrorCode.EXPECT_REQUIRED),
        ("closed", VISITOR, "reopen", None, ErrorCode.EXPECT_REQUIRED),
        ("with_anna", BO, "accept", 1, ErrorCode.ALREADY_TAKEN),
        ("with_anna", BO, "accept", NOW, ErrorCode.ALREADY_TAKEN),
        ("with_anna", ANNA, "accept", 1, ErrorCode.CONFLICT),
        ("with_anna", ANNA, "accept", NOW, ErrorCode.WRONG_STATE),
        ("waiting", BO, "accept", 1, ErrorCode.CONFLICT),
        ("closed_by_anna", BO, "accept", 1, ErrorCode.CONFLICT),
        ("closed", ANNA, "accept", NOW, ErrorCode.WRONG_STATE),
        ("with_anna", RESPONDER, "answer", 1, ErrorCode.CONFLICT),
        ("with_anna", RESPONDER, "answer", NOW, ErrorCode.WRONG_STATE),
        ("closed", VISITOR, "message", None, ErrorCode.WRONG_STATE),
        ("closed_by_anna", ANNA, "message", None, ErrorCode.WRONG_STATE),
        ("closed", VISITOR, "ask_human", None, ErrorCode.WRONG_STATE),
        ("closed", VISITOR, "feedback", None, ErrorCode.WRONG_STATE),
        ("closed_by_anna", VISITOR, "feedback", None, ErrorCode.WRONG_STATE),
        ("waiting", VISITOR, "feedback", 1, ErrorCode.CONFLICT),
        ("closed", VISITOR, "step", None, ErrorCode.WRONG_STATE),
        ("closed", VISITOR, "details", None, ErrorCode.WRONG_STATE),
        ("with_anna", VISITOR, "message", 1, ErrorCode.CONFLICT),
        ("self_service", ANNA, "message", None, ErrorCode.FORBIDDEN),
        ("with_anna", BO, "message", None, ErrorCode.FORBIDDEN),
        ("with_anna", BO, "transfer", NOW, ErrorCode.FORBIDDEN),
        ("waiting", ANNA, "transfer", NOW, ErrorCode.WRONG_STATE),
        ("closed", VISITOR, "close", NOW, ErrorCode.WRONG_STATE),
        ("waiting", VISITOR, "reopen", NOW, ErrorCode.WRONG_STATE),
    ],
)
def test_refuses(
    state: str, author: Principal, kind: str, expect: int | None, code: ErrorCode
) -> None:
    here = conversation(state)
    expect = here.state_offset if expect == NOW else expect
    with pytest.raises(RefusedError) as refused:
        decide(here, author, kind, expect)
    assert refused.value.code is code
    if code in {ErrorCode.CONFLICT, ErrorCode.ALREADY_TAKEN}:
        assert refused.value.state_offset == here.state_offset


def test_already_taken_names_the_winner() -> None:
    with pytest.raises(RefusedError) as refused:
        decide(conversation("with_anna"), BO, "accept", 1)
    assert refused.value.by == ANNA.wire()
    assert str(ANNA.name) in refused.value.message

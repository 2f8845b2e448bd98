"""How a publish ended, in the words of the protocol."""

from __future__ import annotations

import pytest

from straks.conversation.errors import RefusedError
from straks.conversation.outcomes import not_read, out_of_turn, outcome_of
from straks.log.log import (
    Appended,
    AppendResult,
    BadItemError,
    Conflict,
    Full,
    LogBrokenError,
    LogError,
    LogUnavailableError,
    OutcomeUnknownError,
)
from straks_protocol import TEMPORARY, ErrorCode
from tests.unit.conversation.test_model import opening


@pytest.mark.parametrize("duplicate", [False, True])
def test_what_was_stored_is_told_as_it_is(duplicate: bool) -> None:
    stored = Appended(opening(), duplicate)
    assert outcome_of(stored) is stored


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (Conflict(3), ErrorCode.CONFLICT),
        (Full(), ErrorCode.LOG_FULL),
        (BadItemError("no text"), ErrorCode.BAD_DATA),
        (LogUnavailableError("disk full at /secret"), ErrorCode.UNAVAILABLE),
        (LogBrokenError("another server"), ErrorCode.UNAVAILABLE),
        (OutcomeUnknownError("cut at /secret"), ErrorCode.OUTCOME_UNKNOWN),
    ],
)
def test_each_result_has_a_code_and_a_time_exactly_when_it_passes(
    result: AppendResult | LogError, code: ErrorCode
) -> None:
    found = outcome_of(result)
    assert isinstance(found, RefusedError)
    assert found.code is code
    assert (found.retry_after is not None) is (code in TEMPORARY)
    assert "/secret" not in found.message


def test_a_conflict_says_where_the_state_is_now() -> None:
    found = outcome_of(Conflict(3))
    assert isinstance(found, RefusedError)
    assert found.state_offset == 3


def test_a_log_that_cannot_be_read_passes_and_a_broken_conversation_is_our_fault() -> None:
    assert not_read(LogUnavailableError("away")).code is ErrorCode.UNAVAILABLE
    assert not_read(ValueError("entry 3 does not follow 1")).code is ErrorCode.INTERNAL
    assert "entry 3" not in not_read(ValueError("entry 3 does not follow 1")).message


def test_out_of_turn_means_again_in_order() -> None:
    assert out_of_turn().code is ErrorCode.RETRY_LATER
    assert out_of_turn().retry_after is not None

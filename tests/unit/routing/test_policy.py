"""What an inbox is told, and how soon."""

from __future__ import annotations

import pytest

from straks.log.log import Entry
from straks.routing.policy import Urgency, inbox_of, interval, urgency
from tests.unit.conversation.test_model import AGENTS, VISITOR, entry, folded, opening


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (opening(), Urgency.AT_ONCE),
        (entry(2, VISITOR, "ask_human", advances=True), Urgency.AT_ONCE),
        (entry(2, VISITOR, "contact", {"name": "Vera"}), Urgency.AT_ONCE),
        (entry(2, VISITOR, "message", {"text": "Hm"}), Urgency.SOON),
        (entry(2, VISITOR, "ask_human"), Urgency.SOON),
        (entry(2, VISITOR, "details", {"fields": {"order": "7"}}), Urgency.AT_ONCE),
        (entry(2, VISITOR, "feedback", {"answer": 1, "helped": True}), Urgency.NEVER),
        (entry(2, VISITOR, "step", {"answer": 1, "step": 2}), Urgency.NEVER),
    ],
)
def test_changes_of_state_and_contact_are_urgent(given: Entry, expected: Urgency) -> None:
    assert urgency(given) is expected


@pytest.mark.parametrize("channel", ["desk:c1", "inbox:default", "app:conversation"])
def test_other_channels_concern_no_inbox(channel: str) -> None:
    noted = Entry(
        channel=channel,
        offset=1,
        id="e",
        at=1,
        sender="agent:a",
        name=None,
        key="k",
        kind="contact",
        data=b"{}",
        advances=True,
    )
    assert urgency(noted) is Urgency.NEVER


def test_few_previews_are_told_within_half_a_second_and_many_within_a_bound() -> None:
    assert interval(1) + 0.25 < 0.5
    for count in (50, 500):
        assert count / interval(count) <= 50
    assert interval(100) == 2.0
    assert interval(5, partitions=16) == 1.6
    assert interval(1_000_000) == 10.0


def test_conversation_is_shown_where_its_team_looks() -> None:
    sold = folded(
        opening(),
        entry(2, AGENTS[0], "accept", advances=True),
        entry(3, AGENTS[0], "transfer", {"team": "sales"}, advances=True),
    )
    assert inbox_of(folded(opening())) == "default"
    assert inbox_of(sold, {"default", "sales"}) == "sales"
    assert inbox_of(sold, {"default"}) == "default"

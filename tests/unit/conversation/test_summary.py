"""What an inbox shows of a conversation."""

from __future__ import annotations

from straks.conversation.summary import summary
from straks_protocol.kinds import validate
from tests.unit.conversation.test_model import AGENTS, VISITOR, entry, folded, opening


def test_absent_fields_are_left_out() -> None:
    assert summary(folded(opening())) == {
        "id": "c1",
        "state": "self_service",
        "state_offset": 1,
        "visitor": {"id": "v1"},
        "team": "default",
        "preview": "Hello",
        "opened_at": 1_000,
        "updated_at": 1_000,
        "offset": 1,
    }


def test_everything_known_is_there_and_valid() -> None:
    page = {"url": "https://shop.example/cart"}
    found = summary(
        folded(
            opening(page=page, lang="pl"),
            entry(2, VISITOR, "contact", {"email": "v@example.org", "name": "Vera"}),
            entry(3, AGENTS[0], "accept", advances=True),
            entry(4, AGENTS[0], "transfer", {"team": "sales"}, advances=True),
            entry(5, AGENTS[1], "accept", advances=True),
        )
    )
    assert found["visitor"] == {"id": "v1", "email": "v@example.org", "name": "Vera"}
    assert found["agent"] == {"id": "a1", "name": "Agent 1"}
    assert (found["page"], found["lang"], found["team"]) == (page, "pl", "sales")
    assert validate("inbox", "conversation", found) == found


def test_waiting_since_is_told() -> None:
    found = summary(folded(opening(), entry(2, VISITOR, "ask_human", advances=True)))
    assert found["waiting_since"] == 2_000
    assert validate("inbox", "conversation", found) == found

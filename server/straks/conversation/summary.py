"""A conversation as an inbox shows it."""

from __future__ import annotations

from typing import Any

from straks.conversation.model import Conversation

__all__ = ["summary"]


def summary(conversation: Conversation) -> dict[str, Any]:
    """Give the ``conversation`` entry of PROTOCOL.md §6; absent fields are left out."""
    visitor = {"id": conversation.visitor_id}
    if conversation.visitor_name is not None:
        visitor["name"] = conversation.visitor_name
    if conversation.visitor_email is not None:
        visitor["email"] = conversation.visitor_email
    result: dict[str, Any] = {
        "id": conversation.id,
        "state": str(conversation.state),
        "state_offset": conversation.state_offset,
        "visitor": visitor,
        "team": conversation.team,
        "preview": conversation.preview,
        "opened_at": conversation.opened_at,
        "updated_at": conversation.updated_at,
        "offset": conversation.last_offset,
    }
    if (agent := conversation.agent) is not None:
        result["agent"] = {"id": agent.id} | ({"name": agent.name} if agent.name else {})
    for name in ("lang", "page", "waiting_since"):
        if (value := getattr(conversation, name)) is not None:
            result[name] = value
    if conversation.expert:
        result["expert"] = True
    return result

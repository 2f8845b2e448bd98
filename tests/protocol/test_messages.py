"""Messages are values: frozen, slotted, made by keyword."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from straks_protocol import ClientMessage, History, Pong, ServerMessage
from straks_protocol.messages import CLIENT_TYPES, SERVER_TYPES


@pytest.mark.parametrize("cls", [*CLIENT_TYPES.values(), *SERVER_TYPES.values()])
def test_messages_are_frozen_and_slotted(cls: Any) -> None:
    assert cls.__struct_config__.frozen
    assert not hasattr(cls, "__dict__") or "__dict__" not in cls.__slots__


def test_unknown_fields_of_our_own_fail_at_once() -> None:
    with pytest.raises(TypeError):
        Pong(x=1)
    with pytest.raises(AttributeError):
        Pong().x = 1  # type: ignore[attr-defined]  # what is tested


def test_the_tables_name_every_message_once() -> None:
    assert sorted(map(str, CLIENT_TYPES.values())) == sorted(map(str, get_args(ClientMessage)))
    assert sorted(map(str, SERVER_TYPES.values())) == sorted(map(str, get_args(ServerMessage)))


def test_history_goes_one_way() -> None:
    with pytest.raises(ValueError, match="give one"):
        History(id=1, channel="app:a", before=2, after=1)

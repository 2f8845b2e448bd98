"""The permission table, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import pytest

from straks.accounts.permissions import check_open, check_publish, check_read, check_signal
from straks.accounts.principals import RESPONDER, SERVER, Principal
from straks.conversation.errors import RefusedError
from straks_protocol import ErrorCode
from straks_protocol import Principal as WirePrincipal
from straks_protocol.channels import Channel

OWNER = Principal(kind="visitor", id="ann")
STRANGER = Principal(kind="visitor", id="eve")
IN_CHARGE = Principal(kind="agent", id="bo", name="Bo")
COLLEAGUE = Principal(kind="agent", id="cy", name="Cy")
BOT = Principal(kind="app", id="bot", scopes=frozenset({"message"}))
ORDERS = Principal(kind="app", id="shop", scopes=frozenset({"app:orders:publish"}))
READER = Principal(kind="app", id="report", scopes=frozenset({"app:orders:read"}))
NOBODY = Principal(kind="app", id="none")
# An id that is another principal's name must gain nothing.
LOOKALIKE = Principal(kind="agent", id="ann")

EVERYONE = {
    "owner": OWNER,
    "stranger": STRANGER,
    "in_charge": IN_CHARGE,
    "colleague": COLLEAGUE,
    "bot": BOT,
    "responder": RESPONDER,
    "server": SERVER,
    "orders": ORDERS,
    "nobody": NOBODY,
}


@dataclass(frozen=True)
class Held:
    owners: frozenset[str] = frozenset({"visitor:ann"})
    agent: WirePrincipal | None = None


FREE = Held()
TAKEN = Held(agent=WirePrincipal(kind="agent", id="bo", name="Bo"))
CONVERSATION = Channel("conversation", "c1")
DESK = Channel("desk", "c1")
INBOX = Channel("inbox", "default")
APP = Channel("app", "orders")


def outcome(principal: Principal, channel: Channel, kind: str, held: Held | None) -> str:
    try:
        check_publish(principal, channel, kind, held)
    except RefusedError as error:
        return error.code.value
    return "ok"


ALLOWED = {
    # channel, kind: who may while it is free; who may while it is with Bo
    ("conversation", "message"): ({"owner", "bot"}, {"owner", "in_charge", "bot"}),
    ("conversation", "answer"): ({"responder"}, {"responder"}),
    ("conversation", "feedback"): ({"owner"}, {"owner"}),
    ("conversation", "step"): ({"owner"}, {"owner"}),
    ("conversation", "details"): ({"owner", "server"}, {"owner", "server"}),
    ("conversation", "ask_human"): ({"owner", "responder"}, {"owner", "responder"}),
    ("conversation", "contact"): ({"owner", "server"}, {"owner", "server"}),
    ("conversation", "accept"): ({"in_charge", "colleague"}, {"in_charge", "colleague"}),
    ("conversation", "transfer"): (set(), {"in_charge"}),
    ("conversation", "close"): (
        {"owner", "in_charge", "colleague", "server"},
        {"owner", "in_charge", "server"},
    ),
    ("conversation", "reopen"): (
        {"owner", "in_charge", "colleague", "server"},
        {"owner", "in_charge", "colleague", "server"},
    ),
    ("conversation", "rate"): ({"owner"}, {"owner"}),
    ("desk", "note"): ({"in_charge", "colleague"}, {"in_charge", "colleague"}),
    ("desk", "tag"): ({"in_charge", "colleague"}, {"in_charge", "colleague"}),
    ("desk", "assign_reason"): ({"server"}, {"server"}),
}
SEES = {
    "conversation": {"owner", "in_charge", "colleague", "server", "bot", "responder"},
    "desk": {"in_charge", "colleague", "server"},
}


@pytest.mark.parametrize(("cell", "who", "taken"), list(product(ALLOWED, EVERYONE, (False, True))))
def test_each_kind_is_for_those_in_the_table(cell: tuple[str, str], who: str, taken: bool) -> None:
    channel_kind, kind = cell
    channel = CONVERSATION if channel_kind == "conversation" else DESK
    if who in ALLOWED[cell][taken]:
        expected = "ok"
    elif who in SEES[channel_kind]:
        expected = "forbidden"
    else:
        expected = "not_found"
    assert outcome(EVERYONE[who], channel, kind, TAKEN if taken else FREE) == expected


@pytest.mark.parametrize("who", EVERYONE)
@pytest.mark.parametrize("channel", [CONVERSATION, DESK])
def test_an_absent_channel_is_not_found_by_anybody(who: str, channel: Channel) -> None:
    assert outcome(EVERYONE[who], channel, "message", None) == "not_found"


def test_foreign_and_absent_channels_answer_alike() -> None:
    with pytest.raises(RefusedError) as foreign:
        check_read(STRANGER, CONVERSATION, TAKEN)
    with pytest.raises(RefusedError) as absent:
        check_read(STRANGER, CONVERSATION, None)
    assert (foreign.value.code, foreign.value.message) == (absent.value.code, absent.value.message)


@pytest.mark.parametrize("kind", ["", "note", "typing", "conversation", "Message", "x" * 5000])
def test_what_the_table_lacks_is_unknown_to_those_who_see_the_channel(kind: str) -> None:
    assert outcome(OWNER, CONVERSATION, kind, FREE) == "unknown_kind"
    assert outcome(STRANGER, CONVERSATION, kind, FREE) == "not_found"


def test_only_the_server_writes_an_inbox_that_agents_see() -> None:
    assert outcome(SERVER, INBOX, "conversation", None) == "ok"
    assert outcome(IN_CHARGE, INBOX, "conversation", None) == "forbidden"
    assert outcome(IN_CHARGE, INBOX, "message", None) == "unknown_kind"
    assert outcome(OWNER, INBOX, "conversation", None) == "not_found"
    assert outcome(IN_CHARGE, Channel("inbox", "other"), "conversation", None) == "not_found"


def test_app_channels_are_for_apps_with_the_scope() -> None:
    assert outcome(ORDERS, APP, "order.paid", None) == "ok"
    assert outcome(ORDERS, APP, "Order", None) == "unknown_kind"
    assert outcome(ORDERS, Channel("app", "other"), "order.paid", None) == "not_found"
    assert outcome(READER, APP, "order.paid", None) == "forbidden"
    check_read(READER, APP, None)
    for who in (OWNER, IN_CHARGE, NOBODY, RESPONDER):
        assert outcome(who, APP, "order.paid", None) == "not_found"


def test_an_app_hears_what_the_server_asks_it_and_nobody_else_asks_in_its_name() -> None:
    own = Channel("app", BOT.id)
    check_read(BOT, own, None)
    assert outcome(BOT, own, "order.paid", None) == "forbidden"
    assert outcome(SERVER, own, "question", None) == "ok"
    assert outcome(SERVER, own, "order.paid", None) == "forbidden"
    publisher = Principal(kind="app", id="p", scopes=frozenset({f"app:{BOT.id}:publish"}))
    assert outcome(publisher, own, "order.paid", None) == "ok"
    assert outcome(publisher, own, "question", None) == "forbidden"
    assert outcome(OWNER, own, "question", None) == "not_found"


def test_an_agent_with_a_visitors_id_is_not_that_visitor() -> None:
    assert outcome(LOOKALIKE, CONVERSATION, "contact", FREE) == "forbidden"


@pytest.mark.parametrize("who", EVERYONE)
def test_only_visitors_open_conversations(who: str) -> None:
    if EVERYONE[who].kind == "visitor":
        check_open(EVERYONE[who])
        return
    with pytest.raises(RefusedError) as refused:
        check_open(EVERYONE[who])
    assert refused.value.code is ErrorCode.FORBIDDEN


@pytest.mark.parametrize(
    ("who", "channel", "kind", "held", "expected"),
    [
        (OWNER, CONVERSATION, "typing", FREE, None),
        (IN_CHARGE, CONVERSATION, "typing", TAKEN, None),
        (COLLEAGUE, CONVERSATION, "typing", TAKEN, ErrorCode.FORBIDDEN),
        (OWNER, CONVERSATION, "viewing", FREE, ErrorCode.UNKNOWN_KIND),
        (COLLEAGUE, DESK, "viewing", TAKEN, None),
        (COLLEAGUE, DESK, "typing", TAKEN, None),
        (OWNER, DESK, "viewing", FREE, ErrorCode.NOT_FOUND),
        (STRANGER, CONVERSATION, "typing", FREE, ErrorCode.NOT_FOUND),
        (IN_CHARGE, INBOX, "typing", None, ErrorCode.UNKNOWN_KIND),
    ],
)
def test_signals_have_a_table_of_their_own(
    who: Principal, channel: Channel, kind: str, held: Held | None, expected: ErrorCode | None
) -> None:
    if expected is None:
        check_signal(who, channel, kind, held)
        return
    with pytest.raises(RefusedError) as refused:
        check_signal(who, channel, kind, held)
    assert refused.value.code is expected


@pytest.mark.parametrize("who", EVERYONE.values(), ids=EVERYONE)
@pytest.mark.parametrize("held", [FREE, TAKEN], ids=["free", "taken"])
@pytest.mark.parametrize("channel", [CONVERSATION, DESK, INBOX, APP], ids=str)
def test_whoever_may_publish_something_may_see_it(
    who: Principal, held: Held, channel: Channel
) -> None:
    """The check of a publish takes the one for the other."""
    kinds = {kind for _, kind in ALLOWED} | {"conversation", "anything"}
    if any(outcome(who, channel, kind, held) == "ok" for kind in kinds):
        check_read(who, channel, held)

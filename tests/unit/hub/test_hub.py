"""Who is told what, in which order."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from straks.accounts.principals import Principal
from straks.hub.frames import EntryBurst, EntryFrame
from straks.hub.hub import Hub
from straks.log.log import Entry
from straks_protocol import CloseCode
from tests.support.hubs import HERE, Conversations, Listener, Log, Loop, Socket

VERA = Principal(kind="visitor", id="vera", session="family")
ANNA = Principal(kind="agent", id="anna", name="Anna", session="s1")
BO = Principal(kind="agent", id="bo", name="Bo", session="s2")


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def conversations() -> Conversations:
    return Conversations()


@pytest.fixture
def hub(loop: Loop, log: Log, conversations: Conversations) -> Hub:
    return Hub(log, conversations, loop)


def entry(offset: int, sender: str = "visitor:vera", **fields: Any) -> Entry:
    return Entry(
        channel=fields.pop("channel", HERE),
        offset=offset,
        id=f"e{offset}",
        at=offset,
        sender=sender,
        name=None,
        key=f"k{offset}",
        kind="message",
        data=b'{"text":"hi"}',
        **fields,
    )


def test_entries_arrive_in_order_and_only_where_they_belong(hub: Hub) -> None:
    vera, other = Listener(VERA), Listener(BO, "conversation:b")
    hub.subscribe(vera)
    hub.subscribe(other)
    hub.committed([entry(1), entry(2), entry(1, channel="conversation:c")])
    hub.committed([entry(3)])
    assert [m["entry"]["offset"] for m in vera.told] == [1, 2, 3]
    assert other.told == []


def test_an_entry_is_encoded_once_for_many_and_its_key_is_its_senders(hub: Hub) -> None:
    agents = [Listener(ANNA), Listener(BO)]
    tabs = [Listener(VERA), Listener(VERA)]
    for subscriber in agents + tabs:
        hub.subscribe(subscriber)
    hub.committed([entry(1)])
    assert agents[0].frames[0] is agents[1].frames[0]
    assert tabs[0].frames[0] is tabs[1].frames[0]
    assert "key" not in agents[0].told[0]["entry"]
    assert tabs[0].told[0]["entry"]["key"] == "k1"


def test_a_channel_is_followed_while_somebody_subscribes(hub: Hub, log: Log) -> None:
    first, second = Listener(VERA), Listener(ANNA)
    hub.subscribe(first)
    hub.subscribe(second)
    assert log.followed == {HERE}
    hub.unsubscribe(first)
    hub.unsubscribe(first)
    assert log.followed == {HERE}
    hub.unsubscribe(second)
    assert log.followed == set()
    hub.committed([entry(1)])
    assert first.told == second.told == []


def test_what_is_much_is_delivered_one_by_one(hub: Hub) -> None:
    class Counting(Listener):
        bursts = 0

        def burst(self, burst: EntryBurst) -> None:
            self.bursts += 1
            super().burst(burst)

    vera = Counting(VERA)
    hub.subscribe(vera)
    hub.committed([entry(1), entry(2)])
    assert vera.bursts == 1
    much = b'{"text":"%b"}' % (b"x" * 20_000)
    hub.committed([replace(entry(offset), data=much) for offset in (3, 4)])
    assert vera.bursts == 1
    assert [m["entry"]["offset"] for m in vera.told] == [1, 2, 3, 4]


def test_who_leaves_while_being_told_disturbs_nobody(hub: Hub) -> None:
    class Leaver(Listener):
        def entry(self, frame: EntryFrame) -> None:
            super().entry(frame)
            hub.unsubscribe(self)

    leaver, stayer = Leaver(ANNA), Listener(VERA)
    hub.subscribe(leaver)
    hub.subscribe(stayer)
    hub.committed([entry(1)])
    hub.committed([entry(2)])
    hub.committed([entry(3), entry(4)])
    assert [m["entry"]["offset"] for m in leaver.told] == [1]
    assert [m["entry"]["offset"] for m in stayer.told] == [1, 2, 3, 4]


def test_a_signal_goes_to_the_others_only(hub: Hub, loop: Loop) -> None:
    vera, tab, anna = Listener(VERA), Listener(VERA), Listener(ANNA)
    for subscriber in (vera, tab, anna):
        hub.subscribe(subscriber)
    loop.run()
    for subscriber in (vera, tab, anna):
        subscriber.told.clear()
    hub.signal(HERE, VERA, "typing", {"on": True})
    loop.run()
    assert vera.told == tab.told == []
    assert anna.told == [
        {
            "type": "signal",
            "channel": HERE,
            "from": {"kind": "visitor", "id": "vera"},
            "kind": "typing",
            "data": {"on": True},
        }
    ]


def test_a_lower_read_mark_is_not_told_after_a_higher_one(hub: Hub, log: Log) -> None:
    vera = Listener(VERA)
    anna = Listener(ANNA)
    hub.subscribe(vera)
    hub.subscribe(anna)
    for offset in (3, 2, 3, 4):
        hub.read(HERE, VERA, offset)
    assert [told["offset"] for told in anna.told if told["type"] == "read"] == [3, 4]
    assert [offset for _, _, offset in log.marks] == [3, 4]


def test_a_visitor_learns_of_reads_by_their_own_agent_only(
    hub: Hub, log: Log, conversations: Conversations
) -> None:
    vera, bo = Listener(VERA), Listener(BO)
    hub.subscribe(vera)
    hub.subscribe(bo)
    conversations.held.agent = ANNA.wire()
    hub.read(HERE, BO, 3)
    hub.read(HERE, ANNA, 4)
    assert [(m["from"]["id"], m["offset"]) for m in vera.told] == [("anna", 4)]
    assert [(m["from"]["id"], m["offset"]) for m in bo.told] == [("anna", 4)]
    assert log.marks == [(HERE, "agent:bo", 3), (HERE, "agent:anna", 4)]


def test_presence_is_pushed_when_it_changed(
    hub: Hub, loop: Loop, conversations: Conversations
) -> None:
    vera, anna = Listener(VERA), Listener(ANNA)
    hub.subscribe(vera)
    loop.run()
    assert vera.last("presence")["members"] == [{"kind": "visitor", "id": "vera"}]
    conversations.held.agent = ANNA.wire()
    hub.subscribe(anna)
    loop.run()
    assert [m["id"] for m in vera.last("presence")["members"]] == ["vera", "anna"]
    count = len(vera.told)
    hub.unsubscribe(anna)
    hub.subscribe(anna)
    loop.run(10)
    assert len(vera.told) == count, "a reload goes unnoticed"
    hub.unsubscribe(anna)
    loop.run(4)
    assert len(vera.told) == count
    loop.run(2)
    assert [m["id"] for m in vera.last("presence")["members"]] == ["vera"]


def test_a_visitor_does_not_see_agents_who_only_look(hub: Hub, loop: Loop) -> None:
    vera, bo = Listener(VERA), Listener(BO)
    hub.subscribe(vera)
    hub.subscribe(bo)
    loop.run()
    assert [m["id"] for m in vera.last("presence")["members"]] == ["vera"]
    assert [m["id"] for m in bo.last("presence")["members"]] == ["vera", "bo"]


def test_an_accept_shows_the_agent_to_the_visitor(
    hub: Hub, loop: Loop, conversations: Conversations
) -> None:
    vera, anna = Listener(VERA), Listener(ANNA)
    hub.subscribe(vera)
    hub.subscribe(anna)
    loop.run()
    conversations.held.agent = ANNA.wire()
    hub.committed([entry(2, "agent:anna", advances=True)])
    loop.run()
    assert [m["id"] for m in vera.last("presence")["members"]] == ["vera", "anna"]


def test_availability_follows_the_agents_connections(hub: Hub, loop: Loop) -> None:
    vera = Listener(VERA)
    hub.subscribe(vera)
    loop.run()
    assert vera.last("presence")["available"] is False
    first, second = Socket(ANNA), Socket(ANNA)
    hub.attach(first)
    hub.attach(second)
    loop.run()
    assert vera.last("presence")["available"] is True
    assert hub.agents_online() == 1
    hub.detach(first)
    hub.detach(second)
    loop.run(4.9)
    assert vera.last("presence")["available"] is True
    loop.run(0.2)
    assert hub.agents_online() == 0
    assert vera.last("presence")["available"] is False


def test_a_flip_of_availability_is_told_in_slices(hub: Hub, loop: Loop) -> None:
    listeners = [Listener(VERA, f"conversation:{n}") for n in range(300)]
    for listener in listeners:
        hub.subscribe(listener)
    loop.run()
    hub.attach(Socket(ANNA))
    assert loop.run() == 3
    assert all(listener.last("presence")["available"] for listener in listeners)


def test_signing_out_closes_that_session_alone(hub: Hub) -> None:
    mine, same, other = Socket(ANNA), Socket(ANNA), Socket(BO)
    for socket in (mine, same, other):
        hub.attach(socket)
    hub.detach(same)
    hub.close_session("s1", CloseCode.SIGNED_OUT)
    assert (mine.code, same.code, other.code) == (4503, None, None)

"""What hubs of several nodes show of each other."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from straks.accounts.principals import Principal
from straks.hub.hub import Hub
from straks_protocol import CloseCode
from straks_protocol import Principal as WirePrincipal
from tests.support.hubs import HERE, Conversations, Listener, Log, Loop, Socket
from tests.support.node_bus import NodeBus

VERA = Principal(kind="visitor", id="vera", session="family")
ANNA = Principal(kind="agent", id="anna", name="Anna", session="s1")
BO = Principal(kind="agent", id="bo", name="Bo", session="s2")


class FollowedLog(Log):
    """Tells the node which channels are followed, as the log in Redis does."""

    def __init__(self, bus: NodeBus, name: str) -> None:
        super().__init__()
        self.node = bus.join(name)

    def follow(self, channel: str) -> None:
        super().follow(channel)
        self.node.follow(channel)

    def follows(self, channel: str) -> bool:
        return False

    def unfollow(self, channel: str) -> None:
        super().unfollow(channel)
        self.node.followed.discard(channel)


class Place:
    """A node with its hub."""

    def __init__(self, bus: NodeBus, loop: Loop, name: str) -> None:
        self.log = FollowedLog(bus, name)
        self.conversations = Conversations()
        self.hub = Hub(self.log, self.conversations, loop, nodes=self.log.node)
        bus.tell_changes()

    def join(self, who: Principal) -> Listener:
        listener = Listener(who)
        self.hub.subscribe(listener)
        return listener

    def members(self, asker: Principal = ANNA) -> set[str]:
        wire = self.hub.presence(HERE, asker)
        return {f"{each['kind']}:{each['id']}" for each in wire["members"]}


@pytest.fixture
def bus() -> NodeBus:
    return NodeBus()


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def one(bus: NodeBus, loop: Loop) -> Place:
    return Place(bus, loop, "one")


@pytest.fixture
def two(bus: NodeBus, loop: Loop, one: Place) -> Place:
    return Place(bus, loop, "two")


def settle(bus: NodeBus, loop: Loop, seconds: float = 0.0) -> None:
    loop.run(seconds)
    while bus.deliver():
        loop.run()


def test_people_on_another_node_are_shown_and_told(
    bus: NodeBus, loop: Loop, one: Place, two: Place
) -> None:
    agent = one.join(ANNA)
    settle(bus, loop)
    visitor = two.join(VERA)
    settle(bus, loop)
    assert one.members() == two.members() == {"visitor:vera", "agent:anna"}
    assert {"kind": "visitor", "id": "vera"} in agent.last("presence")["members"]
    two.hub.unsubscribe(visitor)
    settle(bus, loop, 10.0)
    assert one.members() == {"agent:anna"}
    assert agent.last("presence")["members"] == [{"kind": "agent", "id": "anna", "name": "Anna"}]


def test_a_visitor_sees_only_the_agent_of_the_conversation_on_another_node(
    bus: NodeBus, loop: Loop, one: Place, two: Place
) -> None:
    one.join(ANNA)
    visitor = two.join(VERA)
    settle(bus, loop)
    assert two.members(VERA) == {"visitor:vera"}
    two.conversations.held.agent = WirePrincipal(kind="agent", id="anna", name="Anna")
    assert two.members(VERA) == {"visitor:vera", "agent:anna"}
    assert all(m["kind"] != "agent" for m in visitor.last("presence")["members"])


def test_the_people_of_a_dead_node_vanish(bus: NodeBus, loop: Loop, one: Place, two: Place) -> None:
    one.join(ANNA)
    two.join(VERA)
    settle(bus, loop)
    bus.kill("two")
    settle(bus, loop)
    assert one.members() == {"agent:anna"}


def test_a_node_that_stops_in_good_order_lets_nobody_flicker(
    bus: NodeBus, loop: Loop, one: Place, two: Place
) -> None:
    agent = one.join(ANNA)
    visitor = two.join(VERA)
    settle(bus, loop)
    pushes = len(agent.told)
    two.hub.freeze()
    two.hub.unsubscribe(visitor)
    settle(bus, loop, 10.0)
    one.join(VERA)
    settle(bus, loop)
    bus.kill("two")
    settle(bus, loop, 10.0)
    assert one.members() == {"visitor:vera", "agent:anna"}
    assert len(agent.told) == pushes


def test_agents_of_any_node_make_it_available(
    bus: NodeBus, loop: Loop, one: Place, two: Place
) -> None:
    visitor = one.join(VERA)
    connection = Socket(ANNA)
    two.hub.attach(connection)
    settle(bus, loop)
    assert visitor.last("presence")["available"] is True
    assert one.hub.agents_online() == two.hub.agents_online() == 1
    one.hub.attach(Socket(ANNA))
    settle(bus, loop)
    assert one.hub.agents_online() == 1
    one.log.node.connected = False
    one.log.node.changed()
    assert one.hub.agents_online() == 1  # the one who is here
    one.log.node.connected = True
    bus.kill("two")
    settle(bus, loop)
    assert one.hub.agents_online() == 1


def test_signals_and_reads_cross_over_once(
    bus: NodeBus, loop: Loop, one: Place, two: Place
) -> None:
    agent, visitor = one.join(ANNA), two.join(VERA)
    settle(bus, loop)
    two.hub.signal(HERE, VERA, "typing", {})
    two.hub.read(HERE, VERA, 3)
    settle(bus, loop)
    assert agent.last("signal")["from"] == {"kind": "visitor", "id": "vera"}
    assert agent.last("read")["offset"] == 3
    assert two.log.marks == [(HERE, "visitor:vera", 3)]
    assert one.log.marks == []
    one.hub.read(HERE, ANNA, 3)
    settle(bus, loop)
    assert not [told for told in visitor.told if told["type"] == "read"]


def test_a_session_ends_on_all_nodes(bus: NodeBus, loop: Loop, one: Place, two: Place) -> None:
    here, there = Socket(ANNA), Socket(BO)
    two.hub.attach(here)
    two.hub.attach(there)
    one.hub.close_session("s1", CloseCode.TOKEN_REVOKED)
    settle(bus, loop)
    assert here.code == CloseCode.TOKEN_REVOKED
    assert there.code is None


def test_what_cannot_be_understood_is_passed_over(
    bus: NodeBus, loop: Loop, one: Place, two: Place, caplog: pytest.LogCaptureFixture
) -> None:
    agent = one.join(ANNA)
    settle(bus, loop)
    before = len(agent.told)
    for message in (b"", b"\xc1", b"\x91\xa6signal", b"\x00" * 100):
        two.log.node.tell(HERE, message)
        two.log.node.tell_all(message)
    settle(bus, loop)
    assert len(agent.told) == before
    assert "what other servers tell" in caplog.text


def test_subscribers_of_a_log_that_lost_entries_begin_anew(one: Place) -> None:
    agent = one.join(ANNA)
    one.hub.forked(HERE)
    assert agent.told[-1] == {"type": "lost"}


PEOPLE = [VERA, ANNA, BO]
NAMES = ["one", "two", "three"]


class Crowd(RuleBasedStateMachine):
    """People come and go on three nodes; messages are lost, nodes die and come back."""

    def __init__(self) -> None:
        super().__init__()
        self.bus, self.loop = NodeBus(), Loop()
        self.places: dict[str, Place] = {}
        self.listeners: dict[tuple[str, str], Listener] = {}
        for name in NAMES:
            self.start(name)

    def start(self, name: str) -> None:
        self.loop.now += 0.01  # another run of the node, later than the last
        self.places[name] = Place(self.bus, self.loop, name)

    @rule(name=st.sampled_from(NAMES), who=st.sampled_from(PEOPLE))
    def come(self, name: str, who: Principal) -> None:
        if (name, who.sender) not in self.listeners:
            self.listeners[name, who.sender] = self.places[name].join(who)

    @rule(name=st.sampled_from(NAMES), who=st.sampled_from(PEOPLE))
    def go(self, name: str, who: Principal) -> None:
        listener = self.listeners.pop((name, who.sender), None)
        if listener is not None:
            self.places[name].hub.unsubscribe(listener)

    @rule(seconds=st.sampled_from([0.0, 1.0, 6.0]))
    def pass_time(self, seconds: float) -> None:
        settle(self.bus, self.loop, seconds)

    @rule()
    def lose(self) -> None:
        """The bus was away: who follows hears that it is back."""
        self.loop.run()
        self.bus.lose()
        for node in self.bus.nodes.values():
            for channel in set(node.followed):
                node.follow(channel)

    @rule(name=st.sampled_from(NAMES))
    def restart(self, name: str) -> None:
        self.bus.kill(name)
        for key in [key for key in self.listeners if key[0] == name]:
            del self.listeners[key]
        self.start(name)

    @invariant()
    def shows_everybody(self) -> None:
        settle(self.bus, self.loop, 10.0)
        expected = {sender for _, sender in self.listeners}
        for name, place in self.places.items():
            if any(node == name for node, _ in self.listeners):
                assert place.members() == expected


TestCrowd: Any = Crowd.TestCase
TestCrowd.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)

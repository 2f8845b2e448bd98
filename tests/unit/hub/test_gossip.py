"""What hubs of several nodes show of each other."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule

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
        self.lingering: set[str] = set()
        """What is heard on after nobody follows it."""

    def follow(self, channel: str) -> None:
        super().follow(channel)
        if channel not in self.lingering:
            self.node.follow(channel)

    def follows(self, channel: str) -> bool:
        return channel in self.lingering

    def unfollow(self, channel: str) -> None:
        super().unfollow(channel)
        if channel not in self.lingering:
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

    def members(self, asker: Principal = ANNA, channel: str = HERE) -> set[str]:
        wire = self.hub.presence(channel, asker)
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
    agent = one.join(ANNA)
    two.join(VERA)
    settle(bus, loop)
    bus.kill("two")
    settle(bus, loop)
    assert one.members() == {"agent:anna"}
    assert [m["id"] for m in agent.last("presence")["members"]] == ["anna"]


def test_a_node_that_stops_in_good_order_lets_nobody_flicker(
    bus: NodeBus, loop: Loop, one: Place, two: Place
) -> None:
    agent = one.join(ANNA)
    visitor = two.join(VERA)
    settle(bus, loop)
    pushes = len(agent.told)
    two.hub.freeze()
    two.hub.unsubscribe(visitor)
    settle(bus, loop, 0.5)
    bus.end("two")
    for _ in range(12):
        settle(bus, loop, 1.0)
    assert one.members() == {"visitor:vera", "agent:anna"}
    one.join(VERA)
    settle(bus, loop)
    bus.kill("two")
    settle(bus, loop, 10.0)
    assert one.members() == {"visitor:vera", "agent:anna"}
    assert len(agent.told) == pushes


def test_who_moves_to_another_node_goes_unnoticed(
    bus: NodeBus, loop: Loop, one: Place, two: Place
) -> None:
    agent = one.join(ANNA)
    visitor, other = two.join(VERA), two.join(BO)
    settle(bus, loop)
    pushes = len(agent.told)
    one.join(BO)  # and is named before the visitor now
    two.hub.unsubscribe(other)
    settle(bus, loop)
    two.hub.unsubscribe(visitor)
    one.join(VERA)
    settle(bus, loop)
    settle(bus, loop, 6.0)
    assert one.members() == {"visitor:vera", "agent:anna", "agent:bo"}
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
    assert one.hub.agents_online() == two.hub.agents_online() == 1
    two.hub.attach(Socket(BO))
    settle(bus, loop)
    assert one.hub.agents_online() == two.hub.agents_online() == 2
    bus.cut("one")
    assert one.hub.agents_online() == 1, "it answers for its own only"
    assert two.hub.agents_online() == 2
    bus.heal("one")
    assert one.hub.agents_online() == 2
    bus.kill("two")
    assert one.hub.agents_online() == 1


def test_who_comes_back_is_told_again(bus: NodeBus, loop: Loop, one: Place, two: Place) -> None:
    one.join(ANNA)
    visitor = two.join(VERA)
    two.join(BO)
    settle(bus, loop)
    two.hub.unsubscribe(visitor)
    settle(bus, loop, 5.1)
    assert one.members() == {"agent:anna", "agent:bo"}
    two.join(VERA)
    settle(bus, loop)
    assert one.members() == {"visitor:vera", "agent:anna", "agent:bo"}


def test_who_alone_comes_back_is_told_again(
    bus: NodeBus, loop: Loop, one: Place, two: Place
) -> None:
    one.join(ANNA)
    two.log.lingering.add(HERE)
    two.log.node.follow(HERE)
    visitor = two.join(VERA)
    settle(bus, loop)
    two.hub.unsubscribe(visitor)
    settle(bus, loop, 5.1)
    assert one.members() == {"agent:anna"}
    two.join(VERA)
    settle(bus, loop)
    assert one.members() == two.members() == {"visitor:vera", "agent:anna"}


def test_a_node_that_is_back_is_asked(bus: NodeBus, loop: Loop, one: Place, two: Place) -> None:
    one.join(ANNA)
    two.join(VERA)
    settle(bus, loop)
    bus.cut("two")
    settle(bus, loop)
    two.log.node.connected = True
    bus.tell_changes()
    assert one.members() == {"agent:anna"}
    settle(bus, loop)
    assert one.members() == {"visitor:vera", "agent:anna"}


def test_nothing_is_kept_of_a_channel_that_nobody_is_on(
    bus: NodeBus, loop: Loop, one: Place, two: Place
) -> None:
    agent = one.join(ANNA)
    two.join(VERA)
    settle(bus, loop)
    one.hub.unsubscribe(agent)
    bus.kill("two")
    bus.join("two")
    one.join(ANNA)
    loop.run()
    assert one.members() == {"agent:anna"}


def test_a_crowd_is_told_of_up_to_a_limit(bus: NodeBus, loop: Loop, one: Place, two: Place) -> None:
    two.join(ANNA)
    settle(bus, loop)
    for number in range(1001):
        one.join(Principal(kind="visitor", id=str(number)))
    settle(bus, loop)
    assert len(one.members()) == 1002
    assert len(two.members()) == 1001
    two.log.node.sync()
    settle(bus, loop)
    assert len(two.members()) == 1001


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
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    two.log.node.tell(HERE, b"")
    settle(bus, loop, 61.0)
    two.log.node.tell(HERE, b"")
    settle(bus, loop)
    assert len(caplog.records) == 2, "one a minute, however many there are"


def test_subscribers_of_a_log_that_lost_entries_begin_anew(one: Place) -> None:
    agent = one.join(ANNA)
    one.hub.forked(HERE)
    assert agent.told[-1] == {"type": "lost"}


def test_what_a_node_knew_of_the_others_is_shown_no_more_while_it_is_cut_off(
    bus: NodeBus, loop: Loop, one: Place, two: Place
) -> None:
    agent = one.join(ANNA)
    two.join(VERA)
    settle(bus, loop)
    bus.cut("one")
    settle(bus, loop)
    assert [m["id"] for m in agent.last("presence")["members"]] == ["anna"]
    assert two.members() == {"visitor:vera"}
    bus.heal("one")
    settle(bus, loop)
    assert [m["id"] for m in agent.last("presence")["members"]] == ["anna", "vera"]
    assert two.members() == {"visitor:vera", "agent:anna"}


def test_who_was_shown_what_changes_back_before_it_is_pushed_is_told(
    bus: NodeBus, loop: Loop, one: Place, two: Place
) -> None:
    two.hub.attach(Socket(ANNA))
    one.join(VERA)
    settle(bus, loop)
    bus.cut("one")
    again = one.join(VERA)
    again.told.append({"type": "presence", **one.hub.presence(HERE, VERA)})
    assert not again.last("presence")["available"]
    bus.heal("one")
    settle(bus, loop)
    assert again.last("presence")["available"]


def test_nobody_flickers_while_it_is_asked_again_and_again(
    bus: NodeBus, loop: Loop, one: Place, two: Place
) -> None:
    agent = one.join(ANNA)
    two.join(VERA)
    settle(bus, loop)
    pushes = len(agent.told)
    for _ in range(100):
        settle(bus, loop, 0.9)
        one.log.node.sync()
    settle(bus, loop)
    assert one.members() == {"visitor:vera", "agent:anna"}
    assert len(agent.told) == pushes
    assert len(loop.calls) <= 4, "one timer each: to let go, and to ask again"


def test_who_was_asked_and_says_nothing_is_believed_for_a_while_only(
    bus: NodeBus, loop: Loop, one: Place, two: Place
) -> None:
    one.join(ANNA)
    visitor = two.join(VERA)
    settle(bus, loop)
    two.hub.unsubscribe(visitor)
    two.log.node.followed.clear()
    loop.run(5.1)
    bus.lose()
    one.log.node.sync()
    settle(bus, loop, 4.9)
    assert one.members() == {"visitor:vera", "agent:anna"}
    settle(bus, loop, 0.2)
    assert one.members() == {"agent:anna"}


def test_what_is_lost_without_a_trace_is_asked_for_in_time(
    bus: NodeBus, loop: Loop, one: Place, two: Place
) -> None:
    one.join(ANNA)
    settle(bus, loop)
    two.join(VERA)
    loop.run()
    bus.lose()
    assert one.members() == {"agent:anna"}
    settle(bus, loop, 1.0)
    assert one.members() == two.members() == {"visitor:vera", "agent:anna"}


def test_what_is_lost_is_asked_for_also_after_a_time_alone(
    bus: NodeBus, loop: Loop, one: Place, two: Place
) -> None:
    one.join(ANNA)
    bus.kill("two")
    settle(bus, loop, 3.0)
    three = Place(bus, loop, "three")
    three.log.node.followed.add(HERE)
    loop.run(0.5)
    three.join(VERA)
    loop.run()
    bus.lose()
    assert one.members() == {"agent:anna"}
    settle(bus, loop, 1.0)
    assert one.members() == {"visitor:vera", "agent:anna"}


def test_what_was_closed_is_not_asked_about(
    bus: NodeBus, loop: Loop, one: Place, two: Place
) -> None:
    listeners = [Listener(VERA, f"conversation:{number}") for number in range(20)]
    for listener in listeners:
        one.hub.subscribe(listener)
        two.log.node.follow(listener.channel)
    settle(bus, loop, 1.0)
    for listener in listeners:
        one.hub.unsubscribe(listener)
    loop.run(1.0)
    assert bus.waiting == []


def test_few_channels_are_asked_about_at_once(
    bus: NodeBus, loop: Loop, one: Place, two: Place
) -> None:
    for number in range(100):
        one.hub.subscribe(Listener(VERA, f"conversation:{number}"))
        two.log.node.follow(f"conversation:{number}")
    settle(bus, loop)
    asked: list[str] = []
    for _ in range(7):
        loop.run(1.0)
        about = [channel for node, channel, *_ in bus.waiting if node is two.log.node]
        assert len(about) <= 16
        asked += about
        bus.lose()
    assert len(set(asked)) == len(asked) == 100


def test_people_are_told_in_slices_of_a_tick(
    bus: NodeBus, loop: Loop, one: Place, two: Place
) -> None:
    for number in range(300):
        two.log.node.follow(f"conversation:{number}")
        one.hub.subscribe(Listener(VERA, f"conversation:{number}"))
    loop.calls[:] = [call for call in loop.calls if call[0] <= loop.now]
    told = []
    while loop.calls:
        before = len(bus.waiting)
        loop.calls.pop(0)[1]()
        told.append(len(bus.waiting) - before)
    assert sum(told) == 300
    assert max(told) == 128


def test_who_has_just_left_is_told_to_who_asks(
    bus: NodeBus, loop: Loop, one: Place, two: Place
) -> None:
    visitor = two.join(VERA)
    settle(bus, loop)
    two.hub.unsubscribe(visitor)
    two.log.node.followed.add(HERE)  # heard a while longer
    one.join(ANNA)
    settle(bus, loop)
    assert one.members() == {"visitor:vera", "agent:anna"}
    settle(bus, loop, 6.0)
    assert one.members() == {"agent:anna"}
    one.log.node.sync()
    loop.run()
    assert bus.deliver() == 1
    assert bus.waiting == [], "silence says that nobody is there"


def test_what_was_read_before_the_log_lost_it_may_be_read_again(one: Place) -> None:
    one.join(ANNA)
    one.hub.read(HERE, VERA, 9)
    one.hub.forked(HERE)
    one.hub.read(HERE, VERA, 7)
    assert [offset for _, _, offset in one.log.marks] == [9, 7]


PEOPLE = [VERA, ANNA, BO]
CHANNELS = [HERE, "conversation:b"]
WHICH = st.integers(0, 2)


class Crowd(RuleBasedStateMachine):
    """People come and go on three nodes; messages are lost, nodes are cut off, die, come back."""

    def __init__(self) -> None:
        super().__init__()
        self.bus, self.loop = NodeBus(), Loop()
        self.places: list[Place] = []
        self.listeners: list[dict[tuple[str, str], Listener]] = [{}, {}, {}]
        self.sockets: list[dict[str, Socket]] = [{}, {}, {}]
        self.names = itertools.count()
        for _ in range(3):
            self.places.append(self.start())

    def start(self) -> Place:
        return Place(self.bus, self.loop, f"node-{next(self.names)}")

    def name(self, which: int) -> str:
        return self.places[which].log.node.name

    @rule(which=WHICH, who=st.sampled_from(PEOPLE), channel=st.sampled_from(CHANNELS))
    def come(self, which: int, who: Principal, channel: str) -> None:
        if (channel, who.sender) not in self.listeners[which]:
            listener = self.listeners[which][channel, who.sender] = Listener(who, channel)
            hub = self.places[which].hub
            hub.subscribe(listener)
            listener.told.append({"type": "presence", **hub.presence(channel, who)})

    @rule(which=WHICH, who=st.sampled_from(PEOPLE), channel=st.sampled_from(CHANNELS))
    def go(self, which: int, who: Principal, channel: str) -> None:
        listener = self.listeners[which].pop((channel, who.sender), None)
        if listener is not None:
            self.places[which].hub.unsubscribe(listener)

    @rule(which=WHICH, who=st.sampled_from([ANNA, BO]))
    def connect(self, which: int, who: Principal) -> None:
        if who.sender not in self.sockets[which]:
            socket = self.sockets[which][who.sender] = Socket(who)
            self.places[which].hub.attach(socket)

    @rule(which=WHICH, who=st.sampled_from([ANNA, BO]))
    def disconnect(self, which: int, who: Principal) -> None:
        socket = self.sockets[which].pop(who.sender, None)
        if socket is not None:
            self.places[which].hub.detach(socket)

    @rule(seconds=st.sampled_from([0.0, 0.7, 5.1]))
    def pass_time(self, seconds: float) -> None:
        self.loop.run(seconds)

    @rule()
    def deliver(self) -> None:
        self.bus.deliver()

    @rule(data=st.data())
    def lose_one(self, data: st.DataObject) -> None:
        if self.bus.waiting:
            self.bus.waiting.pop(data.draw(st.integers(0, len(self.bus.waiting) - 1)))

    @rule(which=WHICH)
    def break_bus(self, which: int) -> None:
        """One node heard nothing for a moment, and knows it."""
        node = self.places[which].log.node
        self.bus.waiting = [told for told in self.bus.waiting if told[0] is not node]
        if node.connected:
            node.sync()

    @rule(which=WHICH)
    def cut(self, which: int) -> None:
        if self.places[which].log.node.connected:
            self.bus.cut(self.name(which))

    @rule(which=WHICH)
    def heal(self, which: int) -> None:
        if not self.places[which].log.node.connected:
            self.bus.heal(self.name(which))

    @rule(which=WHICH)
    def restart(self, which: int) -> None:
        self.bus.kill(self.name(which))
        self.listeners[which], self.sockets[which] = {}, {}
        self.places[which] = self.start()

    @rule()
    def calm_down(self) -> None:
        """Once nothing more happens everybody is shown, and nobody else."""
        for which in range(3):
            self.heal(which)
        for _ in range(14):
            settle(self.bus, self.loop, 1.0)
        agents = {who for sockets in self.sockets for who in sockets}
        for place, listeners in zip(self.places, self.listeners, strict=True):
            assert place.hub.agents_online() == len(agents)
            for (channel, _), listener in listeners.items():
                self.check(place, channel, listener, bool(agents))

    def check(self, place: Place, channel: str, listener: Listener, available: bool) -> None:
        people = {who for all_ in self.listeners for where, who in all_ if where == channel}
        assert place.members(ANNA, channel) == people
        told = listener.last("presence")
        assert told["available"] is available
        if listener.principal.kind == "agent":
            assert {f"{m['kind']}:{m['id']}" for m in told["members"]} == people

    def teardown(self) -> None:
        self.calm_down()


TestCrowd: Any = Crowd.TestCase
TestCrowd.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)

"""Both sides agree on what may be said when, and every request has one answer."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from straks_protocol import (
    Answers,
    Ask,
    Beat,
    ClientMessage,
    ClientSession,
    Closing,
    Error,
    ErrorCode,
    Hello,
    History,
    HistoryPage,
    Limits,
    LocalProtocolError,
    Ping,
    Pong,
    Presence,
    PresencePush,
    Principal,
    Read,
    RemoteProtocolError,
    ServerMessage,
    SessionState,
    Signal,
    Unsubscribe,
    Unsubscribed,
    Welcome,
    beat,
    next_beat,
)
from straks_protocol.messages import CLIENT_TYPES, SERVER_TYPES
from straks_protocol.session import CLIENT_SAYS, SERVER_SAYS
from tests.support.server_session import ServerSession

LIMITS = Limits(frame=1, text=1, depth=8, subscriptions=1, page=1, publish_rate=1, publish_burst=1)


def welcome(request_id: int) -> Welcome:
    who = Principal(kind="visitor", id="v")
    return Welcome(id=request_id, session="s", principal=who, heartbeat=25, limits=LIMITS)


def error(request_id: int | None, code: str = "not_found") -> Error:
    return Error(id=request_id, code=code, message="no")


@pytest.fixture
def client() -> ClientSession:
    """A client that was welcomed."""
    session = ClientSession()
    session.send(Hello(id=session.next_id()))
    session.receive(welcome(1))
    return session


@pytest.fixture
def server() -> ServerSession:
    """A server that has welcomed its client."""
    session = ServerSession()
    session.receive(Hello(id=1))
    session.send(welcome(1))
    return session


def test_the_tables_know_every_message() -> None:
    said = {kind for table in CLIENT_SAYS.values() for kind in table}
    assert said == set(CLIENT_TYPES.values())
    said = {kind for table in SERVER_SAYS.values() for kind in table}
    assert said == set(SERVER_TYPES.values())
    assert set(CLIENT_SAYS) == set(SERVER_SAYS) == set(SessionState)


def test_hello_comes_first_and_once() -> None:
    client, server = ClientSession(), ServerSession()
    with pytest.raises(LocalProtocolError):
        client.send(Pong())
    with pytest.raises(RemoteProtocolError) as caught:
        server.receive(Presence(id=5, channel="app:a"))
    assert (caught.value.code, caught.value.request_id) == (ErrorCode.HELLO_REQUIRED, 5)
    server.receive(Hello(id=6))
    with pytest.raises(RemoteProtocolError) as caught:
        server.receive(Hello(id=7))
    assert caught.value.code is ErrorCode.HELLO_TWICE
    with pytest.raises(RemoteProtocolError) as caught:
        server.receive(Ask(id=8, text="a"))
    assert caught.value.code is ErrorCode.HELLO_REQUIRED, "welcome was not said yet"
    server.send(welcome(6))
    with pytest.raises(RemoteProtocolError) as caught:
        server.receive(Hello(id=9))
    assert caught.value.code is ErrorCode.HELLO_TWICE
    server.receive(Ask(id=9, text="a"))


def test_a_refused_hello_may_be_said_again() -> None:
    client, server = ClientSession(), ServerSession()
    for request_id in (1, 2):
        hello = Hello(id=client.next_id())
        client.send(hello)
        server.receive(hello)
        refusal = error(request_id, "unavailable")
        server.send(refusal)
        assert client.receive(refusal) == hello
    assert client.state is server.state is SessionState.NEW


def test_an_answer_belongs_to_its_request(client: ClientSession) -> None:
    ask, history = Ask(id=2, text="a"), History(id=3, channel="app:a")
    client.send(ask)
    client.send(history)
    assert client.receive(HistoryPage(id=3, entries=[], more=False)) == history
    assert client.receive(error(2)) == ask
    assert client.unanswered == 0


@pytest.mark.parametrize(
    "message",
    [
        HistoryPage(id=2, entries=[], more=False),
        HistoryPage(id=9, entries=[], more=False),
        error(9),
        welcome(2),
    ],
    ids=["another's answer", "never asked", "error for nothing", "welcome again"],
)
def test_an_answer_to_nothing_is_the_servers_fault(
    client: ClientSession, message: ServerMessage
) -> None:
    client.send(Ask(id=2, text="a"))
    with pytest.raises(RemoteProtocolError):
        client.receive(message)


def test_pushes_belong_to_no_request(client: ClientSession) -> None:
    assert client.receive(Ping()) is None
    assert client.receive(PresencePush(channel="app:a", members=[], available=False)) is None
    assert client.receive(Unsubscribed(channel="app:a", code="resync")) is None
    assert client.receive(error(None)) is None


def test_a_client_does_not_use_an_id_twice_while_unanswered(client: ClientSession) -> None:
    client.send(Ask(id=40, text="a"))
    with pytest.raises(LocalProtocolError, match="40"):
        client.send(Ask(id=40, text="b"))
    client.receive(Answers(id=40, answers=[]))
    client.send(Ask(id=40, text="b"))
    assert client.next_id() == 41


def test_an_id_in_use_is_refused(server: ServerSession) -> None:
    server.receive(Ask(id=2, text="a"))
    with pytest.raises(RemoteProtocolError) as caught:
        server.receive(Ask(id=2, text="a"))
    assert caught.value.code is ErrorCode.BAD_FIELD
    server.receive(Signal(channel="app:a", kind="typing"))
    server.send(Answers(id=2, answers=[]))
    server.receive(Ask(id=2, text="a"))


def test_a_server_answers_once(server: ServerSession) -> None:
    server.receive(Unsubscribe(id=2, channel="app:a"))
    server.send(Unsubscribed(id=2, channel="app:a"))
    with pytest.raises(LocalProtocolError, match="id 2"):
        server.send(Unsubscribed(id=2, channel="app:a"))
    server.send(error(2))  # of a request that was refused at the door is no second answer


def test_after_closing_answers_may_still_come(client: ClientSession, server: ServerSession) -> None:
    client.send(Ask(id=2, text="a"))
    server.receive(Ask(id=2, text="a"))
    for message in (Closing(code=4000, reconnect_after=1), Answers(id=2, answers=[])):
        server.send(message)
        client.receive(message)
    assert client.state is server.state is SessionState.CLOSING


def test_a_closed_session_says_nothing(client: ClientSession, server: ServerSession) -> None:
    client.send(Ask(id=2, text="a"))
    client.closed()
    server.closed()
    assert client.unanswered == server.unanswered == 0
    with pytest.raises(LocalProtocolError):
        client.send(Read(channel="app:a", offset=1))
    with pytest.raises(LocalProtocolError):
        server.send(Ping())


@pytest.mark.parametrize(
    ("sent", "heard", "wanted"),
    [
        (100, 100, Beat.NOTHING),
        (75.1, 51, Beat.NOTHING),
        (75, 100, Beat.SEND),
        (0, 50.1, Beat.SEND),
        (100, 50, Beat.DEAD),
        (0, 0, Beat.DEAD),
    ],
)
def test_the_heart_beats_by_silence(sent: float, heard: float, wanted: Beat) -> None:
    assert beat(100, sent=sent, heard=heard, heartbeat=25) is wanted
    due = next_beat(sent=sent, heard=heard, heartbeat=25)
    assert (due <= 100) == (wanted is not Beat.NOTHING)
    assert beat(due, sent=sent, heard=heard, heartbeat=25) is not Beat.NOTHING


class Dialogue(RuleBasedStateMachine):
    """Two sides that say at random what their own table allows never break the protocol."""

    def __init__(self) -> None:
        super().__init__()
        self.client, self.server = ClientSession(), ServerSession()
        self.asked: dict[int, ClientMessage] = {}

    def says(self, message: ClientMessage) -> None:
        self.client.send(message)
        self.server.receive(message)

    def answers(self, message: ServerMessage) -> ClientMessage | None:
        self.server.send(message)
        return self.client.receive(message)

    @precondition(lambda self: self.client.state is SessionState.NEW)
    @rule()
    def hello(self) -> None:
        message = Hello(id=self.client.next_id())
        self.says(message)
        self.asked[message.id] = message

    @precondition(lambda self: self.client.state is SessionState.GREETING)
    @rule(accepted=st.booleans())
    def answer_hello(self, accepted: bool) -> None:
        ((request_id, _),) = self.asked.items()
        del self.asked[request_id]
        self.answers(welcome(request_id) if accepted else error(request_id))

    @precondition(
        lambda self: (
            self.client.state in {SessionState.OPEN, SessionState.CLOSING} and len(self.asked) < 100
        )
    )
    @rule()
    def ask(self) -> None:
        message = Ask(id=self.client.next_id(), text="a")
        self.says(message)
        self.asked[message.id] = message

    @precondition(
        lambda self: self.asked and self.client.state in {SessionState.OPEN, SessionState.CLOSING}
    )
    @rule(pick=st.integers(0, 100), good=st.booleans())
    def answer(self, pick: int, good: bool) -> None:
        request_id = sorted(self.asked)[pick % len(self.asked)]
        reply: Any = Answers(id=request_id, answers=[]) if good else error(request_id)
        assert self.answers(reply) == self.asked.pop(request_id)

    @precondition(lambda self: self.client.state is not SessionState.CLOSED)
    @rule()
    def ping(self) -> None:
        assert self.answers(Ping()) is None

    @precondition(lambda self: self.client.state in {SessionState.OPEN, SessionState.CLOSING})
    @rule()
    def closing(self) -> None:
        self.answers(Closing(code=4000, reconnect_after=0))

    @rule()
    def close(self) -> None:
        self.client.closed()
        self.server.closed()
        self.asked.clear()

    @invariant()
    def both_sides_agree(self) -> None:
        assert self.client.state is self.server.state
        assert self.client.unanswered == self.server.unanswered == len(self.asked)


TestDialogue = Dialogue.TestCase
TestDialogue.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)

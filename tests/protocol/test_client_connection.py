"""The client over connections that end: it comes back, resumes, resends, or says why not."""

from __future__ import annotations

import asyncio
from functools import partial

import pytest

from bench.ports import free_port
from straks_client import (
    ConnectError,
    DisconnectedError,
    Reset,
    connect,
)
from straks_protocol import (
    START,
    CloseCode,
    Closing,
    Error,
)
from tests.support.joining import ROOM, join, said, say, take
from tests.support.small_server import SmallServer, eventually


async def test_a_publish_whose_answer_was_lost_is_stored_once(server: SmallServer) -> None:
    async with join(server) as client:
        events = client.subscribe(ROOM)
        await say(client, "one")
        server.cut_after_storing = 2
        await asyncio.wait_for(say(client, "two", "three", "four"), 10)
        assert said(await take(events, 4)) == ["one", "two", "three", "four"]
    assert server.texts(ROOM) == ["one", "two", "three", "four"]
    assert len(server.hellos) == 3


async def test_a_client_that_was_away_misses_nothing(server: SmallServer) -> None:
    async with join(server) as client:
        events = client.subscribe(ROOM)
        await say(client, "one")
        assert said(await take(events, 1)) == ["one"]
        for number in range(12):
            server.store(ROOM, str(number))
        await server.cut()
        assert said(await take(events, 12)) == [str(number) for number in range(12)]


async def test_a_visitor_comes_back_as_itself_every_time(server: SmallServer) -> None:
    """Only the first welcome brings a token."""
    async with join(server) as client:
        token, who = client.token, client.principal
        for times in range(2, 5):
            await server.cut()
            await eventually(partial(lambda n: len(server.hellos) == n, times))
        await say(client, "x")
        assert (client.token, client.principal) == (token, who)
    assert server.hellos == [None, token, token, token]


async def test_a_log_that_lost_its_tail_is_said_so_and_gets_own_entries_back(
    server: SmallServer,
) -> None:
    async with join(server) as client:
        events = client.subscribe(ROOM)
        await say(client, "kept", "lost one", "lost two")
        assert said(await take(events, 3)) == ["kept", "lost one", "lost two"]
        gone = server.logs[ROOM][1:]
        del server.logs[ROOM][1:]
        for number in range(3):
            server.store(ROOM, f"grown {number}")
        await server.cut()
        reset = await anext(events)
        assert reset == Reset(ROOM)
        expected = ["kept", "grown 0", "grown 1", "grown 2", "lost one", "lost two"]
        assert said(await take(events, 6)) == expected
        assert server.texts(ROOM) == expected
        assert [entry.key for entry in server.logs[ROOM][4:]] == [entry.key for entry in gone]


async def test_what_waits_goes_after_what_was_lost(server: SmallServer) -> None:
    async with join(server) as client:
        events = client.subscribe(ROOM)
        await say(client, "lost")
        await take(events, 1)
        server.logs[ROOM].clear()
        server.store(ROOM, "grown")
        server.silent = True
        waiting = asyncio.create_task(say(client, "waiting"))
        await eventually(lambda: client.unacknowledged == 1)
        server.silent = False
        await server.cut()
        await waiting
        await eventually(lambda: client.unacknowledged == 0)
    assert server.texts(ROOM) == ["grown", "lost", "waiting"]


async def test_read_watermarks_are_said_again_on_each_connection(server: SmallServer) -> None:
    async with join(server, token="agent:ann") as client:
        for offset in (3, 7, 5):
            client.read(ROOM, offset)
        await eventually(lambda: server.reads[-1:] == [("ann", ROOM, 7)])
        server.reads.clear()
        await server.cut()
        await eventually(lambda: server.reads == [("ann", ROOM, 7)])


async def test_questions_survive_a_lost_connection(server: SmallServer) -> None:
    async with join(server) as client:
        server.silent = True
        question = asyncio.create_task(client.ask("hours?"))
        await eventually(lambda: len(server.visits[0].heard) == 2)
        server.silent = False
        await server.cut()
        assert [answer.title for answer in await question] == ["hours?"]


async def test_a_server_that_fell_silent_is_left(server: SmallServer) -> None:
    server.heartbeat = 0.5
    async with join(server) as client:
        server.silent = True
        await eventually(lambda: not client.connected)
        server.silent = False
        await server.cut()  # a hello that fell into the silence
        await say(client, "here again")
    assert server.texts(ROOM) == ["here again"]


async def test_a_quiet_client_says_that_it_lives(server: SmallServer) -> None:
    server.heartbeat = 0.5
    async with join(server):
        (visit,) = server.visits

        async def pings() -> None:
            while True:
                await visit.say_raw({"type": "ping"})
                await asyncio.sleep(0.01)

        pinging = asyncio.create_task(pings())
        await eventually(lambda: len(visit.heard) > 5)
        pinging.cancel()
        assert server.visits == [visit], "the connection was not given up"


async def test_a_closing_server_says_when_to_come_back(server: SmallServer) -> None:
    async with join(server, random=lambda: 1.0) as client:
        (visit,) = server.visits
        await visit.say(Closing(code=4000, reconnect_after=0.0))
        await visit.socket.close(CloseCode.GOING_AWAY)
        await say(client, "back")
    assert len(server.hellos) == 2


@pytest.mark.parametrize("code", [CloseCode.TOKEN_INVALID, CloseCode.SIGNED_OUT])
async def test_a_client_that_is_sent_away_stays_away(server: SmallServer, code: int) -> None:
    async with join(server, token="agent:ann") as client:
        events = client.subscribe(ROOM)
        server.silent = True
        waiting = asyncio.create_task(say(client, "x"))
        await eventually(lambda: client.unacknowledged == 1)
        await server.cut(code)
        with pytest.raises(DisconnectedError) as caught:
            await waiting
        assert caught.value.code == code
        with pytest.raises(DisconnectedError):
            await take(events, 1)
        with pytest.raises(DisconnectedError):
            await say(client, "y")
    assert len(server.hellos) == 1


async def test_a_fresh_token_is_asked_for_on_each_connection(server: SmallServer) -> None:
    tokens = iter(["agent:one", "agent:two", "agent:three"])

    async def fresh() -> str:
        return next(tokens)

    server.refuse_hello.append(
        (Error(code="token_expired", message="old"), CloseCode.TOKEN_EXPIRED)
    )
    async with join(server, token=fresh) as client:
        assert client.principal.id == "two"
        await server.cut(CloseCode.TOKEN_EXPIRED)
        await eventually(lambda: server.hellos == ["agent:one", "agent:two", "agent:three"])


async def test_an_expired_token_that_is_fixed_is_the_end(server: SmallServer) -> None:
    server.refuse_hello.append(
        (Error(code="token_expired", message="old"), CloseCode.TOKEN_EXPIRED)
    )
    with pytest.raises(DisconnectedError, match="token_expired"):
        async with join(server, token="agent:ann"):
            pytest.fail("nobody said welcome")


async def test_a_hello_that_is_refused_for_now_is_said_again(server: SmallServer) -> None:
    server.refuse_hello.append((Error(code="unavailable", message="not now"), None))
    async with join(server, token="agent:ann") as client:
        assert client.principal.id == "ann"
    assert server.hellos == ["agent:ann", "agent:ann"]


async def test_where_no_server_is_the_client_says_so() -> None:
    with pytest.raises(ConnectError, match=r"no welcome within 0\.3 s"):
        async with connect(f"ws://127.0.0.1:{free_port()}", timeout=0.3, random=lambda: 0.1):
            pytest.fail("nobody said welcome")


async def test_frames_of_later_versions_are_ignored_and_broken_ones_end_it(
    server: SmallServer,
) -> None:
    async with join(server) as client:
        (visit,) = server.visits
        await visit.say_raw({"type": "confetti", "id": 3})
        await say(client, "x")
        await visit.say_raw({"type": "published", "id": "x"})
        with pytest.raises(DisconnectedError, match="broke the protocol"):
            await take(client.subscribe(ROOM, after=START), 2)


async def test_errors_of_the_body_come_out_as_they_are(server: SmallServer) -> None:
    with pytest.raises(ZeroDivisionError):
        async with join(server):
            raise ZeroDivisionError
    await eventually(lambda: not server.visits)


async def test_a_thousand_publishes_at_once_keep_their_order_over_broken_connections(
    server: SmallServer,
) -> None:
    """Pipelined, cut five times: each is stored once, in the order in which it was published."""
    async with join(server) as client:
        events = client.subscribe(ROOM)
        async with asyncio.TaskGroup() as tasks:
            sending = [tasks.create_task(say(client, str(n))) for n in range(500)]
            for cut in range(1, 6):
                await eventually(partial(lambda n: sum(t.done() for t in sending) > 60 * n, cut))
                await server.cut()
        expected = [str(n) for n in range(500)]
        assert said(await take(events, 500)) == expected
    assert server.texts(ROOM) == expected
    assert len(server.hellos) > 1

"""A conversation over real sockets."""

from __future__ import annotations

import pytest

from tests.support.edge_server import EdgeServer, serving


@pytest.mark.parametrize("subprotocol", ["straks.v1.json", "straks.v1.msgpack"])
@serving()
async def test_a_visitor_and_an_agent_talk(server: EdgeServer, subprotocol: str) -> None:
    visitor = await server.visitor(subprotocol=subprotocol)
    agent = await server.agent(subprotocol=subprotocol)
    channel = await visitor.open("Where is my parcel?")
    joined = await visitor.request("subscribe", channel=channel)
    assert [e["data"]["text"] for e in joined["entries"]] == ["Where is my parcel?"]
    assert joined["entries"][0]["key"]
    assert joined["more"] is False
    seen = await agent.request("subscribe", channel=channel)
    assert "key" not in seen["entries"][0]
    asked = await visitor.publish(channel, "ask_human")
    assert asked["type"] == "published", asked
    accepted = await agent.publish(channel, "accept", expect=asked["offset"])
    assert accepted["type"] == "published", accepted
    await agent.publish(channel, data={"text": "It is on its way."})
    offsets: list[int] = []
    while len(offsets) < 3:
        push = await visitor.wait("entry")
        offsets.append(push["entry"]["offset"])
    assert offsets == [2, 3, 4]
    assert push["entry"]["from"] == {"kind": "agent", "id": "anna", "name": "Anna"}

"""The server is killed again and again under load: nothing is lost, doubled or out of order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.fault_load import fault_test, load, rounds
from tests.support.nodes import Nodes
from tests.support.redis_server import redis_server

KILLS = 20
BETWEEN = 500
"""Most acknowledgements between two kills."""

pytestmark = fault_test(600)


@pytest.fixture(params=["sqlite", "redis"])
def node(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Nodes]:
    """A server over either log; Redis writes every append to disk before it answers."""
    with ExitStack() as stack:
        url = None
        if request.param == "redis":
            folder = tmp_path / "redis"
            folder.mkdir()
            url = stack.enter_context(redis_server(folder, appendfsync="always")).url
        yield stack.enter_context(Nodes(tmp_path, redis=url, count=1))


async def test_twenty_kills_lose_double_and_reorder_nothing(node: Nodes) -> None:
    """Clients resend until acknowledged; then sent = acknowledged = delivered."""
    in_flight: list[int] = []
    async with load(node, "killed", agent=(0,), conversations=25, turns=40, pause=0) as running:
        for _ in rounds(KILLS):
            await running.flow(running.random.randrange(BETWEEN))
            in_flight.append(await running.in_motion())
            node[0].kill()
            running.mark()
            await node[0].start_async()
    assert len(in_flight) >= KILLS
    assert running.books.outcome().sent >= 5_000

"""The protocol's dialogues, played with the real server in both codecs."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from straks.accounts.secret import derive_key, load_secret
from straks.accounts.tokens import SocketClaims, Tokens
from straks.clock import ManualClock
from straks_protocol import CODECS
from tests.support.http import http
from tests.support.server import ServerProcess
from tests.support.vectors import Dialogue, dialogues, play

PASSWORD = "correct horse battery staple"


@dataclass(slots=True)
class RealStage:
    """A server process with agents, as the scripts need it."""

    server: ServerProcess
    agents: dict[str, Mapping[str, str]] = field(default_factory=dict)

    @property
    def socket_url(self) -> str:
        return self.server.socket_url

    async def agent(self, name: str) -> Mapping[str, str]:
        email = f"{name}@example.com"
        if name not in self.agents:
            self.server.add_agent(email, name.title(), PASSWORD)
            self.agents[name] = {}
        with http() as client:
            body = self.server.sign_in(client, email, PASSWORD)
        account = body["agent"]
        assert isinstance(account, dict)
        return {
            "token": str(body["token"]),
            "origin": self.server.url,
            "id": account["id"],
            "name": account["name"],
        }

    async def give(self, variable: str) -> str:
        assert variable == "expired_token"
        key = derive_key(load_secret(self.server.data / "secret"), "tokens")
        long_ago = Tokens(key, ManualClock(), visitor_life=1)
        return long_ago.issue_socket(SocketClaims(agent="a", session="s", origin=self.server.url))

    async def drain(self) -> None:
        assert self.server.process is not None
        self.server.process.send_signal(signal.SIGTERM)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealStage]:
    """One server for all dialogues that leave it running."""
    # A flood comes to its end even where each message of it takes a second.
    limits = {"publish_rate": "0.5", "publish_burst": "10"}
    with ServerProcess(tmp_path_factory.mktemp("vectors"), **limits) as server:
        yield RealStage(server)


def scripts(*, draining: bool) -> list[Dialogue]:
    return [
        dialogue
        for dialogue in dialogues()
        if any("server" in step for step in dialogue.steps) == draining
    ]


@pytest.mark.parametrize("subprotocol", CODECS)
@pytest.mark.parametrize("dialogue", scripts(draining=False), ids=lambda found: found.name)
async def test_the_server_keeps_to_the_script(
    dialogue: Dialogue, subprotocol: str, shared: RealStage
) -> None:
    await play(dialogue, shared, subprotocol)


@pytest.mark.parametrize("subprotocol", CODECS)
@pytest.mark.parametrize("dialogue", scripts(draining=True), ids=lambda found: found.name)
async def test_a_server_that_ends_keeps_to_the_script(
    dialogue: Dialogue, subprotocol: str, tmp_path: Path
) -> None:
    with ServerProcess(tmp_path) as server:
        await play(dialogue, RealStage(server), subprotocol)

"""Signed-in agents: sessions behind a cookie, one-use sign-in links."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Final

from straks.clock import Clock
from straks.records.accounts import AccountRecords, AgentRow, SessionRow

__all__ = ["IDLE_LIFE", "LINK_LIFE", "WHOLE_LIFE", "Agent", "Session", "Sessions"]

IDLE_LIFE: Final = 12 * 3600
"""Seconds after the last HTTP request of an agent when the session ends."""

WHOLE_LIFE: Final = 7 * 24 * 3600
"""Seconds after sign-in when a session ends, however busy it was."""

LINK_LIFE: Final = 24 * 3600
"""Seconds in which a sign-in link can be used."""

_TOUCH_EVERY: Final = 60_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """An agent as others may know them."""

    id: str
    name: str
    email: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A sign-in of an agent. ``ends_at`` is in seconds since the epoch."""

    id: str
    agent: Agent
    ends_at: float


class Sessions:
    """Begins, finds and ends sessions. Of secrets only hashes are stored."""

    def __init__(self, records: AccountRecords, clock: Clock) -> None:
        self._records = records
        self._clock = clock

    async def begin(self, agent: AgentRow) -> tuple[Session, str]:
        """Sign an agent in; the text is the cookie's secret."""
        now = self._clock.now_ms()
        secret = secrets.token_urlsafe(32)
        row = SessionRow(
            id=secrets.token_urlsafe(12),
            agent_id=agent.id,
            created_at=now,
            seen_at=now,
            ends_at=now + WHOLE_LIFE * 1000,
        )
        await self._records.add_session(row, _hash(secret), expired_before=now)
        return _session(row, agent), secret

    async def find(self, secret: str) -> Session | None:
        """Find the session of a cookie, and count this as a sign of life."""
        found = await self._records.session_by_secret(_hash(secret))
        if found is None or self._is_over(found[0]):
            return None
        row, agent = found
        now = self._clock.now_ms()
        if now - row.seen_at > _TOUCH_EVERY:
            await self._records.touch_session(row.id, now)
        return _session(row, agent)

    async def find_by_id(self, session_id: str) -> Session | None:
        """Find a session that a socket belongs to; None when it ended."""
        found = await self._records.session(session_id)
        if found is None or self._is_over(found[0]):
            return None
        return _session(*found)

    async def end(self, session_id: str) -> None:
        """Sign out."""
        await self._records.end_session(session_id)

    async def make_link(self, agent_id: str) -> str:
        """Make the secret of a link that signs an agent in, once."""
        secret = secrets.token_urlsafe(32)
        now = self._clock.now_ms()
        await self._records.add_link(agent_id, _hash(secret), now + LINK_LIFE * 1000, now)
        return secret

    async def use_link(self, secret: str) -> AgentRow | None:
        """Use a link up; None when it is not good any more."""
        agent = await self._records.take_link(_hash(secret), self._clock.now_ms())
        return None if agent is None or agent.disabled else agent

    def _is_over(self, row: SessionRow) -> bool:
        now = self._clock.now_ms()
        return now >= row.ends_at or now - row.seen_at >= IDLE_LIFE * 1000


def _hash(secret: str) -> str:
    # The secret is random and long: a plain hash is enough, and nothing to brute-force.
    return hashlib.sha256(secret.encode()).hexdigest()


def _session(row: SessionRow, agent: AgentRow) -> Session:
    return Session(
        id=row.id,
        agent=Agent(id=agent.id, name=agent.name, email=agent.email),
        ends_at=row.ends_at / 1000,
    )

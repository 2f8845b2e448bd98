"""The sockets of agents end with their sessions, those of apps with their keys."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final, Protocol

import structlog

from straks.accounts.apps import Apps
from straks.accounts.sessions import Sessions
from straks.records.errors import RecordsUnavailableError
from straks_protocol import CloseCode

__all__ = ["Sockets", "watch_sessions"]

_log = structlog.get_logger(__name__)

_EVERY: Final = 15.0


class Sockets(Protocol):
    """The open connections; the hub."""

    def agent_sessions(self) -> Sequence[str]:
        """Name the sessions that agents are connected under."""
        ...

    def app_sessions(self) -> Sequence[str]:
        """Name the sessions that apps are connected under."""
        ...

    def close_session(self, session: str, code: CloseCode) -> None:
        """Close every connection of a session."""
        ...


async def watch_sessions(
    sessions: Sessions, sockets: Sockets, *, apps: Apps | None = None, every: float = _EVERY
) -> None:
    """Close the sockets of sessions that ended, by time or by another process; never returns.

    ``apps``: None when no app has a key. ``every``: seconds between two looks.
    """
    while True:
        await asyncio.sleep(every)
        try:
            for session in sockets.agent_sessions():
                if await sessions.find_by_id(session) is None:
                    sockets.close_session(session, CloseCode.SIGNED_OUT)
            for session in sockets.app_sessions():
                if apps is None or await apps.is_over(session):
                    sockets.close_session(session, CloseCode.TOKEN_REVOKED)
        except RecordsUnavailableError as error:
            _log.warning("sessions cannot be checked now", error=str(error))

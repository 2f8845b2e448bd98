"""Whom conversations can be handed to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import structlog

from straks.accounts.permissions import TEAMS
from straks.conversation.errors import RefusedError
from straks.records.accounts import AccountRecords
from straks.records.errors import RecordsUnavailableError
from straks_protocol import ErrorCode

__all__ = ["Directory"]

_log = structlog.get_logger(__name__)

_EVERY: Final = 15.0


class Directory:
    """The agents and teams there are, known by heart: publishing waits for no look-up."""

    def __init__(self, records: AccountRecords, *, every: float = _EVERY) -> None:
        """``every``: seconds until an agent whom the command line made is known."""
        self._records = records
        self._every = every
        self._agents: frozenset[str] = frozenset()

    async def refresh(self) -> None:
        """Learn who there is.

        Raises:
            RecordsUnavailableError: not now.
        """
        self._agents = await self._records.agent_ids()

    async def run(self) -> None:
        """Refresh now and then; never returns."""
        while True:
            await asyncio.sleep(self._every)
            try:
                await self.refresh()
            except RecordsUnavailableError as error:
                _log.warning("new agents cannot be looked for now", error=str(error))

    def check_target(self, data: Mapping[str, Any]) -> None:
        """Refuse to hand a conversation to nobody: no agent could ever take it.

        Raises:
            RefusedError: ``bad_data``.
        """
        agent, team = data.get("agent"), data.get("team")
        if agent is not None and agent not in self._agents:
            raise RefusedError(ErrorCode.BAD_DATA, "agent: there is no such agent")
        if team is not None and team not in TEAMS:
            raise RefusedError(ErrorCode.BAD_DATA, "team: there is no such team")

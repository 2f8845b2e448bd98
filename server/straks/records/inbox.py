"""Conversations as the inboxes list them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import orjson
from sqlalchemy import BigInteger, ColumnElement, Integer, String, func, literal, select, tuple_
from sqlalchemy.sql.elements import UnaryExpression

from straks.records.database import Database
from straks.records.engine import upsert
from straks.records.schema import EXPERTS_TURN, USUAL_TURN, inbox

__all__ = ["COUNTED", "SQLInboxRecords"]

COUNTED: Final = 1_000
"""Conversations of one list that are counted; more are not told apart.

A page of a list must not cost more because the others are long: people are shown "999+".
"""


class SQLInboxRecords:
    """The inboxes in the SQL records."""

    def __init__(self, database: Database) -> None:
        self._database = database
        new = upsert(database, inbox)
        self._upsert = new.on_conflict_do_update(
            index_elements=[inbox.c.id],
            set_={c.name: new.excluded[c.name] for c in inbox.c if not c.primary_key},
            where=new.excluded.last_offset >= inbox.c.last_offset,
        )

    async def save(self, rows: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        """Keep each summary under the inbox it is in, unless a later one is there.

        Raises:
            RecordsUnavailableError: nothing was kept.
        """
        if not rows:
            return
        values = [_row(name, summary) for name, summary in rows]
        async with self._database.write() as connection:
            await connection.execute(self._upsert, values)

    async def list(
        self,
        team: str,
        state: str,
        agent_id: str,
        after: tuple[bool, int, str] | None,
        limit: int,
    ) -> Sequence[dict[str, Any]]:
        """Read summaries: experts, then those waiting longest first, else those changed last first.

        ``after``: of the one before the first whether it is an expert's, the sort value and the id.

        Raises:
            ValueError: there is no such list as ``state``.
            RecordsUnavailableError: they cannot be read now.
        """
        query = select(inbox.c.summary).where(*_listed(team, state, agent_id)).limit(limit)
        if after is not None:
            here = tuple_(*_sorted_by(state))
            expert, at, last = after
            there = [literal(at, BigInteger), literal(last, String)]
            if _rising(state):
                query = query.where(here > tuple_(literal(_turn(expert), Integer), *there))
            else:
                query = query.where(here < tuple_(*there))
        async with self._database.read() as connection:
            found = await connection.scalars(query.order_by(*_order(state)))
            return [orjson.loads(summary) for summary in found]

    async def counts(self, team: str, agent_id: str) -> dict[str, int]:
        """Count each list, up to :data:`COUNTED`.

        Raises:
            RecordsUnavailableError: they cannot be read now.
        """
        counts = {}
        async with self._database.read() as connection:
            for state in ("waiting", "mine", "open", "closed"):
                some = select(inbox.c.id).where(*_listed(team, state, agent_id)).limit(COUNTED)
                query = select(func.count()).select_from(some.subquery())
                counts[state] = await connection.scalar(query) or 0
        return counts

    async def offsets(self, ids: Sequence[str]) -> dict[str, int]:
        """Tell up to which offset conversations were kept; those that were not are left out."""
        query = select(inbox.c.id, inbox.c.last_offset).where(inbox.c.id.in_(ids))
        async with self._database.read() as connection:
            return {row.id: row.last_offset for row in await connection.execute(query)}

    async def empty(self) -> bool:
        """Tell whether nothing is kept of what the log has."""
        query = select(inbox.c.id).where(inbox.c.archived.is_(False)).limit(1)
        async with self._database.read() as connection:
            return await connection.scalar(query) is None


def _row(name: str, summary: Mapping[str, Any]) -> dict[str, Any]:
    agent = summary.get("agent")
    return {
        "id": summary["id"],
        "inbox": name,
        "state": summary["state"],
        "closed": summary["state"] == "closed",
        "agent_id": agent["id"] if agent else None,
        "waiting_since": summary.get("waiting_since"),
        "turn": _turn(summary.get("expert", False)),
        "updated_at": summary["updated_at"],
        "last_offset": summary["offset"],
        "summary": orjson.dumps(summary).decode(),
        "archived": False,
    }


def _listed(team: str, state: str, agent_id: str) -> Sequence[ColumnElement[bool]]:
    here = inbox.c.inbox == team
    if state == "waiting":
        return here, inbox.c.state == "waiting"
    if state == "mine":
        return here, inbox.c.agent_id == agent_id, inbox.c.state == "with_agent"
    if state in {"open", "closed"}:
        return here, inbox.c.closed == (state == "closed")
    raise ValueError(f"no list of conversations is called {state[:32]!r}")


def _rising(state: str) -> bool:
    return state == "waiting"


def _turn(expert: bool) -> int:
    return EXPERTS_TURN if expert else USUAL_TURN


def _sorted_by(state: str) -> Sequence[ColumnElement[Any]]:
    if state == "waiting":
        return inbox.c.turn, inbox.c.waiting_since, inbox.c.id
    return inbox.c.updated_at, inbox.c.id


def _order(state: str) -> Sequence[UnaryExpression[Any]]:
    columns = _sorted_by(state)
    return [column.asc() if _rising(state) else column.desc() for column in columns]

"""What is known of visitors."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Final

from sqlalchemy import delete, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from straks.records.database import Database
from straks.records.engine import upsert
from straks.records.schema import customer_facts, customers, visitor_conversations

__all__ = ["MOST_FACTS", "Fact", "Opened", "SQLCustomerRecords", "Said"]

_NEVER: Final = 1 << 62
"""Milliseconds since the epoch that no clock shows."""
MOST_FACTS: Final = 100
"""Facts that are kept of a visitor; the oldest go."""


@dataclass(frozen=True, slots=True)
class Fact:
    """What is known, and when it was said, in ms since the epoch."""

    value: str
    said_at: int


@dataclass(frozen=True, slots=True)
class Said:
    """Facts about a visitor that were said at one time, in ms since the epoch."""

    visitor_id: str
    facts: Mapping[str, str]
    at: int


@dataclass(frozen=True, slots=True)
class Opened:
    """A conversation that a visitor opened, and when, in ms since the epoch."""

    visitor_id: str
    conversation_id: str
    at: int


class SQLCustomerRecords:
    """The customers in the SQL records."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save(self, said: Sequence[Said]) -> None:
        """Keep what was said, in order; what was said later holds.

        Raises:
            RecordsUnavailableError: nothing was kept.
        """
        facts: list[dict[str, Any]] = [
            {
                "visitor_id": each.visitor_id,
                "name": name,
                "value": value,
                "said_at": each.at,
                "used_at": each.at,
            }
            for each in said
            for name, value in each.facts.items()
        ]
        if not facts:
            return
        # Of servers that keep the same at once, none has a row that the other waits for.
        facts.sort(key=itemgetter("visitor_id", "name"))
        contacts: list[dict[str, Any]] = [
            {
                "visitor_id": each.visitor_id,
                "email": each.facts.get("email"),
                "name": each.facts.get("name"),
                "updated_at": each.at,
            }
            for each in said
            if each.facts.keys() & {"email", "name"}
        ]
        contacts.sort(key=itemgetter("visitor_id"))
        visitors = {each.visitor_id for each in said}
        async with self._database.write() as connection:
            await connection.execute(self._facts(), facts)
            if contacts:
                await connection.execute(self._customers(), contacts)
            await _trim(connection, visitors)

    async def opened(self, conversations: Sequence[Opened]) -> None:
        """Keep who opened some conversations; what is kept already stays as it is.

        Raises:
            RecordsUnavailableError: nothing was kept.
        """
        rows: list[dict[str, Any]] = [
            {
                "visitor_id": each.visitor_id,
                "conversation_id": each.conversation_id,
                "opened_at": each.at,
            }
            for each in conversations
        ]
        if not rows:
            return
        # As in ``save``: of servers that keep the same at once, none waits for the other.
        rows.sort(key=itemgetter("visitor_id", "conversation_id"))
        new = upsert(self._database, visitor_conversations).on_conflict_do_nothing()
        async with self._database.write() as connection:
            await connection.execute(new, rows)

    async def opened_since(self, visitors: Collection[str], at: int) -> list[Opened]:
        """Read what some visitors opened at a time, in ms, or after it; the oldest first.

        Raises:
            RecordsUnavailableError: they cannot be read now.
        """
        columns = visitor_conversations.c
        query = (
            select(columns.visitor_id, columns.conversation_id, columns.opened_at)
            .where(columns.visitor_id.in_(visitors), columns.opened_at >= at)
            .order_by(columns.opened_at, columns.conversation_id)
        )
        async with self._database.read() as connection:
            return [Opened(*row) for row in await connection.execute(query)]

    async def earlier(self, visitor_id: str, conversation_id: str) -> int:
        """Count the conversations that a visitor has opened before one.

        Raises:
            RecordsUnavailableError: they cannot be read now.
        """
        columns = visitor_conversations.c
        opened = visitor_conversations.alias()
        this = select(opened.c.opened_at).where(
            opened.c.visitor_id == visitor_id, opened.c.conversation_id == conversation_id
        )
        query = (
            select(func.count())
            .select_from(visitor_conversations)
            .where(
                columns.visitor_id == visitor_id,
                columns.conversation_id != conversation_id,
                # That one may be so new that it is not kept yet.
                columns.opened_at < func.coalesce(this.scalar_subquery(), _NEVER),
            )
        )
        async with self._database.read() as connection:
            return await connection.scalar(query) or 0

    async def facts(self, visitors: Collection[str]) -> dict[str, dict[str, Fact]]:
        """Read what is known of some visitors, by visitor and name; the oldest first.

        Raises:
            RecordsUnavailableError: they cannot be read now.
        """
        columns = customer_facts.c
        query = (
            select(columns.visitor_id, columns.name, columns.value, columns.said_at)
            .where(columns.visitor_id.in_(visitors))
            .order_by(columns.said_at, columns.name)
        )
        found: dict[str, dict[str, Fact]] = {}
        async with self._database.read() as connection:
            for visitor, name, value, said_at in await connection.execute(query):
                found.setdefault(visitor, {})[name] = Fact(value, said_at)
        return found

    async def known(self, visitor_id: str) -> dict[str, str]:
        """Read what is known of a visitor.

        Raises:
            RecordsUnavailableError: they cannot be read now.
        """
        found = await self.facts([visitor_id])
        return {name: fact.value for name, fact in found.get(visitor_id, {}).items()}

    async def use(self, visitors: Collection[str], at: int) -> None:
        """Note that what is known of some visitors was of use.

        Raises:
            RecordsUnavailableError: it was not noted.
        """
        columns = customer_facts.c
        async with self._database.write() as connection:
            await connection.execute(
                customer_facts.update()
                .where(columns.visitor_id.in_(visitors), columns.used_at < at)
                .values(used_at=at)
            )

    async def forget(self, before: int) -> None:
        """Drop the facts that nobody said or used since a time, in ms, and what was opened before.

        Raises:
            RecordsUnavailableError: nothing was dropped.
        """
        opened_at = visitor_conversations.c.opened_at
        async with self._database.write() as connection:
            await connection.execute(
                delete(customer_facts).where(customer_facts.c.used_at < before)
            )
            await connection.execute(delete(visitor_conversations).where(opened_at < before))

    async def find(self, visitor_id: str) -> dict[str, Any] | None:
        """Read a customer: ``visitor_id``, ``email``, ``name``, ``updated_at``.

        Raises:
            RecordsUnavailableError: they cannot be read now.
        """
        query = select(customers).where(customers.c.visitor_id == visitor_id)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else dict(row._mapping)

    def _facts(self) -> Any:
        new = upsert(self._database, customer_facts)
        return new.on_conflict_do_update(
            index_elements=[customer_facts.c.visitor_id, customer_facts.c.name],
            set_={name: new.excluded[name] for name in ("value", "said_at", "used_at")},
            where=new.excluded.said_at >= customer_facts.c.said_at,
        )

    def _customers(self) -> Any:
        new = upsert(self._database, customers)
        return new.on_conflict_do_update(
            index_elements=[customers.c.visitor_id],
            set_={
                "email": func.coalesce(new.excluded.email, customers.c.email),
                "name": func.coalesce(new.excluded.name, customers.c.name),
                "updated_at": new.excluded.updated_at,
            },
            where=new.excluded.updated_at >= customers.c.updated_at,
        )


async def _trim(connection: AsyncConnection, visitors: Collection[str]) -> None:
    columns = customer_facts.c
    counted = (
        select(columns.visitor_id)
        .where(columns.visitor_id.in_(visitors))
        .group_by(columns.visitor_id)
        .having(func.count() > MOST_FACTS)
    )
    for visitor in (await connection.scalars(counted)).all():
        mine = columns.visitor_id == visitor
        latest = columns.said_at.desc(), columns.name
        kept = select(columns.name).where(mine).order_by(*latest).limit(MOST_FACTS)
        await connection.execute(delete(customer_facts).where(mine, columns.name.not_in(kept)))

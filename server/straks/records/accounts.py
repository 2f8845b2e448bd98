"""What the records know about agents and visitors' tokens."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Row, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from straks.errors import StraksError
from straks.records.database import Database
from straks.records.engine import upsert
from straks.records.schema import agents, sessions, sign_in_links, visitor_families

__all__ = ["AccountRecords", "AgentExistsError", "AgentRow", "FamilyRow", "SessionRow"]


class AgentExistsError(StraksError):
    """There is an agent with this e-mail address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentRow:
    id: str
    email: str
    name: str
    password_hash: str | None
    created_at: int
    disabled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRow:
    id: str
    agent_id: str
    created_at: int
    seen_at: int
    ends_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FamilyRow:
    family: str
    visitor_id: str
    issued: int
    confirmed: int
    confirmed_at: int
    revoked: bool


class AccountRecords:
    """Queries over agents, sessions, sign-in links and families of visitor tokens."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_agent(self, row: AgentRow) -> None:
        """Raises AgentExistsError when the address is taken."""
        try:
            async with self._database.write() as connection:
                await connection.execute(
                    insert(agents).values(
                        id=row.id,
                        email=row.email,
                        name=row.name,
                        password_hash=row.password_hash,
                        created_at=row.created_at,
                        disabled=row.disabled,
                    )
                )
        except IntegrityError as error:
            raise AgentExistsError(f"There is already an agent {row.email}.") from error

    async def agent_by_email(self, email: str) -> AgentRow | None:
        async with self._database.read() as connection:
            found = await connection.execute(select(agents).where(agents.c.email == email))
            return _agent(found.one_or_none())

    async def agent(self, agent_id: str) -> AgentRow | None:
        async with self._database.read() as connection:
            found = await connection.execute(select(agents).where(agents.c.id == agent_id))
            return _agent(found.one_or_none())

    async def agent_ids(self) -> frozenset[str]:
        """Name every agent who may sign in."""
        async with self._database.read() as connection:
            found = await connection.execute(select(agents.c.id).where(~agents.c.disabled))
            return frozenset(found.scalars())

    async def set_password(self, agent_id: str, password_hash: str, *, sign_out: bool) -> None:
        """Store a hash; with ``sign_out`` every session and link of the agent ends with it."""
        async with self._database.write() as connection:
            await connection.execute(
                update(agents).where(agents.c.id == agent_id).values(password_hash=password_hash)
            )
            if sign_out:
                for table in (sessions, sign_in_links):
                    await connection.execute(delete(table).where(table.c.agent_id == agent_id))

    async def add_session(self, row: SessionRow, secret_hash: str, *, expired_before: int) -> None:
        """Store a session, and clear away those that ended before."""
        async with self._database.write() as connection:
            await connection.execute(delete(sessions).where(sessions.c.ends_at <= expired_before))
            await connection.execute(
                insert(sessions).values(
                    id=row.id,
                    secret_hash=secret_hash,
                    agent_id=row.agent_id,
                    created_at=row.created_at,
                    seen_at=row.seen_at,
                    ends_at=row.ends_at,
                )
            )

    async def session_by_secret(self, secret_hash: str) -> tuple[SessionRow, AgentRow] | None:
        return await self._session(sessions.c.secret_hash == secret_hash)

    async def session(self, session_id: str) -> tuple[SessionRow, AgentRow] | None:
        return await self._session(sessions.c.id == session_id)

    async def touch_session(self, session_id: str, seen_at: int) -> None:
        async with self._database.write() as connection:
            await connection.execute(
                update(sessions).where(sessions.c.id == session_id).values(seen_at=seen_at)
            )

    async def end_session(self, session_id: str) -> None:
        async with self._database.write() as connection:
            await connection.execute(delete(sessions).where(sessions.c.id == session_id))

    async def add_link(self, agent_id: str, secret_hash: str, ends_at: int, now: int) -> None:
        """Store a sign-in link, and clear away those that ended."""
        async with self._database.write() as connection:
            await connection.execute(delete(sign_in_links).where(sign_in_links.c.ends_at <= now))
            await connection.execute(
                insert(sign_in_links).values(
                    agent_id=agent_id, secret_hash=secret_hash, ends_at=ends_at
                )
            )

    async def take_link(self, secret_hash: str, now: int) -> AgentRow | None:
        """Use a link up; None when it is used, unknown or too old."""
        async with self._database.write() as connection:
            taken = await connection.execute(
                delete(sign_in_links)
                .where(sign_in_links.c.secret_hash == secret_hash)
                .returning(sign_in_links.c.agent_id, sign_in_links.c.ends_at)
            )
            link = taken.one_or_none()
            if link is None or link.ends_at <= now:
                return None
            found = await connection.execute(select(agents).where(agents.c.id == link.agent_id))
            return _agent(found.one_or_none())

    async def family(self, family: str) -> FamilyRow | None:
        table = visitor_families
        async with self._database.read() as connection:
            found = (
                await connection.execute(select(table).where(table.c.family == family))
            ).one_or_none()
        if found is None:
            return None
        return FamilyRow(
            family=found.family,
            visitor_id=found.visitor_id,
            issued=found.issued,
            confirmed=found.confirmed,
            confirmed_at=found.confirmed_at,
            revoked=found.revoked,
        )

    async def issue_generation(
        self, family: str, visitor_id: str, generation: int, now: int
    ) -> None:
        """Note that ``generation`` was given out; the one before it was the last to come back."""
        async with self._database.write() as connection:
            statement = upsert(self._database, visitor_families).values(
                family=family,
                visitor_id=visitor_id,
                issued=generation,
                confirmed=generation - 1,
                confirmed_at=now,
                revoked=False,
            )
            await connection.execute(
                statement.on_conflict_do_update(
                    index_elements=["family"],
                    set_={"issued": generation},
                    where=visitor_families.c.issued < generation,
                )
            )

    async def confirm_generation(self, family: str, generation: int, now: int) -> None:
        """Note that ``generation`` came back: those before it are old from now on."""
        table = visitor_families
        async with self._database.write() as connection:
            await connection.execute(
                update(table)
                .where(table.c.family == family, table.c.confirmed < generation)
                .values(confirmed=generation, confirmed_at=now)
            )

    async def revoke_family(self, family: str) -> None:
        async with self._database.write() as connection:
            await connection.execute(
                update(visitor_families)
                .where(visitor_families.c.family == family)
                .values(revoked=True)
            )

    async def _session(self, condition: ColumnElement[bool]) -> tuple[SessionRow, AgentRow] | None:
        async with self._database.read() as connection:
            found = (
                await connection.execute(
                    select(
                        sessions.c.id.label("session_id"),
                        sessions.c.agent_id,
                        sessions.c.created_at.label("session_created_at"),
                        sessions.c.seen_at,
                        sessions.c.ends_at,
                        agents,
                    )
                    .join(agents, agents.c.id == sessions.c.agent_id)
                    .where(condition)
                )
            ).one_or_none()
        if found is None:
            return None
        agent = _agent(found)
        if agent is None or agent.disabled:
            return None
        return (
            SessionRow(
                id=found.session_id,
                agent_id=found.agent_id,
                created_at=found.session_created_at,
                seen_at=found.seen_at,
                ends_at=found.ends_at,
            ),
            agent,
        )


def _agent(row: Row[tuple[object, ...]] | None) -> AgentRow | None:
    if row is None:
        return None
    return AgentRow(
        id=row.id,
        email=row.email,
        name=row.name,
        password_hash=row.password_hash,
        created_at=row.created_at,
        disabled=row.disabled,
    )

"""The tables of the records."""

from __future__ import annotations

from typing import Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    false,
)

__all__ = [
    "EXPERTS_TURN",
    "USUAL_TURN",
    "agents",
    "answer_files",
    "apps",
    "archive_channels",
    "archive_entries",
    "asked_twice",
    "customers",
    "deployment",
    "inbox",
    "metadata",
    "questions",
    "schema_version",
    "sessions",
    "sign_in_links",
    "visitor_conversations",
    "visitor_families",
]

USUAL_TURN: Final = 1
EXPERTS_TURN: Final = 0
"""Experts stand before others that wait."""

metadata = MetaData()

schema_version = Table("schema_version", metadata, Column("version", Integer, nullable=False))
"""What releases look at that know of no revisions (``migrations``)."""

deployment = Table(
    "deployment",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("secret", LargeBinary),
    Column("import_id", String(32)),
)
"""One row: the name of these records, and the secret of the servers that share them. ``import_id``
names the import that filled them, if Redis was filled with them: it has not come to its end while
Redis bears that name."""

agents = Table(
    "agents",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("email", String(254), nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("password_hash", String(255)),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled", Boolean, nullable=False, default=False),
)
"""``email`` is case-folded. Times are milliseconds since the epoch, here and below."""

sessions = Table(
    "sessions",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("agent_id", String(64), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Index("sessions_by_agent", "agent_id"),
)
"""Signed-in agents. ``ends_at`` is the absolute end; idle ones end earlier."""

sign_in_links = Table(
    "sign_in_links",
    metadata,
    Column("secret_hash", String(64), primary_key=True),
    Column("agent_id", String(64), nullable=False),
    Column("ends_at", BigInteger, nullable=False),
)

apps = Table(
    "apps",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("session", String(64), nullable=False, unique=True),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("scopes", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
"""Programs of others. ``session`` is what ends their connections; ``scopes`` are parted by
spaces."""

visitor_families = Table(
    "visitor_families",
    metadata,
    Column("family", String(64), primary_key=True),
    Column("visitor_id", String(64), nullable=False),
    Column("issued", BigInteger, nullable=False),
    Column("confirmed", BigInteger, nullable=False),
    Column("confirmed_at", BigInteger, nullable=False),
    Column("revoked", Boolean, nullable=False, default=False),
)
"""Visitor tokens that were renewed at least once: the highest generation given out, and the highest
that came back."""

inbox = Table(
    "inbox",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("inbox", String(64), nullable=False),
    Column("state", String(16), nullable=False),
    Column("closed", Boolean, nullable=False),
    Column("agent_id", String(64)),
    Column("waiting_since", BigInteger),
    Column("turn", Integer, nullable=False, default=USUAL_TURN, server_default=str(USUAL_TURN)),
    Column("updated_at", BigInteger, nullable=False),
    Column("last_offset", BigInteger, nullable=False),
    Column("summary", Text, nullable=False),
    Column("archived", Boolean, nullable=False, default=False, server_default=false()),
    Index("inbox_by_turn", "inbox", "state", "turn", "waiting_since", "id"),
    Index("inbox_by_agent", "inbox", "agent_id", "state", "updated_at", "id"),
    Index("inbox_by_change", "inbox", "closed", "updated_at", "id"),
    Index("inbox_by_age", "archived", "updated_at", "id"),
)
"""Conversations as the inboxes show them: a projection of the log, rebuilt from it when lost.
``turn``: those with a smaller one stand before others that wait. ``summary`` is JSON; ``archived``:
the log does not have it any more."""

archive_channels = Table(
    "archive_channels",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("last_offset", BigInteger, nullable=False),
    Column("last_id", String(64), nullable=False),
    Column("last_at", BigInteger, nullable=False),
    Column("state_offset", BigInteger, nullable=False),
    Column("marks", Text, nullable=False),
)
"""Conversations and their desks, as they were when they left the log. ``marks`` is JSON, read
watermarks by reader."""

archive_entries = Table(
    "archive_entries",
    metadata,
    Column("channel", String(255), primary_key=True),
    Column("offset", BigInteger, primary_key=True),
    Column("entry", LargeBinary, nullable=False),
)
"""``entry`` is a :class:`straks.log.log.Entry` in MessagePack."""

customers = Table(
    "customers",
    metadata,
    Column("visitor_id", String(64), primary_key=True),
    Column("email", String(254)),
    Column("name", String(100)),
    Column("updated_at", BigInteger, nullable=False),
    Index("customers_by_email", "email"),
)
"""How visitors said they can be reached: a projection of the log."""

questions = Table(
    "questions",
    metadata,
    Column("conversation", String(64), primary_key=True),
    Column("offset", BigInteger, primary_key=True),
    Column("id", String(64), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("visitor", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Column("lang", String(35)),
    Column("answer", String(64)),
    Column("answer_lang", String(35)),
    Column("answered_at", BigInteger, nullable=False),
    Column("score", Integer, nullable=False),
    Column("helped", Boolean),
    Column("judged_at", BigInteger, nullable=False),
    Column("person", Boolean, nullable=False),
    Column("closed_at", BigInteger),
    Column("seconds", Integer, nullable=False),
    Index("questions_by_time", "at"),
)
"""What visitors asked and were answered by itself, the newest: a projection of the log.
``answer`` is null where none was known, ``score`` in thousandths. ``answered_at``, ``judged_at``
and ``closed_at`` are offsets: of the answer as it was shown last, of the feedback that counts (0:
none), of the first close after. ``person``: one was asked for after it; ``seconds``: what it cost
people."""

answer_files = Table(
    "answer_files",
    metadata,
    Column("file", String(128), primary_key=True),
    Column("source", Text),
    Column("version", BigInteger, nullable=False),
    Column("author", String(200), nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index("answer_files_by_version", "version"),
)
"""Answer files that were written in the console. ``version`` counts the changes of all of them;
``source`` is null where a file was deleted: who looks at the highest version sees that too."""
customer_facts = Table(
    "customer_facts",
    metadata,
    Column("visitor_id", String(64), primary_key=True),
    Column("name", String(32), primary_key=True),
    Column("value", String(300), nullable=False),
    Column("said_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    Index("customer_facts_by_use", "used_at"),
)
"""What visitors, and the pages they were on, said of them: the last word for each fact.
``used_at``: when it was last said, or brought into a new conversation."""

visitor_conversations = Table(
    "visitor_conversations",
    metadata,
    Column("visitor_id", String(64), primary_key=True),
    Column("conversation_id", String(64), primary_key=True),
    Column("opened_at", BigInteger, nullable=False),
    Index("visitor_conversations_by_age", "opened_at"),
)
"""Which conversations visitors have opened, the newest: a projection of the log."""

asked_twice = Table(
    "asked_twice",
    metadata,
    Column("field", String(64), primary_key=True),
    Column("day", BigInteger, primary_key=True),
    Column("times", BigInteger, nullable=False),
)
"""How often a visitor was asked for what was known, by day: its number since 1970-01-01 UTC."""

"""The records as they were when SQLite was the only place for them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table("schema_version", sa.Column("version", sa.Integer, nullable=False))
    op.execute("INSERT INTO schema_version (version) VALUES (1)")
    op.create_table(
        "agents",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("email", sa.String(254), nullable=False, unique=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("password_hash", sa.String(255)),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("disabled", sa.Boolean, nullable=False),
    )
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("secret_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("agent_id", sa.String(64), nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
    )
    op.create_index("sessions_by_agent", "sessions", ["agent_id"])
    op.create_table(
        "sign_in_links",
        sa.Column("secret_hash", sa.String(64), primary_key=True),
        sa.Column("agent_id", sa.String(64), nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "visitor_families",
        sa.Column("family", sa.String(64), primary_key=True),
        sa.Column("visitor_id", sa.String(64), nullable=False),
        sa.Column("issued", sa.BigInteger, nullable=False),
        sa.Column("confirmed", sa.BigInteger, nullable=False),
        sa.Column("confirmed_at", sa.BigInteger, nullable=False),
        sa.Column("revoked", sa.Boolean, nullable=False),
    )
    op.create_table(
        "inbox",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("inbox", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("closed", sa.Boolean, nullable=False),
        sa.Column("agent_id", sa.String(64)),
        sa.Column("waiting_since", sa.BigInteger),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("last_offset", sa.BigInteger, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
    )
    op.create_index("inbox_by_wait", "inbox", ["inbox", "state", "waiting_since", "id"])
    op.create_index("inbox_by_agent", "inbox", ["inbox", "agent_id", "state", "updated_at", "id"])
    op.create_index("inbox_by_change", "inbox", ["inbox", "closed", "updated_at", "id"])
    op.create_table(
        "customers",
        sa.Column("visitor_id", sa.String(64), primary_key=True),
        sa.Column("email", sa.String(254)),
        sa.Column("name", sa.String(100)),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
    )
    op.create_index("customers_by_email", "customers", ["email"])

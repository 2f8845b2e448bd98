"""How many conversations a visitor had before counts for an expert."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "visitor_conversations",
        sa.Column("visitor_id", sa.String(64), primary_key=True),
        sa.Column("conversation_id", sa.String(64), primary_key=True),
        sa.Column("opened_at", sa.BigInteger, nullable=False),
    )
    op.create_index("visitor_conversations_by_age", "visitor_conversations", ["opened_at"])
    op.execute("UPDATE schema_version SET version = 9")

"""Conversations that are not in the log any more."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "archive_channels",
        sa.Column("name", sa.String(255), primary_key=True),
        sa.Column("last_offset", sa.BigInteger, nullable=False),
        sa.Column("last_id", sa.String(64), nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
        sa.Column("state_offset", sa.BigInteger, nullable=False),
        sa.Column("marks", sa.Text, nullable=False),
        sa.Column("whole", sa.Boolean, nullable=False),
    )
    op.create_table(
        "archive_entries",
        sa.Column("channel", sa.String(255), primary_key=True),
        sa.Column("offset", sa.BigInteger, primary_key=True),
        sa.Column("entry", sa.LargeBinary, nullable=False),
    )
    op.add_column(
        "inbox", sa.Column("archived", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.create_index("inbox_by_age", "inbox", ["archived", "updated_at", "id"])
    op.execute("UPDATE schema_version SET version = 3")

"""Experts stand before others that wait."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("inbox", sa.Column("turn", sa.Integer, nullable=False, server_default="1"))
    op.drop_index("inbox_by_wait", "inbox")
    op.create_index("inbox_by_turn", "inbox", ["inbox", "state", "turn", "waiting_since", "id"])
    op.execute("UPDATE schema_version SET version = 8")

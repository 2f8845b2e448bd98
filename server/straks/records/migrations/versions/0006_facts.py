"""What is known of visitors over conversations."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "customer_facts",
        sa.Column("visitor_id", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("value", sa.String(300), nullable=False),
        sa.Column("said_at", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.BigInteger, nullable=False),
    )
    op.create_index("customer_facts_by_use", "customer_facts", ["used_at"])
    for name in ("email", "name"):
        op.execute(
            "INSERT INTO customer_facts (visitor_id, name, value, said_at, used_at)"
            f" SELECT visitor_id, '{name}', {name}, updated_at, updated_at FROM customers"
            f" WHERE {name} IS NOT NULL"
        )
    op.execute("UPDATE schema_version SET version = 6")

"""What visitors ask, and the answers that are written in the console."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "questions",
        sa.Column("conversation", sa.String(64), primary_key=True),
        sa.Column("offset", sa.BigInteger, primary_key=True),
        sa.Column("id", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("visitor", sa.String(64), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("lang", sa.String(35)),
        sa.Column("answer", sa.String(64)),
        sa.Column("answer_lang", sa.String(35)),
        sa.Column("answered_at", sa.BigInteger, nullable=False),
        sa.Column("score", sa.Integer, nullable=False),
        sa.Column("helped", sa.Boolean),
        sa.Column("judged_at", sa.BigInteger, nullable=False),
        sa.Column("person", sa.Boolean, nullable=False),
        sa.Column("closed_at", sa.BigInteger),
        sa.Column("seconds", sa.Integer, nullable=False),
    )
    op.create_index("questions_by_time", "questions", ["at"])
    op.create_table(
        "answer_files",
        sa.Column("file", sa.String(128), primary_key=True),
        sa.Column("source", sa.Text),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.Column("author", sa.String(200), nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
    )
    op.create_index("answer_files_by_version", "answer_files", ["version"])
    op.create_table(
        "asked_twice",
        sa.Column("field", sa.String(64), primary_key=True),
        sa.Column("day", sa.BigInteger, primary_key=True),
        sa.Column("times", sa.BigInteger, nullable=False),
    )
    op.execute("UPDATE schema_version SET version = 5")

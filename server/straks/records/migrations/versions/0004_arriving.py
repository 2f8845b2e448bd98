"""Records know by which import they came, and what is in the archive is whole."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("deployment", sa.Column("import_id", sa.String(32)))
    # What had not come to its end is in the log still.
    op.execute(
        "DELETE FROM archive_entries WHERE channel IN"
        " (SELECT name FROM archive_channels WHERE NOT whole)"
    )
    op.execute("DELETE FROM archive_channels WHERE NOT whole")
    with op.batch_alter_table("archive_channels") as table:
        table.drop_column("whole")
    op.execute("UPDATE schema_version SET version = 4")

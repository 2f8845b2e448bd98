"""What servers that share the records have in common: an identity and a secret."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "deployment",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("secret", sa.LargeBinary),
    )
    # Releases from before revisions look here, and leave what is newer alone.
    op.execute("UPDATE schema_version SET version = 2")

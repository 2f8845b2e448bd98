"""What Alembic runs: the migrations, in a transaction that the caller has opened."""

from __future__ import annotations

from alembic import context

from straks.records.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()

"""The history of the tables, as Alembic tells it."""

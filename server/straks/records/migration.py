"""Which version of the tables a database has, and how it comes to the newest."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Connection, column, inspect, select, table, text

from straks.errors import StartError
from straks.records.schema import schema_version

__all__ = ["NEWEST", "check", "revision_of", "upgrade"]

NEWEST: Final = "0009"
"""The revision that this release works with: the last of ``migrations/versions``."""
_BEFORE: Final = "0001"
"""What SQLite files have that were made before revisions were noted."""
_ALEMBIC: Final = table("alembic_version", column("version_num"))
_LOCK: Final = 0x53_54_52_4B  # "STRK"
"""PostgreSQL's advisory lock of those who migrate."""


def revision_of(connection: Connection) -> str | None:
    """Tell the revision of a database; None when it is empty.

    Raises:
        StartError: it holds somebody else's tables.
    """
    tables = set(inspect(connection).get_table_names())
    if _ALEMBIC.name in tables:
        found = connection.scalar(select(_ALEMBIC.c.version_num))
        if found is not None:
            return str(found)
    if schema_version.name in tables:
        return _BEFORE
    if tables:
        raise StartError(
            f"The database {connection.engine.url.database} holds other tables "
            f"({min(tables)}); give Straks a database of its own."
        )
    return None


def check(connection: Connection) -> None:
    """See that a database is of this release.

    Raises:
        StartError: it is not; the message says what to do.
    """
    found = revision_of(connection)
    if found == NEWEST:
        return
    name = connection.engine.url.database
    if found is not None and found > NEWEST:
        raise StartError(
            f"The database {name} was written by a newer Straks (revision {found}, this one knows "
            f"{NEWEST}); install that release or choose another database."
        )
    raise StartError(
        f"The database {name} is at revision {found}, this release needs {NEWEST}: "
        "run `straks migrate` once, with the same settings."
    )


def upgrade(connection: Connection) -> tuple[str | None, str]:
    """Bring a database to the newest revision, in the transaction that is open.

    Several may do so at once: one does it. Returns the revisions before and after.

    Raises:
        StartError: it is of a newer release, or not ours.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    before = revision_of(connection)
    if before == NEWEST:
        return before, NEWEST
    if before is not None and before > NEWEST:
        check(connection)
    # Alembic takes its time to import, and is needed once in the life of a database.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "straks.records:migrations")
    config.attributes["connection"] = connection
    if before is not None and _ALEMBIC.name not in inspect(connection).get_table_names():
        command.stamp(config, before)
    command.upgrade(config, NEWEST)
    return before, NEWEST

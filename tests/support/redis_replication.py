"""A real Redis whose replicas can be kept from receiving anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from tests.support.redis_server import RedisServer

__all__ = ["ReplicatedServer"]

_USER: Final = "replica"
"""Replicas sign in as this user: who locks it out detaches them."""
_PASSWORD: Final = "for-replicas"
_USERS: Final = f"""\
user default on nopass ~* &* +@all
user {_USER} on >{_PASSWORD} -@all +psync +replconf +ping
"""


class ReplicatedServer(RedisServer):
    """A ``redis-server`` that is a master or a replica."""

    def __init__(self, directory: Path, **options: str) -> None:
        directory.mkdir(parents=True)
        users = directory / "users.acl"
        users.write_text(_USERS)
        settings = {
            "aclfile": str(users),
            "masteruser": _USER,
            "masterauth": _PASSWORD,
            "repl_diskless_sync_delay": "0",
            **options,
        }
        super().__init__(directory, **settings)

    def replication(self) -> dict[str, Any]:
        """Give what it says of its master and its replicas."""
        with self.client() as client:
            found: dict[str, Any] = client.info("replication")
            return found

    def follows(self) -> bool:
        """Tell whether it is a replica that receives what its master is told."""
        return self.replication().get("master_link_status") == "up"

    def follows_to(self, offset: int) -> bool:
        """Tell whether it is a replica that has received all up to an offset of its master."""
        known = self.replication()
        return known.get("master_link_status") == "up" and known["slave_repl_offset"] >= offset

    def lock_replicas_out(self) -> None:
        """Give nothing to replicas any more; a restart ends that."""
        with self.client() as client:
            client.execute_command("ACL SETUSER", _USER, "off")
            client.execute_command("CLIENT KILL", "TYPE", "replica")

    def let_replicas_in(self) -> None:
        """End :meth:`lock_replicas_out`."""
        with self.client() as client:
            client.execute_command("ACL SETUSER", _USER, "on")

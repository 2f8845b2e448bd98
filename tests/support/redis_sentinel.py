"""A real Redis with a replica and Sentinels for tests, on free ports of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import redis

from tests.support.redis_replication import ReplicatedServer
from tests.support.redis_server import RedisServer

__all__ = ["NAME", "RedisSentinel", "Sentinel", "redis_sentinel"]

NAME: Final = "mymaster"
"""What the sentinels call the master."""

_TIME: Final = 40.0
"""Seconds that they may take to agree, on a busy machine."""
_PATIENT: Final = 60_000
"""Milliseconds: nobody counts as dead meanwhile that only waits for its disk.

A replica may have been without its master ten times as long, and be promoted."""


class Sentinel(RedisServer):
    """One sentinel: what it knows it keeps in a file of its own."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True)
        super().__init__(directory)
        self._configuration = directory / "sentinel.conf"
        self._command = [self._command[0], str(self._configuration), "--sentinel"]

    def configure(self, master: RedisServer, quorum: int, down_after: int) -> None:
        """Tell it whom to watch; times are in milliseconds."""
        self._configuration.write_text(
            f"bind 127.0.0.1\nport {self.port}\ndir {self.directory}\n"
            f"sentinel monitor {NAME} 127.0.0.1 {master.port} {quorum}\n"
            f"sentinel down-after-milliseconds {NAME} {down_after}\n"
            f"sentinel failover-timeout {NAME} 5000\n"
        )

    def ask(self, *command: str | int) -> Any:
        """Give its answer to one command."""
        with self.client() as client:
            return client.execute_command(*command)

    def master(self) -> int:
        """Give the port of the server that it takes for the master."""
        found: tuple[str, int] = self.ask("SENTINEL GET-MASTER-ADDR-BY-NAME", NAME)
        return found[1]


class RedisSentinel:
    """A master, a replica, and sentinels that watch them.

    ``servers`` are the master that it begins with, and its replica. A master that died and was
    started again follows the new one when the sentinels have noticed it, in some ten seconds.
    """

    def __init__(
        self, directory: Path, *, sentinels: int = 1, down_after: float = 0.5, **options: str
    ) -> None:
        """Prepare all; ``options`` are those of redis.conf of the two servers, ``_`` for ``-``.

        ``down_after`` is in seconds: a master that was killed counts as dead after so long. One
        that lives may be silent much longer, on a busy machine.
        """
        self.servers = [
            ReplicatedServer(directory / name, **options) for name in ("first", "second")
        ]
        self.sentinels = [Sentinel(directory / f"sentinel{n}") for n in range(sentinels)]
        self._down_after = round(down_after * 1000)
        for sentinel in self.sentinels:
            sentinel.configure(self.servers[0], sentinels // 2 + 1, _PATIENT)
        self._detached = False

    @property
    def url(self) -> str:
        """The address that the log is opened with."""
        addresses = ",".join(f"127.0.0.1:{sentinel.port}" for sentinel in self.sentinels)
        return f"redis+sentinel://{addresses}/{NAME}/0"

    @property
    def master(self) -> ReplicatedServer:
        """The server that the sentinels take for the master."""
        port = self.sentinels[0].master()
        return next(server for server in self.servers if server.port == port)

    @property
    def replica(self) -> ReplicatedServer:
        """The other server."""
        master = self.master
        return next(server for server in self.servers if server is not master)

    def start(self) -> None:
        """Start all, and return when the sentinels know everybody.

        Raises:
            RuntimeError: they do not.
        """
        master, replica = self.servers
        master.start()
        replica.start()
        with replica.client() as client:
            client.replicaof("127.0.0.1", str(master.port))
        _until("follow its master", replica.follows)
        for sentinel in self.sentinels:
            sentinel.start()
        _until("be known to all", lambda: all(self._knows_all(each) for each in self.sentinels))

    def kill(self) -> None:
        """End all at once, as a power cut would."""
        for process in (*self.sentinels, *self.servers):
            process.kill()

    def empty(self) -> None:
        """Remove all data."""
        self.master.empty()

    def detach_replica(self) -> None:
        """Let the replica receive nothing more than what is acknowledged by now.

        Returns when it has that, which is all that it will ever have.
        """
        replica = self.replica
        offset = self.master.replication()["master_repl_offset"]
        _until("receive what there is", lambda: replica.follows_to(offset))
        self.master.lock_replicas_out()
        _until("lose its master", lambda: not replica.follows())
        self._detached = True

    def attach_replica(self) -> None:
        """End :meth:`detach_replica`; returns when the replica follows."""
        self.master.let_replicas_in()
        _until("follow its master", self.replica.follows)
        self._detached = False

    def promote(self) -> ReplicatedServer:
        """Kill the master, and let the sentinels make its replica the master; give the old one.

        Returns at once; see :meth:`wait_promoted`.
        """
        old = self.master
        old.kill()
        if self._detached:
            # By themselves they take no replica that was without its master for a while.
            self._hand_over()
        else:
            self._set_down_after(self._down_after)
        return old

    def hand_over(self) -> ReplicatedServer:
        """Have the replica promoted while the master lives on; give the old master.

        It still takes writes, which will be lost, until the sentinels turn it into a replica.
        Returns at once; see :meth:`wait_promoted`.
        """
        old = self.master
        self._hand_over()
        return old

    def wait_promoted(self, old: ReplicatedServer) -> ReplicatedServer:
        """Wait until all sentinels name another master than ``old``, and it is one; give it.

        Raises:
            RuntimeError: they do not.
        """
        new = next(server for server in self.servers if server is not old)

        def promoted() -> bool:
            named = {sentinel.master() for sentinel in self.sentinels}
            return named == {new.port} and new.replication()["role"] == "master"

        _until("be promoted", promoted)
        self._set_down_after(_PATIENT)
        self._detached = False
        return new

    def wait_replica(self, old: ReplicatedServer) -> None:
        """Wait until a former master that lives follows the new one.

        Raises:
            RuntimeError: it does not.
        """
        _until("be a replica", old.follows)

    def _hand_over(self) -> None:
        self.sentinels[0].ask("SENTINEL FAILOVER", NAME)

    def _set_down_after(self, milliseconds: int) -> None:
        for sentinel in self.sentinels:
            sentinel.ask("SENTINEL SET", NAME, "down-after-milliseconds", milliseconds)

    def _knows_all(self, sentinel: Sentinel) -> bool:
        master = sentinel.ask("SENTINEL MASTER", NAME)
        return (
            master["num-slaves"] == 1
            and master["num-other-sentinels"] == len(self.sentinels) - 1
            and all(
                replica["role-reported"] == "slave" and replica["flags"] == "slave"
                for replica in sentinel.ask("SENTINEL SLAVES", NAME)
            )
        )


@contextmanager
def redis_sentinel(directory: Path, **options: Any) -> Iterator[RedisSentinel]:
    """Run them while the block runs; ``options`` as of :class:`RedisSentinel`."""
    watched = RedisSentinel(directory, **options)
    with ExitStack() as stack:
        stack.callback(watched.kill)
        watched.start()
        yield watched


def _until(what: str, holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _TIME
    while True:
        try:
            if holds():
                return
        except redis.RedisError as error:
            problem = str(error)
        else:
            problem = "it does not"
        if time.monotonic() > deadline:
            raise RuntimeError(f"Redis should {what}: {problem}")
        time.sleep(0.05)

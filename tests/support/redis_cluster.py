"""A real Redis Cluster for tests, on free ports of its own."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import redis
from redis.crc import key_slot

from bench.ports import free_port
from tests.support.redis_replication import ReplicatedServer

__all__ = ["SLOTS", "ClusterNode", "RedisCluster", "redis_cluster"]

SLOTS: Final = 16_384
_TIME: Final = 40.0
"""Seconds that the nodes may take to agree, on a busy machine."""
_PATIENT: Final = 30_000
"""Milliseconds without a word after which a node counts as dead; it may only wait for its disk."""
_IMPATIENT: Final = 1_000
"""The same while a replica is to take over."""
_HAND_OVER_TIME: Final = 5.0
"""Seconds after which a replica that was to take over has given up."""
_MOVED_AT_ONCE: Final = 100
"""Keys."""
_MOVE_MILLISECONDS: Final = 10_000


class ClusterNode(ReplicatedServer):
    """One ``redis-server`` of a cluster."""

    def __init__(self, directory: Path, options: Mapping[str, str]) -> None:
        self.bus = free_port()
        settings = {
            "cluster_enabled": "yes",
            "cluster_port": str(self.bus),
            "cluster_node_timeout": str(_PATIENT),
            # A replica that was cut off from its master may take over all the same.
            "cluster_replica_validity_factor": "0",
            **options,
        }
        super().__init__(directory, **settings)
        self.id = ""
        """What the cluster calls it, whatever happens."""

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        super().start()
        self.id = self.ask("CLUSTER MYID").decode()

    def ask(self, *command: str | int) -> Any:
        """Give its answer to one command."""
        with self.client() as client:
            return client.execute_command(*command)

    def alive(self) -> bool:
        """Tell whether it answers."""
        try:
            return bool(self.ask("PING"))
        except redis.RedisError:
            return False

    def nodes(self) -> Mapping[str, Mapping[str, Any]]:
        """Give what it believes of all nodes, by their id."""
        found: dict[str, dict[str, Any]] = self.ask("CLUSTER NODES")
        return {details["node_id"]: details for details in found.values()}

    def slots(self) -> list[tuple[int, int]]:
        """Give the first and last of each range that it serves; a replica serves none."""
        ranges = self.nodes()[self.id]["slots"]
        return [(int(each[0]), int(each[-1])) for each in ranges]


class RedisCluster:
    """Several ``redis-server`` processes that are one cluster.

    ``nodes`` are first the masters that it begins with, then a replica of each where there are
    replicas. Each may be killed, and started again: its replica takes over only when it is told
    to, by :meth:`promote` and others.
    """

    def __init__(
        self,
        directory: Path,
        *,
        masters: int = 3,
        replicas: bool = False,
        **options: str,
    ) -> None:
        """Prepare a cluster; ``options`` are those of redis.conf with ``_`` for ``-``."""
        count = masters * 2 if replicas else masters
        self.nodes = [ClusterNode(directory / f"node{number}", options) for number in range(count)]
        self._masters = masters
        self._made = False

    @property
    def url(self) -> str:
        """The address that the log is opened with: all that the cluster began with."""
        return f"redis://{','.join(node.address for node in self.nodes)}"

    @property
    def masters(self) -> list[ClusterNode]:
        """Those that serve slots now, in the order of their slots."""
        served = {node: node.slots() for node in self.nodes if node.alive()}
        return sorted((node for node in served if served[node]), key=lambda node: served[node])

    def start(self) -> None:
        """Start all that do not run, and wait until they are one; the first time, make it so.

        Raises:
            RuntimeError: they do not agree.
        """
        for node in self.nodes:
            if not node.alive():
                node.start()
        if not self._made:
            self._make()
            self._made = True
        self.wait_ok()

    def kill(self) -> None:
        """End all at once, as a power cut would."""
        for node in self.nodes:
            node.kill()

    def empty(self) -> None:
        """Remove all data."""
        for node in self.masters:
            node.empty()

    def master_of(self, key: str) -> ClusterNode:
        """Give the node that a key is on now."""
        slot = key_slot(key.encode())
        for node in self.masters:
            if any(first <= slot <= last for first, last in node.slots()):
                return node
        raise AssertionError(f"nobody serves {key}")

    def replica_of(self, master: ClusterNode) -> ClusterNode:
        """Give a node that follows another now."""
        for node in self.nodes:
            if node.alive() and node.nodes()[node.id]["master_id"] == master.id:
                return node
        raise AssertionError("it has no replica")

    def detach_replica(self, master: ClusterNode) -> None:
        """Let a master's replica receive nothing more than what is acknowledged by now.

        Returns when it has that, which is all that it will ever have.

        It may take over like that. That, or a restart of the master, ends it.
        """
        replica = self.replica_of(master)
        offset = master.replication()["master_repl_offset"]
        self._until("follow", lambda: replica.follows_to(offset))
        master.lock_replicas_out()
        self._until("part", lambda: not replica.follows())

    def promote(self, master: ClusterNode) -> None:
        """Kill a master, and let its replica take over.

        Returns at once; see :meth:`wait_replaced`.
        """
        master.kill()
        self._set_node_timeout(_IMPATIENT)

    def hand_over(self, master: ClusterNode) -> None:
        """Have its replica take over in good order: it receives everything before.

        Returns when all know it. The masters agree to it once in two node timeouts.

        Raises:
            RuntimeError: they do not.
        """
        replica, asked_at = self.replica_of(master), float("-inf")

        def replaced() -> bool:
            nonlocal asked_at
            if self._is_replaced(master):
                return self._ok()
            if time.monotonic() > asked_at + _HAND_OVER_TIME:
                replica.ask("CLUSTER FAILOVER")
                asked_at = time.monotonic()
            return False

        self._set_node_timeout(_IMPATIENT)
        self._until("replace a master", replaced)
        self._set_node_timeout(_PATIENT)

    def take_over(self, master: ClusterNode) -> None:
        """Have its replica take over at once, with what it has; the master lives on.

        It still takes writes, which will be lost, until it hears of it.
        """
        self.replica_of(master).ask("CLUSTER FAILOVER", "TAKEOVER")
        master.let_replicas_in()

    def wait_replaced(self, old: ClusterNode) -> None:
        """Return when all living nodes know that another serves what a master served.

        Raises:
            RuntimeError: they do not.
        """
        self._until("replace a master", lambda: self._is_replaced(old) and self._ok())
        self._set_node_timeout(_PATIENT)

    def move_slots(self, first: int, last: int, to: ClusterNode) -> None:
        """Bring slots, with their keys, to another master; clients may go on meanwhile."""
        for source in self.masters:
            for low, high in source.slots() if source is not to else ():
                for slot in range(max(first, low), min(last, high) + 1):
                    self._move(slot, source, to)

    def wait_ok(self) -> None:
        """Return when all living nodes say that the cluster is whole, and replicas follow.

        Raises:
            RuntimeError: they do not.
        """
        self._until("agree", self._ok)

    def _make(self) -> None:
        per_master = -(-SLOTS // self._masters)
        for number, node in enumerate(self.nodes):
            node.ask("CLUSTER SET-CONFIG-EPOCH", number + 1)
            if number < self._masters:
                last = min((number + 1) * per_master, SLOTS) - 1
                node.ask("CLUSTER ADDSLOTSRANGE", number * per_master, last)
        for one, other in combinations(self.nodes, 2):  # gossip alone would take its time
            one.ask("CLUSTER MEET", "127.0.0.1", other.port, other.bus)
        self._until("meet", self._met)
        for number, node in enumerate(self.nodes[self._masters :]):
            node.ask("CLUSTER REPLICATE", self.nodes[number].id)

    def _set_node_timeout(self, milliseconds: int) -> None:
        for node in self.nodes:
            if node.alive():
                node.ask("CONFIG SET", "cluster-node-timeout", milliseconds)

    def _is_replaced(self, old: ClusterNode) -> bool:
        living = [node for node in self.nodes if node.alive()]
        return not any(node.nodes()[old.id]["slots"] for node in living)

    def _met(self) -> bool:
        ids = {node.id for node in self.nodes}
        return all(node.nodes().keys() == ids for node in self.nodes)

    def _ok(self) -> bool:
        living = [node for node in self.nodes if node.alive()]
        # One that has just been started may still take itself for the master that it was.
        slots = [{each: of["slots"] for each, of in node.nodes().items()} for node in living]
        return slots.count(slots[0]) == len(living) and all(
            self._agrees(node, living) for node in living
        )

    def _agrees(self, node: ClusterNode, living: Sequence[ClusterNode]) -> bool:
        known = node.nodes()
        links = node.replication()
        return (
            node.ask("CLUSTER INFO")["cluster_state"] == "ok"
            and not any("fail" in known[other.id]["flags"] for other in living)
            and links.get("master_link_status", "up") == "up"
        )

    def _move(self, slot: int, source: ClusterNode, to: ClusterNode) -> None:
        to.ask("CLUSTER SETSLOT", slot, "IMPORTING", source.id)
        source.ask("CLUSTER SETSLOT", slot, "MIGRATING", to.id)
        while keys := source.ask("CLUSTER GETKEYSINSLOT", slot, _MOVED_AT_ONCE):
            timeout = _MOVE_MILLISECONDS
            source.ask("MIGRATE", "127.0.0.1", to.port, "", 0, timeout, "KEYS", *keys)
        # The one that gets it first, or nobody would serve it for a moment.
        rest = [node for node in self.masters if node not in (to, source)]
        for node in (to, source, *rest):
            node.ask("CLUSTER SETSLOT", slot, "NODE", to.id)

    def _until(self, what: str, holds: Callable[[], bool]) -> None:
        deadline = time.monotonic() + _TIME
        while not holds():
            if time.monotonic() > deadline:
                state = "\n".join(str(node.nodes()) for node in self.nodes if node.alive())
                raise RuntimeError(f"the nodes of the cluster do not {what}:\n{state}")
            time.sleep(0.05)


@contextmanager
def redis_cluster(directory: Path, **options: Any) -> Iterator[RedisCluster]:
    """Run a cluster while the block runs; ``options`` as of :class:`RedisCluster`."""
    cluster = RedisCluster(directory, **options)
    with ExitStack() as stack:
        stack.callback(cluster.kill)
        cluster.start()
        yield cluster

"""Nodes in one process that tell each other things, or do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from straks.log.nodes import Heard

__all__ = ["BusNode", "NodeBus"]


class NodeBus:
    """What lies between nodes. What is told waits until :meth:`deliver`."""

    def __init__(self) -> None:
        self.nodes: dict[str, BusNode] = {}
        self.waiting: list[tuple[BusNode, str, str, bytes]] = []

    def join(self, name: str) -> BusNode:
        """Add a node; the others see it."""
        node = self.nodes[name] = BusNode(self, name)
        self.tell_changes()
        return node

    def kill(self, name: str) -> None:
        """Take a node away, as when its lease ends."""
        del self.nodes[name]
        self.tell_changes()

    def tell_changes(self) -> None:
        for node in list(self.nodes.values()):
            node.changed()

    def deliver(self) -> int:
        """Hand over what waits; tells how much that was."""
        waiting, self.waiting = self.waiting, []
        for node, channel, teller, message in waiting:
            if node.name in self.nodes and node.heard is not None:
                node.heard(channel, teller, message)
        return len(waiting)

    def lose(self) -> None:
        """Lose what waits."""
        self.waiting.clear()


class BusNode:
    """One node; implements ``Nodes``."""

    connected = True

    def __init__(self, bus: NodeBus, name: str) -> None:
        self.bus = bus
        self.name = name
        self.followed: set[str] = set()
        self.heard: Heard | None = None
        self.noted = b""
        self.changed: Callable[[], None] = lambda: None
        self._synced: Callable[[str], None] = lambda _channel: None

    def follow(self, channel: str) -> None:
        """Hear of a channel from now on."""
        self.followed.add(channel)
        self._synced(channel)

    def tell(self, channel: str, message: bytes) -> None:
        for node in self.bus.nodes.values():
            if node is not self and channel in node.followed:
                self.bus.waiting.append((node, channel, self.name, message))

    def tell_all(self, message: bytes) -> None:
        for node in self.bus.nodes.values():
            if node is not self:
                self.bus.waiting.append((node, "", self.name, message))

    def hear(self, heard: Heard) -> None:
        self.heard = heard

    def on_sync(self, synced: Callable[[str], None]) -> None:
        self._synced = synced

    def note(self, note: bytes) -> None:
        self.noted = note
        for node in self.bus.nodes.values():
            if node is not self:
                node.changed()

    def others(self) -> Mapping[str, bytes]:
        return {n.name: n.noted for n in self.bus.nodes.values() if n is not self}

    def on_change(self, changed: Callable[[], None]) -> None:
        self.changed = changed

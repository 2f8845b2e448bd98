"""Nodes in one process that tell each other things, or do not."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set

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
        """Take a node away, as when its lease ends. It tells and hears nothing more."""
        self.nodes.pop(name).connected = False
        self.tell_changes()

    def end(self, name: str) -> None:
        """End a node in good order: it counts until :meth:`kill`, and tells and hears nothing."""
        self.nodes[name].ended = True
        self.tell_changes()

    def cut(self, name: str) -> None:
        """Keep a node from the others for longer than its lease; it lives on."""
        self.nodes[name].connected = False
        self.tell_changes()

    def heal(self, name: str) -> None:
        """End :meth:`cut`."""
        self.nodes[name].connected = True
        self.tell_changes()
        self.nodes[name].sync()

    def tell_changes(self) -> None:
        for node in list(self.nodes.values()):
            node.changed()

    def carry(self, teller: BusNode, node: BusNode, channel: str, message: bytes) -> None:
        """Take what ``teller`` tells ``node``."""
        if teller.ended or node.ended:
            return
        if node is not teller and node.connected and self.nodes.get(teller.name) is teller:
            self.waiting.append((node, channel, teller.name, message))

    def deliver(self) -> int:
        """Hand over what waits; tells how much that was."""
        waiting, self.waiting = self.waiting, []
        for node, channel, teller, message in waiting:
            if self.nodes.get(node.name) is node and node.connected and node.heard is not None:
                node.heard(channel, teller, message)
        return len(waiting)

    def lose(self) -> None:
        """Lose what waits, and let nobody know."""
        self.waiting.clear()


class BusNode:
    """One node; implements ``Nodes``."""

    def __init__(self, bus: NodeBus, name: str) -> None:
        self.bus = bus
        self.name = name
        self.connected = True
        self.ended = False
        self.followed: set[str] = set()
        self.heard: Heard | None = None
        self.noted = b""
        self.changed: Callable[[], None] = lambda: None
        self._synced: Callable[[str], None] = lambda _channel: None
        self._seen: Mapping[str, bytes] = {}
        """The others, when they could be seen last."""

    def follow(self, channel: str) -> None:
        """Hear of a channel from now on."""
        self.followed.add(channel)
        if self.connected:
            self._synced(channel)

    def sync(self) -> None:
        """Hear all again, after what was told may have been lost."""
        for channel in ["", *sorted(self.followed)]:
            self._synced(channel)

    def tell(self, channel: str, message: bytes) -> None:
        if self.connected:
            for node in self.bus.nodes.values():
                if channel in node.followed:
                    self.bus.carry(self, node, channel, message)

    def tell_all(self, message: bytes) -> None:
        if self.connected:
            for node in self.bus.nodes.values():
                self.bus.carry(self, node, "", message)

    def hear(self, heard: Heard) -> None:
        self.heard = heard

    def on_sync(self, synced: Callable[[str], None]) -> None:
        self._synced = synced

    def note(self, note: bytes) -> None:
        self.noted = note
        if self.connected:
            self.bus.tell_changes()

    def others(self) -> Mapping[str, bytes]:
        if not self.connected:
            return self._seen
        self._seen = {
            node.name: node.noted
            for node in self.bus.nodes.values()
            if node is not self and node.connected
        }
        return self._seen

    @property
    def leaving(self) -> Set[str]:
        return {node.name for node in self.bus.nodes.values() if node.ended}

    def on_change(self, changed: Callable[[], None]) -> None:
        self.changed = changed

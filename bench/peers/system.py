"""What a messaging server is to the benchmark, whichever it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil

__all__ = ["Client", "Server", "System", "Terms", "marked", "mark_of"]

_TEXT: Final = " Hello, my parcel has not come yet. It was to be here on Tuesday, order 48151623. "


def marked(mark: int) -> str:
    """Give a text of a visitor, the same length for each mark, that is known again by it."""
    return f"{mark:012}{_TEXT}"


def mark_of(text: str) -> int:
    """Tell the mark of a text."""
    return int(text[:12])


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an acknowledgement of a system is worth, in the words of the report."""

    durable: str
    """Whether what is acknowledged is on a disk."""
    ordered: str
    resumable: str
    missing: str = ""
    """What Straks does in the same time and this system does not."""


class Client(ABC):
    """One connection, that has been let in."""

    def __init__(self) -> None:
        self.on_entry: Callable[[str, int], None] = lambda _channel, _mark: None
        """Told of each message of a channel that was subscribed to, with its mark."""

    @abstractmethod
    async def subscribe(self, channel: str) -> None:
        """Get what is published on a channel from now on."""

    @abstractmethod
    def publish(self, channel: str, mark: int, settle: Callable[[], None]) -> None:
        """Publish :func:`marked`; ``settle`` is called when it is acknowledged."""

    @abstractmethod
    def close(self) -> None:
        """Cut the connection."""

    async def resume(self, before: Client, channel: str) -> list[int]:
        """Subscribe where an earlier connection stood; give the marks of what it has missed."""
        raise NotImplementedError


class Server(ABC):
    """A system that runs."""

    def __init__(self, port: int, pids: Sequence[int], storage: Sequence[int] = ()) -> None:
        """``pids``: of the server's processes; ``storage``: of what it keeps its data in."""
        self.port: Final = port
        self.pids: Final = tuple(pids)
        self.storage_pids: Final = tuple(storage)

    def cpu_seconds(self) -> float:
        """CPU time of the server so far, all threads, user and system."""
        return _cpu_seconds(self.pids)

    def storage_cpu_seconds(self) -> float:
        """The same of what it keeps its data in."""
        return _cpu_seconds(self.storage_pids)

    def memory(self) -> int:
        """Bytes of the server that are in memory."""
        return sum(psutil.Process(pid).memory_info().rss for pid in self.pids)

    @abstractmethod
    async def connect(self, *, agent: bool = False) -> Client:
        """Connect and be let in, as a visitor or an agent where that is not the same."""

    async def again(self, before: Client) -> Client:
        """Connect as the same visitor as an earlier connection."""
        return await self.connect()

    @abstractmethod
    async def channel(self, visitor: Client, agent: Client | None) -> str:
        """Make a channel that this visitor may publish on.

        ``agent``: who is subscribed to it.
        """


class System(ABC):
    """A system that can be started."""

    name: str
    terms: Terms
    cannot: Mapping[str, str] = {}
    """Scenarios that it cannot do, and why, in the words of the report."""

    def lacking(self) -> str | None:
        """Say what is not installed that it needs; None: it can be started."""
        return None

    @abstractmethod
    def start(self, folder: Path) -> AbstractAsyncContextManager[Server]:
        """Start it with its data in an empty folder, on the core of servers.

        Raises:
            StartFailedError: it does not come up.
        """


def _cpu_seconds(pids: Sequence[int]) -> float:
    return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in pids)

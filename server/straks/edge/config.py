"""What an operator or a test can set of the edge."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from straks.config import Settings
from straks.edge.limits import Rate
from straks_protocol import MAX_DEPTH
from straks_protocol.kinds import MAX_TEXT

__all__ = ["AGENT_FACTOR", "EdgeConfig"]

AGENT_FACTOR: Final = 5
"""How much more than a visitor an agent or an app may send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeConfig:
    """Addresses, sizes in bytes, times in seconds."""

    host: str = "127.0.0.1"
    port: int = 8080
    tls_cert: Path | None = None
    tls_key: Path | None = None
    trusted_proxies: tuple[str, ...] = ()
    """Addresses or networks whose X-Forwarded-For holds."""

    max_connections: int = 50_000
    max_connections_per_address: int = 1_000
    limit_loopback: bool = False
    """Count the machine's own address like any other. By default it is not limited: there it is
    a proxy that nobody declared, or a developer."""
    header_bytes: int = 16 * 1024
    header_seconds: float = 10.0
    hello_seconds: float = 10.0
    close_seconds: float = 5.0
    heartbeat: float = 25.0
    drain_seconds: float = 10.0
    wheel_tick: float = 0.1

    frame_bytes: int = 64 * 1024
    reply_bytes: int = 256 * 1024
    """Most bytes of entry data in one page."""
    mailbox_bytes: int = 512 * 1024
    """What may wait for a connection that reads too slowly, beside its transport's buffer."""
    page: int = 100
    """Most entries in one reply."""
    subscriptions: int = 200
    """Of a visitor's connection."""
    requests: int = 32
    """Unanswered subscribe, history, presence and ask requests of one connection."""
    publishes: int = 512
    """Unanswered publish and open requests of one connection."""
    errors: int = 20
    """Bad frames in a row after which a connection is closed."""

    publish_rate: Rate = Rate(20, 60)
    signal_rate: Rate = Rate(10, 40)
    read_rate: Rate = Rate(50, 200)
    """Of subscribe, history, presence and read."""
    ask_rate: Rate = Rate(5, 20)
    hello_rate: Rate = Rate(20, 200)
    """Per address."""
    open_rate: Rate = Rate(1, 30)
    """Per address."""

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Take what an operator has set."""
        return cls(
            host=settings.host,
            port=settings.port,
            tls_cert=settings.tls_cert,
            tls_key=settings.tls_key,
            trusted_proxies=settings.trusted_proxies,
            max_connections=settings.max_connections,
            max_connections_per_address=settings.max_connections_per_address,
            heartbeat=settings.heartbeat,
            drain_seconds=settings.drain_seconds,
            publish_rate=Rate(settings.publish_rate, settings.publish_burst),
            read_rate=Rate(settings.read_rate, settings.read_burst),
        )

    def limits(self, factor: float) -> dict[str, Any]:
        """Give ``welcome.limits`` for someone who may publish ``factor`` times as much."""
        rate = self.publish_rate.times(factor)
        return {
            "frame": self.frame_bytes,
            "text": MAX_TEXT,
            "depth": MAX_DEPTH,
            "subscriptions": round(self.subscriptions * factor),
            "page": self.page,
            "publish_rate": rate.per_second,
            "publish_burst": rate.burst,
        }

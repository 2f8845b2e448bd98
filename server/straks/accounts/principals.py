"""Who a connection acts for."""

from __future__ import annotations

from dataclasses import dataclass, field

from straks_protocol import Principal as WirePrincipal
from straks_protocol.messages import PrincipalKind

__all__ = ["RESPONDER", "SERVER", "Principal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """A visitor, an agent, an app or the server itself, with what they may do."""

    kind: PrincipalKind
    id: str
    name: str | None = None
    session: str | None = None
    """What ends this principal's connections when it is revoked: an agent's session, or the
    family of a visitor's tokens."""
    scopes: frozenset[str] = frozenset()
    """What an app may do, e.g. ``message``, ``answer``, ``app:orders:publish``."""
    expires_at: float | None = None
    """Seconds since the epoch; after it the connection must authenticate anew."""
    sender: str = field(init=False)
    """``kind:id``, the name that the log knows."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "sender", f"{self.kind}:{self.id}")

    def wire(self) -> WirePrincipal:
        """Give the part that others see."""
        return WirePrincipal(kind=self.kind, id=self.id, name=self.name)


SERVER = Principal(kind="server", id="straks")
"""The server's own hand: inbox summaries, reasons of assignment."""

RESPONDER = Principal(kind="app", id="answers", scopes=frozenset({"answer"}))
"""The automatic answers."""

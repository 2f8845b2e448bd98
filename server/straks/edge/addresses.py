"""Whose address a connection comes from."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import TypeAlias

from straks.accounts.throttle import network_of

__all__ = ["TrustedProxies"]

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


class TrustedProxies:
    """Knows the proxies whose ``X-Forwarded-*`` headers hold, and reads them."""

    def __init__(self, networks: Iterable[str], *, limit_loopback: bool) -> None:
        """``limit_loopback``: count the machine's own address like any other.

        Raises:
            ValueError: one of them is no address or network.
        """
        self._networks: list[Network] = [ipaddress.ip_network(n, strict=False) for n in networks]
        self._limit_loopback = limit_loopback

    def __contains__(self, address: str) -> bool:
        if not self._networks:
            return False
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
            parsed = parsed.ipv4_mapped
        return any(parsed in network for network in self._networks)

    def client(self, peer: str, forwarded_for: Sequence[str]) -> str:
        """Give the client's address: the last one that no trusted proxy has.

        ``forwarded_for``: the values of that header, in the order of their coming.
        """
        if peer not in self:
            return peer
        hops = [hop.strip() for value in forwarded_for for hop in value.split(",")]
        for hop in reversed(hops):
            address = _without_port(hop)
            if not _is_address(address):
                return peer
            if address not in self:
                return address
        return _without_port(hops[0]) if hops else peer

    def counted(self, address: str) -> str | None:
        """Give what the limits per address count; None where they do not apply."""
        if not self._limit_loopback and _is_loopback(address):
            return None
        return network_of(address)


def _without_port(hop: str) -> str:
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    if hop.count(":") == 1:
        return hop.partition(":")[0]
    return hop


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=4096)
def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False

"""Where a Redis is, as its URL says."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, unquote, urlsplit

from straks.urls import take_apart

__all__ = ["Access", "Address", "Where", "parse"]

_PORT: Final = 6379
_SENTINEL_PORT: Final = 26379
_SCHEMES: Final = {
    "redis": False,
    "rediss": True,
    "unix": False,
    "redis+sentinel": False,
    "rediss+sentinel": True,
}


class Address(NamedTuple):
    """A TCP address, or the path of a socket with port 0."""

    host: str
    port: int

    def __str__(self) -> str:
        if self.port == 0:
            return self.host
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Access:
    """How a server lets us in."""

    username: str | None = None
    password: str | None = field(default=None, repr=False)
    database: int = 0
    tls: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True)
class Where:
    """What a URL says. ``service``: what Sentinels call the master, None without them."""

    addresses: tuple[Address, ...]
    access: Access
    service: str | None
    shown: str
    """The URL without its password."""


def parse(url: str) -> Where:
    """Read ``redis[s]://``, ``unix://`` or ``redis[s]+sentinel://[USER:PASSWORD@]HOST,HOST/NAME``.

    Several hosts without Sentinels are nodes of one cluster. With ``?ssl_ca_certs=FILE`` the
    server's certificate is checked against that file.

    Raises:
        ValueError: it is no such URL; the message says what is wrong, without the password.
    """
    scheme, users, hosts, path, query, _ = take_apart(url)
    if scheme not in _SCHEMES:
        raise ValueError("it must begin with redis://, rediss://, unix:// or redis+sentinel://")
    user, colon, password = users.partition(":")
    options = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)))
    tls = _tls(options.pop("ssl_ca_certs", None)) if _SCHEMES[scheme] else None
    sentinel = scheme.endswith("+sentinel")
    service: str | None = None
    if scheme == "unix":
        addresses: tuple[Address, ...] = (Address(unquote(path), 0),)
        database = options.pop("db", "")
    else:
        port = _SENTINEL_PORT if sentinel else _PORT
        addresses = tuple(_address(host, port) for host in hosts.split(","))
        database = path.lstrip("/")
    if sentinel:
        service, _, database = database.partition("/")
        if not service:
            raise ValueError("after the Sentinels' addresses must come /NAME of the master")
    if options:
        raise ValueError(f"it has an option that is not known: {min(options)}")
    if database and not database.isdecimal():
        raise ValueError("the database after the address must be a number")
    access = Access(
        username=unquote(user) or None,
        password=unquote(password) if colon else None,
        database=int(database or 0),
        tls=tls,
    )
    shown = f"{scheme}://{hosts}{path}"
    return Where(addresses, access, service, shown)


def _address(text: str, port: int) -> Address:
    parts = urlsplit(f"//{text}")
    if not parts.hostname:
        raise ValueError("a host is missing")
    return Address(parts.hostname, parts.port or port)


def _tls(certificates: str | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=certificates)
    except (OSError, ssl.SSLError) as error:
        raise ValueError(f"the file of ssl_ca_certs cannot be used: {error}") from error

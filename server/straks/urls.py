"""Addresses of storage, taken apart."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

__all__ = ["StorageURL", "take_apart"]

_END: Final = re.compile("[/?#]")
"""What ends the part of a URL that says where."""


class StorageURL(NamedTuple):
    """``SCHEME:[//[USERS@]HOSTS][PATH][?QUERY][#FRAGMENT]``; what is absent is empty."""

    scheme: str
    """In lower case."""
    users: str
    hosts: str
    path: str
    query: str
    fragment: str


def take_apart(text: str) -> StorageURL:
    """Take an address apart that may name several hosts.

    ``urlsplit`` knows one host; in Python 3.11.2 it refuses an IPv6 address behind another.
    """
    scheme, _, rest = text.strip().partition(":")
    place = _END.split(rest[2:], maxsplit=1)[0] if rest.startswith("//") else ""
    front, _, fragment = rest.removeprefix(f"//{place}").partition("#")
    path, _, query = front.partition("?")
    users, _, hosts = place.rpartition("@")
    return StorageURL(scheme.lower(), users, hosts, path, query, fragment)

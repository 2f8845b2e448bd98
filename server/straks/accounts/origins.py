"""Web origins: which sites may connect."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

__all__ = ["AllowedOrigins", "normalise_origin"]

_ORIGIN: Final = re.compile(r"(https?)://((?:\*\.)?[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::(\d{1,5}))?")
_DEFAULT_PORT: Final = {"http": "80", "https": "443"}


def normalise_origin(origin: str) -> str | None:
    """Bring an ``Origin`` into the one form that browsers send; None when it is not an origin.

    ``null``, which browsers send for sandboxed frames and files, is no origin.
    """
    found = _ORIGIN.fullmatch(origin.strip().lower())
    if found is None:
        return None
    scheme, host, port = found.groups()
    if port is None or port == _DEFAULT_PORT[scheme]:
        return f"{scheme}://{host}"
    return f"{scheme}://{host}:{port}"


class AllowedOrigins:
    """The sites that may embed the widget.

    ``*`` stands for every site, ``https://*.example.com`` for every name under that one.
    """

    def __init__(self, allowed: Iterable[str], *, own: str) -> None:
        """``own`` is the server's public origin, always allowed.

        Raises:
            ValueError: one of them is not an origin.
        """
        self.own = own
        self.everyone = False
        exact = {own}
        endings = []
        for item in allowed:
            if item == "*":
                self.everyone = True
                continue
            origin = normalise_origin(item)
            if origin is None:
                raise ValueError(f"{item!r} is not an origin like https://www.example.com")
            if "*" in origin:
                scheme, rest = origin.split("*", 1)
                endings.append((scheme, rest))
            else:
                exact.add(origin)
        self._exact = frozenset(exact)
        self._endings = tuple(endings)

    def allows(self, origin: str | None) -> bool:
        """Tell whether a visitor may come from there.

        None is a program that is no browser: it has no other site's cookies or storage to abuse.
        """
        if origin is None or origin in self._exact:
            return True
        if "*" in origin:
            return False
        if self.everyone:
            return True
        return any(
            origin.startswith(scheme)
            and origin.endswith(ending)
            and len(origin) > len(scheme) + len(ending)
            for scheme, ending in self._endings
        )

"""Keys that name a publish for ever."""

from __future__ import annotations

from typing import Final

__all__ = ["KEY_RANDOM_BYTES", "make_key"]

KEY_RANDOM_BYTES: Final = 10
"""Random bytes that :func:`make_key` needs."""


def make_key(at: int, random: bytes) -> str:
    """Make a UUID of version 7, in lower-case text form.

    ``at`` is the time in milliseconds since 1970-01-01 UTC, ``random`` ten random bytes. Servers
    look an old key up in their archive, a young one not: hence the time.
    """
    if len(random) != KEY_RANDOM_BYTES:
        raise ValueError(f"needs {KEY_RANDOM_BYTES} random bytes, not {len(random)}")
    noise = int.from_bytes(random, "big")
    value = (
        (at & 0xFFFF_FFFF_FFFF) << 80
        | 0x7 << 76
        | (noise >> 68) << 64
        | 0b10 << 62
        | noise & (2**62 - 1)
    )
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

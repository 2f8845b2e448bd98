"""What was found out about texts that many send in the same words."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Final, TypeVar, TypeVarTuple

__all__ = ["remembered"]

_MOST: Final = 4096
_LONGEST: Final = 500
"""Characters of a text: what is longer nobody else sends in the same words, and it takes room."""

_Rest = TypeVarTuple("_Rest")
_Found = TypeVar("_Found")


def remembered(
    find: Callable[[str, *_Rest], _Found],
) -> Callable[[str, *_Rest], _Found]:
    """Make a function of a text, and what can be hashed, that need not find the same twice."""
    kept = lru_cache(_MOST)(find)

    def found(text: str, *rest: *_Rest) -> _Found:
        return kept(text, *rest) if len(text) <= _LONGEST else find(text, *rest)

    return found

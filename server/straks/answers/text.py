"""Normalisation of what people type."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

__all__ = ["MAX_MATCHED", "clean"]

MAX_MATCHED: Final = 500
"""Characters of a question that are looked at; what comes later is ignored."""

_KEPT: Final = 64
"""Texts that are kept clean: each message goes through several hands."""

_APOSTROPHES: Final = str.maketrans("", "", "'’‘`´ʼ")
_LETTERS: Final = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
_NOT_WORD: Final = re.compile(r"[\W_]+")
_STRETCHED: Final = re.compile(r"([^\W\d])\1{2,}")


@lru_cache(_KEPT)
def clean(text: str) -> str:
    """Reduce a text to small unaccented words with single spaces between; may become empty.

    Only the first :data:`MAX_MATCHED` characters count. Two texts that clean alike ask the same.
    """
    text = text[:MAX_MATCHED]
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text[:MAX_MATCHED])
        text = "".join(c for c in text if not unicodedata.combining(c))
        # Decomposing makes some characters many.
        text = text[: 2 * MAX_MATCHED].casefold().translate(_LETTERS)
    else:
        text = text.lower()
    text = _NOT_WORD.sub(" ", text.translate(_APOSTROPHES))
    return _STRETCHED.sub(r"\1\1", text).strip()

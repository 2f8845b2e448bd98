"""Whose message goes to a person at once, since they know more than the standard answers say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, Final

from straks.answers.expertise import MOST_OF_EARLIER, Evidence, Expertise, evidence, expertise
from straks.answers.remembered import remembered
from straks.answers.text import clean
from straks.answers.trade import NONE, Lexicon
from straks.conversation.model import Conversation

__all__ = ["THRESHOLD", "WORDS_FILE", "Experts", "Needed", "load_words", "words_fingerprint"]

THRESHOLD: Final = 0.4
"""The least score of an expert. An error code alone, or one word of the trade, is not enough: of
what ordinary visitors say hardly anything comes so far."""
WORDS_FILE: Final = "_experts.txt"
"""The file in the folder of answers that holds an operator's words of the trade, one a line."""

_MOST_WORDS: Final = 5_000
_LARGEST_FILE: Final = 256 * 1024


class Needed(Enum):
    """What must be known before it can be said whether somebody is an expert."""

    EARLIER = "earlier"
    """How many conversations they had before."""


class Experts:
    """Judges messages; an expert is somebody whose score is at the threshold or above."""

    def __init__(self, threshold: float = THRESHOLD, words: Iterable[str] = ()) -> None:
        """``words``: an operator's words of the trade."""
        self._threshold = threshold
        self.learn(words)

    def learn(self, words: Iterable[str]) -> None:
        """Know an operator's words, and no others of theirs, from now on."""
        cleaned = {clean(word) for word in words} - {""}
        self._words = Lexicon(cleaned, bent=True) if cleaned else NONE
        self._evidence = remembered(self._find)

    def find(
        self,
        message: Mapping[str, Any],
        conversation: Conversation | None,
        titles: Mapping[str, str],
        *,
        earlier: int | None = None,
    ) -> Expertise | Needed | None:
        """Give the expertise of who sent a ``message`` (PROTOCOL.md §6); None: none to speak of.

        ``conversation``: what is known of it by now. ``titles``: those of the answers, by id.
        ``earlier``: conversations that the visitor had before. None: that is not known yet; where
        it decides, it is needed: look it up, and find again.
        """
        said = self._evidence(message["text"])
        flagged, read = message.get("expert") is True, message.get("read", ())
        unhelpful = 0 if conversation is None else len(conversation.unhelpful)
        if not (said or flagged or read or unhelpful):
            return None
        found = expertise(
            said,
            flagged=flagged,
            read=[titles.get(answer, answer) for answer in read],
            unhelpful=unhelpful,
            earlier=earlier or 0,
        )
        if found.reasons and found.score >= self._threshold:
            return found
        # Rounded as scores are: 0.3 and 0.1 must not fall short of 0.4.
        most = round(found.score + MOST_OF_EARLIER, 3)
        if earlier is None and found.reasons and most >= self._threshold:
            return Needed.EARLIER
        return None

    def _find(self, text: str) -> Sequence[Evidence]:
        return evidence(text, self._words)


def load_words(folder: Path) -> list[str]:
    """Read an operator's words of the trade; lines that begin with ``#`` are remarks.

    What is too much is passed over: no file of words is that long. None where there is no file.

    Raises:
        OSError: it cannot be read.
    """
    try:
        with (folder / WORDS_FILE).open("rb") as stream:
            text = stream.read(_LARGEST_FILE).decode("utf-8", "replace")
    except FileNotFoundError:
        return []
    lines = (line.strip() for line in text.lstrip("\ufeff").splitlines())
    return [line for line in lines if line and not line.startswith("#")][:_MOST_WORDS]


def words_fingerprint(folder: Path) -> frozenset[tuple[str, int, int, int]]:
    """Tell an operator's words apart from what they were or will be."""
    try:
        status = (folder / WORDS_FILE).stat()
    except OSError:
        return frozenset()
    return frozenset({(WORDS_FILE, status.st_mtime_ns, status.st_size, status.st_ino)})

"""The answers that are wanted next."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from straks.answers.editor import Room
from straks.answers.matcher import Matcher
from straks.answers.small_talk import small_talk
from straks.answers.source import Draft
from straks.answers.sources import Sources
from straks.answers.text import clean
from straks.clock import Clock
from straks.records.asked_twice import AskedTwiceRecords
from straks.records.questions import AskedQuestion, QuestionCounts, QuestionRecords

if TYPE_CHECKING:
    from straks.answers.gaps import Gap

__all__ = ["Asked", "Wanted"]

MOST_GAPS: Final = 100

_MOST_LOOKED_AT: Final = 2_000
"""Questions that are grouped: the newest."""
_MOST_MATCHED: Final = 500
"""Groups of which it is asked whether they are answered meanwhile."""
_DAY: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked of late."""

    gaps: Sequence[Gap]
    counts: QuestionCounts
    asked_twice: Mapping[str, int]


class Wanted:
    """What visitors asked in vain, and nobody has written an answer to since."""

    def __init__(
        self, room: Room, questions: QuestionRecords, twice: AskedTwiceRecords, clock: Clock
    ) -> None:
        self._room = room
        self._questions = questions
        self._twice = twice
        self._clock = clock
        self._grouping = asyncio.Lock()

    async def asked(self, days: int) -> Asked:
        """Tell what was asked in the last days, the worst gaps first.

        Raises:
            RecordsUnavailableError: not now.
        """
        since = self._clock.now_ms() - days * _DAY
        counts = await self._questions.counts(since)
        twice = await self._twice.asked_twice(since)
        async with self._grouping:
            # One at a time: it takes a second of a processor.
            rows = await self._questions.open_questions(since, _MOST_LOOKED_AT)
            sources, matcher = self._room.watch.sources, self._room.matcher
            found = await asyncio.to_thread(_gaps, rows, sources, matcher)
        return Asked(found, counts, twice)


def _gaps(rows: Sequence[AskedQuestion], sources: Sources, matcher: Matcher) -> list[Gap]:
    # Slow to import, and nothing else needs it.
    from straks.answers.gaps import Question, gaps

    rewritten = _rewritten(sources)
    written = {clean(phrase) for answer in matcher.book.answers for phrase in answer.phrases}
    found = gaps(
        Question(
            text=row.text,
            lang=row.lang,
            visitor=row.visitor,
            seconds=row.seconds,
            answer=row.answer,
            conversation=row.conversation,
            offset=row.offset,
        )
        for row in rows
        if row.at > rewritten.get((row.answer, row.answer_lang), 0)
        and not (row.answer is None and clean(row.text) in written)
        and small_talk(row.text) is None
    )
    left = [gap for gap in found[:_MOST_MATCHED] if not _is_filled(gap, matcher)]
    return left[:MOST_GAPS]


def _rewritten(sources: Sources) -> dict[tuple[str | None, str | None], int]:
    """Tell when answers were written that the console has: what did not help was another."""
    return {
        (file.said.answer.id, file.said.answer.lang): file.row.updated_at
        for file in sources.files.values()
        if file.row is not None and isinstance(file.said, Draft)
    }


def _is_filled(gap: Gap, matcher: Matcher) -> bool:
    return not gap.unhelpful and matcher.match(gap.text, gap.lang) is not None

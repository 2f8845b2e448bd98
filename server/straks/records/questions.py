"""What visitors asked, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    String,
    Update,
    and_,
    bindparam,
    case,
    cast,
    delete,
    func,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from straks.records.database import Database
from straks.records.engine import upsert
from straks.records.schema import questions

__all__ = [
    "MOST_KEPT",
    "MOST_SECONDS",
    "AnswerCounts",
    "Answered",
    "Asked",
    "AskedQuestion",
    "Change",
    "Judged",
    "QuestionChanges",
    "QuestionCounts",
    "QuestionRecords",
    "ShownAgain",
]

_ROWS: Final = 32
"""Rows that are made at once: what visitors wait for must not wait for more."""
MOST_KEPT: Final = 20_000
"""Questions that are kept: the newest."""
MOST_SECONDS: Final = 2 * 3600
"""What one question costs people at most: a conversation that lies overnight costs no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A question and the answer that it got; ``answer`` None: none was known."""

    conversation: str
    offset: int
    id: str
    at: int
    visitor: str
    text: str
    lang: str | None
    answer: str | None
    answer_lang: str | None
    answered_at: int
    """The offset of the answer."""
    score: int
    """In thousandths."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The question at ``offset`` found its answer after all: the visitor chose it."""

    conversation: str
    offset: int
    answer: str
    answer_lang: str | None
    answered_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownAgain:
    """The answer at ``answered_at`` is now the one at ``again_at``."""

    conversation: str
    answered_at: int
    again_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """The answer at ``answered_at`` helped or did not; said at the offset ``judged_at``."""

    conversation: str
    answered_at: int
    judged_at: int
    helped: bool


Change = Answered | ShownAgain | Judged
"""What becomes of a question later, and hangs on the order."""

Place = tuple[str, int]
"""A conversation, and an offset in it."""


@dataclass(slots=True, kw_only=True)
class QuestionChanges:
    """What some entries of the feed say. All of it can be said again, and changes nothing then."""

    asked: list[Asked] = field(default_factory=list)
    later: list[Change] = field(default_factory=list)
    """In the order of the feed."""
    persons: list[Place] = field(default_factory=list)
    """Where a person was asked for, or came."""
    closed: list[Place] = field(default_factory=list)
    worked: list[tuple[str, int, int]] = field(default_factory=list)
    """Conversation, offset and time of what a person did."""
    redacted: list[Place] = field(default_factory=list)
    """Entries whose text is not to be kept."""

    def __bool__(self) -> bool:
        return any((self.asked, self.later, self.persons, self.closed, self.worked, self.redacted))


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedQuestion:
    """A question as it is kept."""

    conversation: str
    offset: int
    at: int
    visitor: str
    text: str
    lang: str | None
    answer: str | None
    answer_lang: str | None
    helped: bool | None
    seconds: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerCounts:
    """How often an answer was given, and what visitors said of it."""

    given: int
    helped: int
    unhelpful: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionCounts:
    asked: int
    answered: int
    helped: int


class QuestionRecords:
    """Queries over the questions. Everything raises ``RecordsUnavailableError``."""

    def __init__(self, database: Database, *, most: int = MOST_KEPT) -> None:
        """``most``: questions that are kept."""
        self._database = database
        self._most = most
        self._asked = _asked(database)

    async def apply(self, changes: QuestionChanges) -> None:
        """Keep what is new, all or nothing."""
        if not changes:
            return
        async with self._database.write() as connection:
            for first in range(0, len(changes.asked), _ROWS):
                some = changes.asked[first : first + _ROWS]
                await connection.execute(self._asked, [_row(each) for each in some])
            for change in changes.later:
                await connection.execute(_later(change))
            for statement, places in (
                (_PERSON, changes.persons),
                (_CLOSED, changes.closed),
            ):
                if places:
                    values = [{"of": name, "here": offset} for name, offset in places]
                    await connection.execute(statement, values)
            if changes.worked:
                worked = [
                    {"of": name, "here": offset, "now": at} for name, offset, at in changes.worked
                ]
                await connection.execute(_WORKED, worked)
            if changes.redacted:
                here = tuple_(questions.c.conversation, questions.c.offset)
                nothing = update(questions).where(here.in_(changes.redacted)).values(text="")
                await connection.execute(nothing)
            if changes.asked:
                await self._trim(connection)

    async def open_questions(self, since: int, limit: int) -> Sequence[AskedQuestion]:
        """Read those that no answer was known for, or whose answer did not help, newest first."""
        columns = questions.c
        query = (
            _questions()
            .where(columns.at >= since, or_(columns.answer.is_(None), columns.helped.is_(False)))
            .order_by(columns.at.desc(), columns.conversation, columns.offset)
            .limit(limit)
        )
        return await self._read(query)

    async def newest(self, limit: int) -> Sequence[AskedQuestion]:
        """Read the newest questions, newest first."""
        columns = questions.c
        query = _questions().order_by(columns.at.desc(), columns.conversation, columns.offset)
        return await self._read(query.limit(limit))

    async def counts(self, since: int) -> QuestionCounts:
        """Count the questions that are kept, from a time on."""
        query = select(
            func.count(), func.count(questions.c.answer), _times(questions.c.helped.is_(True))
        ).where(questions.c.at >= since)
        async with self._database.read() as connection:
            asked, answered, helped = (await connection.execute(query)).one()
        return QuestionCounts(asked=asked, answered=answered, helped=helped or 0)

    async def by_answer(self) -> Mapping[tuple[str, str | None], AnswerCounts]:
        """Count how answers did, by id and language, over all questions that are kept."""
        columns = questions.c
        query = (
            select(
                columns.answer,
                columns.answer_lang,
                func.count().label("given"),
                _times(columns.helped.is_(True)).label("helped"),
                _times(columns.helped.is_(False)).label("unhelpful"),
            )
            .where(columns.answer.is_not(None))
            .group_by(columns.answer, columns.answer_lang)
        )
        async with self._database.read() as connection:
            return {
                (row.answer, row.answer_lang): AnswerCounts(
                    given=row.given, helped=row.helped, unhelpful=row.unhelpful
                )
                for row in await connection.execute(query)
            }

    async def _read(self, query: Select[Any]) -> Sequence[AskedQuestion]:
        async with self._database.read() as connection:
            return [AskedQuestion(**row._mapping) for row in await connection.execute(query)]

    async def _trim(self, connection: AsyncConnection) -> None:
        oldest = select(questions.c.at).order_by(questions.c.at.desc()).offset(self._most).limit(1)
        await connection.execute(
            delete(questions).where(questions.c.at <= oldest.scalar_subquery())
        )


def _questions() -> Select[Any]:
    return select(*(questions.c[name] for name in AskedQuestion.__dataclass_fields__))


def _times(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return cast(func.sum(case((condition, 1), else_=0)), Integer)


def _row(asked: Asked) -> dict[str, Any]:
    row = {name: getattr(asked, name) for name in Asked.__dataclass_fields__}
    return row | {"judged_at": 0, "person": False, "seconds": 0}


def _asked(database: Database) -> Any:
    """A question that is known already keeps what became of it."""
    new = upsert(database, questions)
    answer = ("answer", "answer_lang", "answered_at", "score")
    return new.on_conflict_do_update(
        index_elements=[questions.c.conversation, questions.c.offset],
        set_={name: new.excluded[name] for name in answer},
        where=new.excluded.answered_at > questions.c.answered_at,
    )


def _later(change: Change) -> Update:
    columns = questions.c
    of = update(questions).where(columns.conversation == change.conversation)
    match change:
        case Answered():
            later = columns.answered_at < change.answered_at
            return of.where(columns.offset == change.offset, later).values(
                answer=change.answer,
                answer_lang=change.answer_lang,
                answered_at=change.answered_at,
                score=1000,
                helped=None,
            )
        case ShownAgain():
            here = columns.answered_at == change.answered_at
            return of.where(here).values(answered_at=change.again_at)
        case Judged():
            here = and_(
                columns.answered_at == change.answered_at, columns.judged_at < change.judged_at
            )
            return of.where(here).values(helped=change.helped, judged_at=change.judged_at)


def _last_before() -> ColumnElement[bool]:
    """Of the conversation ``of``, the last question before the offset ``here``."""
    before = questions.alias()
    of = bindparam("of", type_=String)
    last = select(func.max(before.c.offset)).where(
        before.c.conversation == of, before.c.offset < bindparam("here", type_=BigInteger)
    )
    return and_(questions.c.conversation == of, questions.c.offset == last.scalar_subquery())


_PERSON: Final = update(questions).where(_last_before()).values(person=True)

_CLOSED: Final = (
    update(questions)
    .where(
        _last_before(),
        or_(
            questions.c.closed_at.is_(None),
            questions.c.closed_at > bindparam("here", type_=BigInteger),
        ),
    )
    .values(closed_at=bindparam("here", type_=BigInteger))
)

_SINCE: Final = (bindparam("now", type_=BigInteger) - questions.c.at) // 1000
_WORKED: Final = (
    update(questions)
    .where(
        _last_before(),
        questions.c.person.is_(True),
        or_(
            questions.c.closed_at.is_(None),
            questions.c.closed_at >= bindparam("here", type_=BigInteger),
        ),
        questions.c.seconds < _SINCE,
    )
    .values(seconds=cast(case((_SINCE > MOST_SECONDS, MOST_SECONDS), else_=_SINCE), Integer))
)

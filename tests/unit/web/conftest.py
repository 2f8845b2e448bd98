"""The web room over real accounts, with stand-ins for the rooms beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2 import PasswordHasher

from straks.accounts.origins import AllowedOrigins
from straks.accounts.passwords import Passwords
from straks.accounts.service import Accounts
from straks.accounts.sessions import Sessions
from straks.accounts.tokens import Tokens
from straks.answers.answer import Answer
from straks.answers.editor import Editor
from straks.answers.files import AnswerBook
from straks.answers.matcher import Matcher
from straks.answers.wanted import Wanted
from straks.answers.watch import Watch
from straks.clock import ManualClock
from straks.conversation.errors import RefusedError
from straks.conversation.model import Conversation
from straks.records.accounts import AccountRecords
from straks.records.answer_files import AnswerFileRecords
from straks.records.asked_twice import AskedTwiceRecords
from straks.records.database import Database
from straks.records.questions import QuestionRecords
from straks.web.context import WebContext
from straks.web.routes import web_app
from straks_protocol import Answer as Suggestion
from straks_protocol import CloseCode, ErrorCode, Position

OWN = "http://127.0.0.1:8080"
SHOP = "https://shop.example"
EMAIL = "bo@chat.example"
PASSWORD = "correct horse"


@dataclass
class Sockets:
    online: int = 0
    closed: list[tuple[str, CloseCode]] = field(default_factory=list)

    def agents_online(self) -> int:
        return self.online

    def close_session(self, session: str, code: CloseCode) -> None:
        self.closed.append((session, code))


@dataclass(frozen=True)
class Page:
    conversations: Sequence[Mapping[str, Any]]
    cursor: str | None
    position: Position
    counts: Mapping[str, int]


@dataclass
class Inbox:
    asked: list[dict[str, Any]] = field(default_factory=list)
    failure: Exception | None = None

    async def list(
        self, team: str, state: str, agent_id: str, cursor: str | None, limit: int
    ) -> Page:
        if self.failure is not None:
            raise self.failure
        if cursor == "nonsense":
            raise RefusedError(ErrorCode.BAD_FIELD, "cursor: is not one that a list gave.")
        self.asked.append({"team": team, "state": state, "agent": agent_id, "limit": limit})
        return Page(
            conversations=[{"id": "c1"}],
            cursor=None if cursor else "next",
            position=Position(offset=3, id="e3"),
            counts={"waiting": 1, "mine": 0, "open": 1, "closed": 0},
        )


class Conversations:
    async def conversation(self, conversation_id: str) -> Conversation | None:
        if conversation_id != "c1":
            return None
        return Conversation(
            id="c1",
            owners=("visitor:ann",),
            opened_at=1,
            updated_at=1,
            last_offset=1,
            last_id="e1",
        )


class Book:
    def __init__(self) -> None:
        self.held = AnswerBook(())
        self.asked: list[tuple[str, str | None, int]] = []
        self.found: list[str] = []

    def hold(self, *answers: Answer) -> None:
        self.held = AnswerBook(answers)

    def listed(self, lang: str | None = None) -> Sequence[Mapping[str, Any]]:
        return [{"id": "a1", "lang": lang or "en"}]

    def languages(self) -> Sequence[str]:
        return ["en", "da"]

    def book(self) -> AnswerBook:
        return self.held

    def ask(self, text: str, lang: str | None = None, limit: int = 3) -> Sequence[Suggestion]:
        self.asked.append((text, lang, limit))
        return [Suggestion(answer=each, title=each, score=1.0) for each in self.found]


class Classroom:
    """Learns what it is told to, when it is told to."""

    def __init__(self, files: AnswerFileRecords) -> None:
        self.watch = Watch(None, files, every=1.0, clock=ManualClock())
        self.matcher = Matcher(self.watch.sources.book, {})

    def learn(self) -> None:
        self.matcher = Matcher.train(self.watch.sources.book)

    async def settled(self) -> Matcher:
        return self.matcher


class Web:
    """A browser's view of the room, and what stands behind it."""

    def __init__(
        self,
        database: Database,
        clock: ManualClock,
        static: Path,
        own: str = OWN,
        *,
        public_url: str | None = None,
        help_centre: bool = True,
    ) -> None:
        records = AccountRecords(database)
        self.passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        self.accounts = Accounts(records, self.passwords, clock)
        self.sessions = Sessions(records, clock)
        self.sockets = Sockets()
        self.inbox = Inbox()
        self.failures: dict[str, Exception] = {}
        self.log_checks = 0
        self.optional: set[str] = set()
        self.is_draining = False
        self.static = static
        self.book = Book()
        files, self.questions = AnswerFileRecords(database), QuestionRecords(database)
        self.twice = AskedTwiceRecords(database)
        self.classroom = Classroom(files)
        context = WebContext(
            accounts=self.accounts,
            sessions=self.sessions,
            tokens=Tokens(b"k" * 32, clock, visitor_life=86_400),
            origins=AllowedOrigins([SHOP], own=own),
            connections=self.sockets,
            inbox=self.inbox,
            conversations=Conversations(),
            answers=self.book,
            editor=Editor(self.classroom, files, self.questions, clock),
            wanted=Wanted(self.classroom, self.questions, self.twice, clock),
            clock=clock,
            checks={"log": self._check_log, "records": self._check_records},
            optional=self.optional,
            draining=lambda: self.is_draining,
            site_name="Shop",
            public_url=public_url,
            help_centre=help_centre,
            static=static,
        )
        transport = httpx.ASGITransport(web_app(context), raise_app_exceptions=False)
        self.browser = httpx.AsyncClient(transport=transport, base_url=OWN)

    async def _check_log(self) -> None:
        self.log_checks += 1
        if "log" in self.failures:
            raise self.failures["log"]

    async def _check_records(self) -> None:
        if "records" in self.failures:
            raise self.failures["records"]

    async def sign_in(self, **body: str) -> httpx.Response:
        return await self.browser.post(
            "/v1/session",
            json=body or {"email": EMAIL, "password": PASSWORD},
            headers={"Origin": OWN},
        )


@pytest.fixture
async def web(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Web]:
    made = Web(database, clock, tmp_path / "static")
    await made.accounts.add_agent(EMAIL, "Bo", PASSWORD)
    yield made
    await made.browser.aclose()
    made.passwords.close()

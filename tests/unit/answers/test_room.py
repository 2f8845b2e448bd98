"""From the answer files to answers, while the server starts."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from straks.accounts import permissions
from straks.accounts.principals import Principal
from straks.answers.matcher import Matcher
from straks.answers.room import CONSUMER, AnswerRoom
from straks.answers.sources import AnswerFile
from straks.clock import Clock, ManualClock
from straks.conversation.coming import Coming
from straks.conversation.errors import RefusedError
from straks.conversation.service import ConversationService
from straks.errors import StartError, StraksError
from straks.log.commit import GroupCommit
from straks.log.log import Append, Appended, AppendResult, LogError
from straks.log.sqlite import SQLiteLog
from straks.records.answer_files import AnswerFileRow
from straks.records.errors import RecordsUnavailableError

ANN = Principal(kind="visitor", id="ann")


class Floor:
    def __init__(self, log: SQLiteLog, clock: ManualClock) -> None:
        self.log = log
        self.commit = GroupCommit(log)
        self.service = ConversationService(
            log, self.commit, permissions, secret=b"s" * 32, clock=clock
        )
        log.listen(self.service.committed, fold=True)

    async def open(self, text: str) -> str:
        stored: asyncio.Future[Appended | RefusedError] = asyncio.Future()
        self.service.open(ANN, "0192-key", {"text": text}, stored.set_result)
        result = await stored
        assert isinstance(result, Appended)
        return result.entry.channel


@pytest.fixture
async def floor(tmp_path: Path, clock: ManualClock) -> AsyncIterator[Floor]:
    log = await SQLiteLog.open(tmp_path / "data")
    made = Floor(log, clock)
    running = [asyncio.create_task(made.commit.run()), asyncio.create_task(made.service.run())]
    yield made
    for task in running:
        task.cancel()
    await asyncio.wait(running)
    await log.close()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "answers"
    made.mkdir()
    (made / "hours.md").write_text(
        "---\ntitle: Hours\nphrases:\n  - when are you open\n---\nFrom nine to five.\n"
    )
    return made


async def test_a_question_from_before_the_learning_is_answered_after_it(
    floor: Floor, folder: Path
) -> None:
    room = AnswerRoom(folder, floor.service, floor.log)
    with pytest.raises(StraksError, match="learned"):
        await room.check_ready()
    assert room.ask("when are you open") == []
    assert [answer["id"] for answer in room.listed()] == ["hours"]
    channel = await floor.open("When are you open?")
    answered = asyncio.Event()
    floor.log.listen(lambda _entries: answered.set())
    floor.log.listen(room.committed)
    running = asyncio.create_task(room.run())
    async with asyncio.timeout(30):
        await answered.wait()
    page = await floor.log.read(channel, limit=10)
    assert [entry.kind for entry in page.entries] == ["message", "answer"]
    await room.check_ready()
    assert [found.answer for found in room.ask("when are you open")] == ["hours"]
    assert [answer.id for answer in room.book().answers] == ["hours"]
    running.cancel()
    await asyncio.wait([running])
    room.close()


def coming(channel: str = "conversation:a") -> Coming:
    message = Append(
        channel=channel,
        sender="visitor:ann",
        name=None,
        key="k",
        kind="message",
        data=b'{"text":"When are you open?"}',
        id="m",
        at=0,
    )
    return Coming(Unused(), lambda: "r", message, 1, None)


class Unused:
    """A log that nothing goes to."""

    def submit(self, item: Append, done: Callable[[AppendResult | LogError], None]) -> None:
        raise AssertionError(item)


class Noting:
    """Notes what is to be answered, in place of the responder."""

    def __init__(self) -> None:
        self.noted: list[Coming] = []

    def foresee(self, coming: Coming) -> None:
        self.noted.append(coming)


class Failing:
    """Fails at what it is to answer."""

    def foresee(self, coming: Coming) -> None:
        raise ArithmeticError(coming.offset)


@pytest.fixture
async def room(floor: Floor, folder: Path) -> AsyncIterator[AnswerRoom]:
    """One that has learned, and listens."""
    room = AnswerRoom(folder, floor.service, floor.log)
    floor.service.foresight = room.foresee
    floor.log.listen(room.committed)
    running = asyncio.create_task(room.run())
    await room.settled()
    yield room
    running.cancel()
    await asyncio.wait([running])
    room.close()


async def test_of_what_comes_at_once_only_a_little_is_answered_before_others_have_their_turn(
    room: AnswerRoom, monkeypatch: pytest.MonkeyPatch
) -> None:
    noting = Noting()
    monkeypatch.setattr(room, "_responder", noting)
    for _ in range(100):
        room.foresee(coming())
    assert 0 < len(noting.noted) <= 8
    before = len(noting.noted)
    await asyncio.sleep(0)
    room.foresee(coming())
    assert len(noting.noted) == before + 1


async def test_what_another_server_answers_is_left_to_it(
    room: AnswerRoom, floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    noting = Noting()
    monkeypatch.setattr(floor.log, "tenure", lambda _partition: None)
    monkeypatch.setattr(room, "_responder", noting)
    room.foresee(coming())
    assert noting.noted == []


async def test_who_has_not_learned_yet_says_nothing(floor: Floor, folder: Path) -> None:
    room = AnswerRoom(folder, floor.service, floor.log)
    room.foresee(coming())
    room.close()


async def test_a_message_does_not_suffer_when_it_cannot_be_answered(
    room: AnswerRoom, floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))

    monkeypatch.setattr(room, "_responder", Failing())
    channel = await floor.open("when are you open?")
    async with asyncio.timeout(60):
        while await floor.log.cursor(CONSUMER, 0) < 2:
            await asyncio.sleep(0.01)
    page = await floor.log.read(channel, limit=10)
    assert [entry.kind for entry in page.entries] == ["message", "answer"]
    assert [type(context["exception"]) for context in told] == [ArithmeticError]


async def test_without_a_folder_there_are_no_answers(floor: Floor) -> None:
    room = AnswerRoom(None, floor.service, floor.log)
    assert (room.ask("hello there"), room.listed(), room.languages()) == ([], [], [])
    room.close()


async def test_a_folder_that_is_not_there_is_told(floor: Floor, tmp_path: Path) -> None:
    with pytest.raises(StartError):
        AnswerRoom(tmp_path / "absent", floor.service, floor.log)


async def test_a_question_is_answered_in_the_commit_that_stores_it_and_only_once(
    room: AnswerRoom, floor: Floor
) -> None:
    commits: list[list[str]] = []
    floor.log.listen(lambda entries: commits.append([entry.kind for entry in entries]))
    channel = await floor.open("when are you open?")
    assert await floor.open("when are you open?") == channel  # as after a lost acknowledgement
    async with asyncio.timeout(60):
        while await floor.log.cursor(CONSUMER, 0) < 2:
            await asyncio.sleep(0.01)
    page = await floor.log.read(channel, limit=10)
    assert [entry.kind for entry in page.entries] == ["message", "answer"]
    assert commits == [["message", "answer"]]


@asynccontextmanager
async def looking(
    floor: Floor, folder: Path, clock: Clock | None = None
) -> AsyncIterator[AnswerRoom]:
    """Run a room that looks at its folder all the time."""
    room = AnswerRoom(folder, floor.service, floor.log, look_every=0.01, clock=clock)
    running = asyncio.create_task(room.run())
    await knows(room, "when are you open", "hours")
    yield room
    running.cancel()
    await asyncio.wait([running])
    room.close()


async def knows(room: AnswerRoom, question: str, answer: str | None) -> None:
    async with asyncio.timeout(30):
        while [found.answer for found in room.ask(question)][:1] != ([answer] if answer else []):
            await asyncio.sleep(0.01)


def answer_file(phrase: str, more: str = "") -> str:
    return f"---\ntitle: {phrase}\n{more}phrases:\n  - {phrase}\n---\nYes.\n"


async def test_what_is_written_while_the_server_runs_is_learned(floor: Floor, folder: Path) -> None:
    async with looking(floor, folder) as room:
        (folder / "parking.md").write_text(answer_file("where do I park my car"))
        await knows(room, "where do I park my car", "parking")
        (folder / "parking.md").write_text(answer_file("is there a bicycle stand"))
        await knows(room, "is there a bicycle stand", "parking")
        (folder / "parking.md").unlink()
        await knows(room, "is there a bicycle stand", None)
        await knows(room, "when are you open", "hours")


async def test_a_file_that_breaks_says_what_it_said_before(floor: Floor, folder: Path) -> None:
    async with looking(floor, folder) as room:
        (folder / "hours.md").write_text("---\ntitle: [\n---\n")
        (folder / "parking.md").write_text(answer_file("where do I park my car"))
        await knows(room, "where do I park my car", "parking")
        await knows(room, "when are you open", "hours")


async def test_without_its_folder_a_room_knows_what_it_knew(
    floor: Floor, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with looking(floor, folder) as room:
        folder.rename(folder.with_name("moved"))
        async with asyncio.timeout(60):
            while "the answer folder" not in caplog.text:
                await asyncio.sleep(0.01)
        await knows(room, "when are you open", "hours")
        folder.with_name("moved").rename(folder)
        (folder / "parking.md").write_text(answer_file("where do I park my car"))
        await knows(room, "where do I park my car", "parking")


async def test_whatever_is_wrong_with_the_folder_the_chat_goes_on(
    floor: Floor, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(_folder: Path, **_how: bool) -> frozenset[tuple[str, int, int, int]]:
        raise PermissionError(13, "Permission denied")

    async with looking(floor, folder) as room:
        with monkeypatch.context() as patched:
            patched.setattr("straks.answers.watch.fingerprint", fails)
            async with asyncio.timeout(60):
                while "Permission denied" not in caplog.text:
                    await asyncio.sleep(0.01)
        (folder / "parking.md").write_text(answer_file("where do I park my car"))
        await knows(room, "where do I park my car", "parking")


async def test_a_link_that_leads_nowhere_stops_nothing(floor: Floor, folder: Path) -> None:
    (folder / "loop.md").symlink_to(folder / "loop.md")
    async with looking(floor, folder) as room:
        (folder / "parking.md").write_text(answer_file("where do I park my car"))
        await knows(room, "where do I park my car", "parking")


async def test_a_phrase_that_moves_to_another_file_is_that_ones(floor: Floor, folder: Path) -> None:
    async with looking(floor, folder) as room:
        (folder / "hours.md").write_text("---\ntitle: [\n---\n")
        (folder / "parking.md").write_text(answer_file("when are you open"))
        await knows(room, "when are you open", "parking")


class Console:
    """Files of the console, that can be away."""

    def __init__(self) -> None:
        self.rows: dict[str, AnswerFileRow] = {}
        self.away = False

    async def version(self) -> int:
        if self.away:
            raise RecordsUnavailableError("the records cannot be read")
        return max((row.version for row in self.rows.values()), default=0)

    async def read_all(self) -> Sequence[AnswerFileRow]:
        await self.version()
        return list(self.rows.values())

    def write(self, file: str, source: str | None) -> AnswerFileRow:
        version = 1 + max((row.version for row in self.rows.values()), default=0)
        self.rows[file] = AnswerFileRow(
            file=file, source=source, version=version, author="Bo", updated_at=0
        )
        return self.rows[file]


@asynccontextmanager
async def edited(
    floor: Floor, folder: Path | None, console: Console, look_every: float = 0.01
) -> AsyncIterator[AnswerRoom]:
    """Run a room that has a console."""
    room = AnswerRoom(folder, floor.service, floor.log, edited=console, look_every=look_every)
    running = asyncio.create_task(room.run())
    async with asyncio.timeout(30):
        await room.settled()
    yield room
    running.cancel()
    await asyncio.wait([running])
    room.close()


PARK = "where do I park my car"


async def test_without_a_folder_the_console_has_answers(floor: Floor) -> None:
    console = Console()
    console.write("parking.md", answer_file(PARK))
    async with edited(floor, None, console) as room:
        await knows(room, PARK, "parking")
        console.write("hours.md", answer_file("when are you open"))
        await knows(room, "when are you open", "hours")
        console.write("parking.md", None)
        await knows(room, PARK, None)


async def test_the_console_goes_before_the_folder_until_its_file_is_deleted(
    floor: Floor, folder: Path
) -> None:
    console = Console()
    async with edited(floor, folder, console) as room:
        await knows(room, "when are you open", "hours")
        console.write("hours.md", answer_file(PARK))
        await knows(room, PARK, "hours")
        await knows(room, "when are you open", None)
        console.write("hours.md", None)
        await knows(room, "when are you open", "hours")


async def test_what_was_just_written_is_learned_without_waiting_for_a_look(floor: Floor) -> None:
    console = Console()
    async with edited(floor, None, console, look_every=3600.0) as room:
        room.watch.accept(AnswerFile.of(console.write("parking.md", answer_file(PARK))))
        await knows(room, PARK, "parking")


async def test_while_the_records_are_away_all_answers_stay(
    floor: Floor, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    console = Console()
    console.write("parking.md", answer_file(PARK))
    async with edited(floor, folder, console) as room:
        await knows(room, PARK, "parking")
        console.away = True
        async with asyncio.timeout(60):
            while "cannot be read" not in caplog.text:
                await asyncio.sleep(0.01)
        (folder / "stand.md").write_text(answer_file("is there a bicycle stand"))
        await knows(room, "is there a bicycle stand", "stand")
        await knows(room, PARK, "parking")
        console.write("hours.md", answer_file("when do you close"))
        console.away = False
        await knows(room, "when do you close", "hours")


async def test_a_server_that_starts_without_its_records_answers_by_its_folder(
    floor: Floor, folder: Path
) -> None:
    console = Console()
    console.write("parking.md", answer_file(PARK))
    console.away = True
    async with edited(floor, folder, console) as room:
        await knows(room, "when are you open", "hours")
        await knows(room, PARK, None)
        console.away = False
        await knows(room, PARK, "parking")


async def test_a_file_of_the_console_that_breaks_says_what_it_said_before(floor: Floor) -> None:
    """As after a change of the folder, or of what a file may hold."""
    console = Console()
    console.write("parking.md", answer_file(PARK))
    async with edited(floor, None, console) as room:
        console.write("parking.md", "broken")
        console.write("hours.md", answer_file("when are you open"))
        await knows(room, "when are you open", "hours")
        await knows(room, PARK, "parking")


class Looked(ManualClock):
    """Counts how often it was looked at."""

    looks = 0

    def now_ms(self) -> int:
        self.looks += 1
        return super().now_ms()


class Midnight:
    """A clock just before midnight, in the server's time zone, and the days around it."""

    def __init__(self) -> None:
        self.before = datetime.date(2026, 11, 30)
        self.after = datetime.date(2026, 12, 1)
        turn = datetime.datetime.combine(self.after, datetime.time()).timestamp()
        self.clock = Looked(now_ms=round(turn * 1000) - 1_000)

    def pass_(self) -> None:
        self.clock.advance(2.0)

    async def is_seen(self) -> None:
        """Wait until the clock was looked at, and again after what was done then."""
        enough = self.clock.looks + 3
        async with asyncio.timeout(60):
            while self.clock.looks < enough:
                await asyncio.sleep(0.01)


async def test_answers_come_and_go_at_midnight(floor: Floor, folder: Path) -> None:
    midnight = Midnight()
    phrase = "may I park my car"
    (folder / "yes.md").write_text(answer_file(phrase, f"valid_until: {midnight.before}\n"))
    (folder / "no.md").write_text(answer_file(phrase, f"valid_from: {midnight.after}\n"))
    async with looking(floor, folder, midnight.clock) as room:
        await knows(room, phrase, "yes")
        assert {each["id"] for each in room.listed()} == {"hours", "yes"}
        midnight.pass_()
        await knows(room, phrase, "no")
        assert {each["id"] for each in room.listed()} == {"hours", "no"}
        assert {each.id for each in room.book().published()} == {"hours", "no"}
        await knows(room, "when are you open", "hours")


async def test_what_does_not_hold_yet_is_nowhere(floor: Floor, folder: Path) -> None:
    midnight = Midnight()
    later = answer_file("when are you open on new years eve", f"valid_from: {midnight.after}\n")
    (folder / "eve.md").write_text(later)
    room = AnswerRoom(folder, floor.service, floor.log, clock=midnight.clock)
    assert [each["id"] for each in room.listed()] == ["hours"]
    room.close()
    async with looking(floor, folder, midnight.clock) as room:
        await knows(room, "when are you open on new years eve", "hours")  # the next best
        (folder / "parking.md").write_text(answer_file("where do I park my car"))
        await knows(room, "where do I park my car", "parking")
        assert {each["id"] for each in room.listed()} == {"hours", "parking"}


async def test_nothing_is_learned_at_midnight_when_the_same_answers_hold(
    floor: Floor, folder: Path
) -> None:
    midnight = Midnight()
    (folder / "old.md").write_text(answer_file("old news", "valid_until: 2026-01-01\n"))
    async with looking(floor, folder, midnight.clock) as room:
        book = room.book()
        midnight.pass_()
        await midnight.is_seen()
        assert room.book() is book


async def test_answers_go_at_midnight_though_their_folder_is_gone(
    floor: Floor, folder: Path
) -> None:
    midnight = Midnight()
    phrase = "may I park my car"
    (folder / "yes.md").write_text(answer_file(phrase, f"valid_until: {midnight.before}\n"))
    async with looking(floor, folder, midnight.clock) as room:
        await knows(room, phrase, "yes")
        folder.rename(folder.with_name("moved"))
        midnight.pass_()
        await knows(room, phrase, None)
        await knows(room, "when are you open", "hours")


async def test_when_learning_fails_at_midnight_it_is_tried_again(
    floor: Floor, folder: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_args: object, **_options: object) -> Matcher:
        raise MemoryError("no room to learn")

    midnight = Midnight()
    phrase = "may I park my car"
    (folder / "yes.md").write_text(answer_file(phrase, f"valid_until: {midnight.before}\n"))
    async with looking(floor, folder, midnight.clock) as room:
        await knows(room, phrase, "yes")
        with monkeypatch.context() as patched:
            patched.setattr(Matcher, "train", fails)
            midnight.pass_()
            async with asyncio.timeout(60):
                while "no room to learn" not in caplog.text:
                    await asyncio.sleep(0.01)
        await knows(room, phrase, None)

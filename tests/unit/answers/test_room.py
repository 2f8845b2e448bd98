"""From the answer files to answers, while the server starts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from straks.accounts import permissions
from straks.accounts.principals import Principal
from straks.answers.room import CONSUMER, AnswerRoom
from straks.clock import ManualClock
from straks.conversation.errors import RefusedError
from straks.conversation.service import ConversationService
from straks.errors import StartError, StraksError
from straks.log.commit import GroupCommit
from straks.log.log import Appended
from straks.log.sqlite import SQLiteLog

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
    running.cancel()
    await asyncio.wait([running])
    room.close()


class Thinking:
    """Notes what is thought about, in place of the responder."""

    def __init__(self, thought: list[bytes]) -> None:
        self._thought = thought

    def foresee(self, data: bytes, _lang: str | None) -> None:
        self._thought.append(data)


async def test_what_comes_at_once_is_thought_about_a_little_at_a_time(
    floor: Floor, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = AnswerRoom(folder, floor.service, floor.log)
    thought: list[bytes] = []
    monkeypatch.setattr(room, "_responder", Thinking(thought))
    for number in range(100):
        room.foresee("conversation:a", b"%d" % number, None)
    await asyncio.sleep(0)
    first = len(thought)
    async with asyncio.timeout(10):
        while len(thought) < 64:
            await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert 0 < first <= 8
    assert thought == [b"%d" % number for number in range(64)]
    room.foresee("conversation:a", b"again", None)
    await asyncio.sleep(0)
    assert thought[-1] == b"again"
    room.close()


async def test_what_another_server_answers_is_left_to_it(
    floor: Floor, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = AnswerRoom(folder, floor.service, floor.log)
    monkeypatch.setattr(floor.log, "tenure", lambda _partition: None)
    thought: list[bytes] = []
    monkeypatch.setattr(room, "_responder", Thinking(thought))
    room.foresee("conversation:a", b"{}", None)
    await asyncio.sleep(0)
    assert thought == []
    room.close()


async def test_without_a_folder_there_are_no_answers(floor: Floor) -> None:
    room = AnswerRoom(None, floor.service, floor.log)
    assert (room.ask("hello there"), room.listed(), room.languages()) == ([], [], [])
    room.close()


async def test_a_folder_that_is_not_there_is_told(floor: Floor, tmp_path: Path) -> None:
    with pytest.raises(StartError):
        AnswerRoom(tmp_path / "absent", floor.service, floor.log)


async def test_what_was_foreseen_is_answered_once_it_is_stored_and_only_once(
    floor: Floor, folder: Path
) -> None:
    room = AnswerRoom(folder, floor.service, floor.log)
    floor.service.foresight = room.foresee
    floor.log.listen(room.committed)
    running = asyncio.create_task(room.run())
    while not room.ask("when are you open"):
        await asyncio.sleep(0.01)
    commits: list[list[str]] = []
    floor.log.listen(lambda entries: commits.append([entry.kind for entry in entries]))
    channel = await floor.open("when are you open?")
    async with asyncio.timeout(10):
        while await floor.log.cursor(CONSUMER, 0) < 2:
            await asyncio.sleep(0.01)
    page = await floor.log.read(channel, limit=10)
    assert [entry.kind for entry in page.entries] == ["message", "answer"]
    assert commits == [["message"], ["answer"]]
    running.cancel()
    await asyncio.wait([running])
    room.close()

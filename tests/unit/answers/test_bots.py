"""Whose turn a question is: the bot's, then the engine's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson
import pytest

from straks.accounts.principals import Principal
from straks.answers.bots import MOST_LATE, PAUSE, Bot, Turns
from straks.clock import ManualClock
from straks.conversation.errors import RefusedError
from straks.conversation.lane import Done
from straks.conversation.model import Conversation, fold
from straks.log.log import Appended, Entry, FeedItem
from straks_protocol import ErrorCode
from straks_protocol.channels import Channel


def entry(offset: int, kind: str = "message", sender: str = "visitor:v", **data: Any) -> Entry:
    return Entry(
        channel="conversation:a",
        offset=offset,
        id=f"id{offset}",
        at=0,
        sender=sender,
        name=None,
        key=f"k{offset}",
        kind=kind,
        data=orjson.dumps({"text": "when?"} | data),
        advances=kind in {"ask_human", "accept"},
    )


def answer(offset: int, question: int, sender: str = "app:helper") -> Entry:
    data = orjson.dumps({"question": question, "answer": "x", "score": 1})
    return Entry(
        channel="conversation:a",
        offset=offset,
        id=f"id{offset}",
        at=0,
        sender=sender,
        name=None,
        key=f"k{offset}",
        kind="answer",
        data=data,
    )


class Stage:
    """One conversation, a bot and an engine, that note what they are given."""

    def __init__(self, clock: ManualClock) -> None:
        self.clock = clock
        self.connected = True
        self.held: Conversation | None = None
        self.asked: list[tuple[str, str, dict[str, Any]]] = []
        self.engine: list[int] = []
        self.keeps: set[int] = set()
        """Offsets that the engine keeps to itself."""
        self.refuses = False
        self.fails = False
        self.cannot: set[int] = set()
        """Offsets that the engine fails at each time."""
        self.bot = Bot("helper", 3.0, lambda: self.connected, clock)
        self.turns = Turns(self.bot, self, self.handle, self)

    def say(self, *entries: Entry) -> list[FeedItem]:
        self.held = fold(entries, self.held)
        return [FeedItem(10 * each.offset, each) for each in entries]

    def peek(self, conversation_id: str, at_least: int = 0) -> Conversation | None:
        return None

    async def conversation(self, conversation_id: str, at_least: int = 0) -> Conversation | None:
        return self.held

    def publish(
        self,
        author: Principal,
        channel: Channel,
        key: str,
        kind: str,
        data: dict[str, Any],
        expect: int | None,
        done: Done,
    ) -> None:
        assert (author.kind, str(channel), kind, expect) == (
            "server", "app:helper", "question", None,
        )  # fmt: skip
        self.asked.append((str(channel), key, data))
        refused = RefusedError(ErrorCode.UNAVAILABLE, "not now")
        done(refused if self.refuses else Appended(entry(1), False))

    def is_question(self, entry: Entry) -> bool:
        return entry.kind == "message" and entry.sender.startswith("visitor:")

    def leaves(self, question: Entry, conversation: Conversation) -> bool:
        return question.offset not in self.keeps

    async def handle(self, items: Sequence[FeedItem]) -> None:
        if self.fails:
            raise RefusedError(ErrorCode.UNAVAILABLE, "not now")
        questions = [item.entry for item in items if self.is_question(item.entry)]
        if not self.cannot.isdisjoint(question.offset for question in questions):
            raise ValueError("a mistake of ours")
        self.engine += [question.offset for question in questions]


@pytest.fixture
def stage(clock: ManualClock) -> Stage:
    return Stage(clock)


def it_is(stage: Stage, now_ms: int) -> None:
    """Set the wall clock; all entries are of time 0."""
    stage.clock.jump((now_ms - stage.clock.now_ms()) / 1000)


async def test_the_bot_is_asked_once_and_the_cursor_waits(stage: Stage) -> None:
    it_is(stage, 0)
    first = entry(1, lang="en", known={"order": "4711"})
    assert await stage.turns.handle(stage.say(first)) == 9
    assert await stage.turns.handle([]) == 9
    assert await stage.turns.handle([FeedItem(10, first)]) == 9
    ((_, _, told),) = stage.asked
    assert told == {
        "channel": "conversation:a",
        "offset": 1,
        "state_offset": 1,
        "text": "when?",
        "lang": "en",
        "facts": {"order": "4711"},
    }
    assert stage.engine == []


async def test_the_same_question_has_the_same_key_after_a_crash(stage: Stage) -> None:
    it_is(stage, 0)
    items = stage.say(entry(1))
    await stage.turns.handle(items)
    await Turns(stage.bot, stage, stage.handle, stage).handle(items)
    assert len({key for _, key, _ in stage.asked}) == 1


async def test_a_reply_in_time_is_the_only_one(stage: Stage) -> None:
    it_is(stage, 0)
    await stage.turns.handle(stage.say(entry(1)))
    assert await stage.turns.handle(stage.say(answer(2, 1))) == 20
    assert stage.engine == [1]  # which passes over what has its reply


async def test_what_the_bot_leaves_is_the_engines(stage: Stage) -> None:
    it_is(stage, 0)
    await stage.turns.handle(stage.say(entry(1)))
    stage.clock.advance(2.9)
    assert await stage.turns.handle([]) == 9
    stage.clock.advance(0.2)
    assert await stage.turns.handle([]) == 10
    assert stage.engine == [1]


async def test_what_waited_before_a_crash_is_not_waited_for_anew(stage: Stage) -> None:
    it_is(stage, 2_000)
    await stage.turns.handle(stage.say(entry(1)))
    stage.clock.advance(1.1)
    assert await stage.turns.handle([]) == 10
    it_is(stage, 60_000)
    assert await stage.turns.handle(stage.say(entry(2))) == 20
    assert (stage.engine, len(stage.asked)) == ([1, 2], 1)


async def test_a_clock_that_was_set_back_makes_nobody_wait_longer(stage: Stage) -> None:
    it_is(stage, -3_600_000)
    await stage.turns.handle(stage.say(entry(1)))
    stage.clock.advance(3.1)
    assert await stage.turns.handle([]) == 10


@pytest.mark.parametrize("how", ["away", "kept", "refused", "taken"])
async def test_the_engine_has_what_is_not_the_bots(stage: Stage, how: str) -> None:
    it_is(stage, 0)
    stage.connected = how != "away"
    stage.keeps = {1} if how == "kept" else set()
    stage.refuses = how == "refused"
    items = stage.say(entry(1))
    if how == "taken":
        stage.say(entry(2, "ask_human"))
    if await stage.turns.handle(items) == 9:  # it hears of the refusal a little later
        await stage.turns.handle([])
    assert stage.engine == [1]
    assert len(stage.asked) == (1 if how == "refused" else 0)


async def test_a_bot_that_goes_is_not_waited_for(stage: Stage) -> None:
    it_is(stage, 0)
    await stage.turns.handle(stage.say(entry(1)))
    stage.connected = False
    assert await stage.turns.handle([]) == 10
    assert stage.engine == [1]


async def test_one_that_waits_holds_no_other_up(stage: Stage) -> None:
    it_is(stage, 0)
    stage.keeps = {2}
    assert await stage.turns.handle(stage.say(entry(1), entry(2), entry(3))) == 9
    assert stage.engine == [2]
    assert await stage.turns.handle(stage.say(answer(4, 3))) == 9
    assert await stage.turns.handle(stage.say(answer(5, 1))) == 50
    assert stage.engine == [2, 3, 1]


async def test_what_waits_is_bounded(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("straks.answers.bots.MOST_WAITING", 2)
    it_is(stage, 0)
    await stage.turns.handle(stage.say(entry(1), entry(2)))
    assert await stage.turns.handle(stage.say(entry(3))) == 9
    assert (len(stage.asked), stage.engine) == (2, [3])


async def test_what_fails_for_now_is_done_later(stage: Stage) -> None:
    it_is(stage, 0)
    stage.connected = False
    stage.fails = True
    items = stage.say(entry(1))
    with pytest.raises(RefusedError):
        await stage.turns.handle(items)
    stage.fails = False
    assert await stage.turns.handle(items) == 10
    assert stage.engine == [1]


async def test_what_the_engine_cannot_do_stops_no_other(stage: Stage) -> None:
    it_is(stage, 0)
    stage.connected = False
    stage.cannot = {1}
    assert await stage.turns.handle(stage.say(entry(1), entry(2))) == 9
    assert await stage.turns.handle(stage.say(entry(3))) == 9
    assert stage.engine == [2, 3]
    positions = [await stage.turns.handle([]) for _ in range(3)]
    assert positions == [9, 9, 30]  # it is passed over at last


async def test_a_bot_is_late_once_however_often_its_question_is_tried(stage: Stage) -> None:
    it_is(stage, 0)
    await stage.turns.handle(stage.say(entry(1)))
    stage.clock.advance(3.1)
    stage.fails = True
    for _ in range(MOST_LATE):
        with pytest.raises(RefusedError):
            await stage.turns.handle([])
    assert stage.bot.is_waited_for()


async def test_a_bot_that_is_often_late_is_not_waited_for_a_while(stage: Stage) -> None:
    it_is(stage, 0)
    for number in range(1, MOST_LATE + 1):
        assert stage.bot.is_waited_for()
        deadline = stage.bot.deadline(stage.clock.now_ms())
        stage.clock.advance(3.0)
        assert stage.bot.is_late(deadline)
        stage.bot.left()
        assert stage.bot.is_waited_for() is (number < MOST_LATE)
    assert await stage.turns.handle(stage.say(entry(1))) == 10
    assert stage.asked == []
    stage.clock.advance(PAUSE)
    assert stage.bot.is_waited_for()
    stage.bot.left()
    assert not stage.bot.is_waited_for()
    stage.clock.advance(PAUSE)
    stage.bot.came()
    stage.bot.left()
    assert stage.bot.is_waited_for()

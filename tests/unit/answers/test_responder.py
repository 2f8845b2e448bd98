"""Replies that are given before the feed shows their question."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import orjson
import pytest

from straks.accounts.principals import Principal
from straks.answers.answer import Answer
from straks.answers.experts import Experts
from straks.answers.files import AnswerBook
from straks.answers.matcher import Match, Matcher
from straks.answers.responder import Responder
from straks.conversation.coming import Coming
from straks.conversation.errors import RefusedError
from straks.conversation.lane import Done
from straks.conversation.model import Conversation, fold
from straks.log.log import (
    Append,
    Appended,
    AppendResult,
    Conflict,
    Entry,
    FeedItem,
    LogError,
    LogUnavailableError,
    OutcomeUnknownError,
)
from straks.records.customers import Opened, SQLCustomerRecords
from straks.records.database import Database
from straks.records.errors import RecordsUnavailableError
from straks_protocol import Position
from straks_protocol.channels import Channel

FIELDS = Entry.__struct_fields__
SHARED = set(FIELDS) & set(Append.__struct_fields__)


def entry(offset: int, text: str = "when?", kind: str = "message", sender: str = "v") -> Entry:
    return Entry(
        channel="conversation:a",
        offset=offset,
        id=f"id{offset}",
        at=0,
        sender=f"visitor:{sender}" if sender == "v" else sender,
        name=None,
        key=f"k{offset}",
        kind=kind,
        data=orjson.dumps({"text": text}),
        advances=kind != "message",
    )


class Said:
    """Conversations of one, that note what is published."""

    def __init__(self, *entries: Entry) -> None:
        self.held = fold(entries)
        self.published: list[tuple[str, str, Done]] = []
        self.data: list[dict[str, Any]] = []

    def recall(self, conversation_id: str) -> Conversation | None:
        return self.held

    def peek(self, conversation_id: str, at_least: int = 0) -> Conversation | None:
        return self.held

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
        self.published.append((kind, key, done))
        self.data.append(data)


def responder(said: Said, matcher: Matcher | None = None) -> Responder:
    return Responder(said, matcher or Matcher(AnswerBook(()), {}), name="Straks")


async def handled(here: Responder, question: Entry) -> None:
    await here.handle([FeedItem(1, question)])


def stored(question: Entry) -> Appended:
    return Appended(question, False)


class Commits:
    """Notes what goes to the log."""

    def __init__(self) -> None:
        self.submitted: list[tuple[Append, Callable[[AppendResult | LogError], None]]] = []

    def submit(self, item: Append, done: Callable[[AppendResult | LogError], None]) -> None:
        self.submitted.append((item, done))


def coming(commits: Commits, question: Entry) -> Coming:
    fields = {name: getattr(question, name) for name in SHARED}
    return Coming(commits, lambda: "new id", Append(**fields), question.offset, None)


async def test_it_goes_with_the_question_and_is_not_given_again() -> None:
    question = entry(1)
    said, commits = Said(question), Commits()
    here = responder(said)
    here.foresee(coming(commits, question))
    ((reply, done),) = commits.submitted
    assert (reply.kind, reply.follows) == ("answer", Position(offset=1, id=question.id))
    assert orjson.loads(reply.data)["question"] == 1
    done(stored(entry(2)))
    await handled(here, question)
    assert said.published == []
    with pytest.raises(StopIteration):
        finish(here.handle([FeedItem(1, question)]), said)  # as after a restart: the key is old
    ((kind, key, _),) = said.published
    assert (kind, key) == ("answer", reply.key)


async def test_an_expert_is_left_to_the_feed_and_waits_for_a_person() -> None:
    question = entry(1, "error E-17, I have restarted it")
    said, commits = Said(question), Commits()
    here = Responder(said, Matcher(AnswerBook(()), {}), name="Straks", experts=Experts())
    here.foresee(coming(commits, question))
    assert commits.submitted == []
    with pytest.raises(StopIteration):
        finish(here.handle([FeedItem(1, question)]), said)
    ((kind, _, _),) = said.published
    assert kind == "ask_human"


async def test_the_feed_waits_for_a_reply_that_is_on_its_way() -> None:
    question = entry(1)
    said, commits = Said(question), Commits()
    here = responder(said)
    here.foresee(coming(commits, question))
    running = here.handle([FeedItem(1, question)])
    waits_for = running.send(None)
    assert waits_for is not None
    assert not waits_for.done()
    commits.submitted[0][1](stored(entry(2)))
    assert waits_for.done()
    with pytest.raises(StopIteration):
        running.send(None)
    assert said.published == []


@pytest.mark.parametrize("text", ["thank you", "can I talk to a human please"])
async def test_what_asks_nothing_is_left_to_the_feed(text: str) -> None:
    question = entry(1, text)
    commits = Commits()
    responder(Said(question)).foresee(coming(commits, question))
    assert commits.submitted == []


@pytest.mark.parametrize(
    "failure", [Conflict(0), LogUnavailableError("not now"), OutcomeUnknownError("who knows")]
)
async def test_what_failed_is_done_again_with_the_same_key(
    failure: AppendResult | LogError,
) -> None:
    question = entry(1)
    said, commits = Said(question), Commits()
    here = responder(said)
    here.foresee(coming(commits, question))
    ((reply, done),) = commits.submitted
    done(failure)
    if isinstance(failure, LogError):
        with pytest.raises(RefusedError):
            await handled(here, question)
        assert said.published == []  # the consumer calls again
    running = here.handle([FeedItem(1, question)])
    with pytest.raises(StopIteration):
        finish(running, said)
    assert [key for _, key, _ in said.published] == [reply.key]


def finish(running: Any, said: Said) -> None:
    """Let the handler publish, tell it that this is stored, and let it end."""
    waits_for = running.send(None)
    if not said.published:  # it learns first that what it had was in vain
        waits_for = running.send(None)
    said.published[-1][2](stored(entry(2)))
    assert waits_for.done()
    running.send(None)


async def test_what_is_remembered_is_bounded() -> None:
    commits = Commits()
    here = responder(Said(entry(1)))
    for number in range(3000):
        question = Entry(**{**{n: getattr(entry(1), n) for n in FIELDS}, "id": f"id{number}"})
        here.foresee(coming(commits, question))
    assert len(here._early) <= 1024


def an_answer(answer_id: str, lang: str, title: str) -> Answer:
    phrases = (f"about {answer_id}",)
    return Answer(
        id=answer_id, lang=lang, title=title, text="x", html="x", phrases=phrases, tags=()
    )


DANISH = an_answer("flicker", "da", "Lampen virker ikke")
NORWEGIAN = an_answer("fuse", "nb", "Lampen virker ikke")
SHELF = an_answer("shelf", "nb", "Hylla vakler")


class Torn(Matcher):
    """Cannot decide between two answers, whatever is asked."""

    def __init__(self) -> None:
        super().__init__(AnswerBook((DANISH, NORWEGIAN, SHELF)), {})

    def judge(self, text: str, lang: str | None = None) -> tuple[Match, ...]:
        return Match(NORWEGIAN, 0.45, ""), Match(SHELF, 0.4, "")


def offered(offset: int) -> Entry:
    """Store what it says who is torn."""
    commits = Commits()
    responder(Said(entry(1)), Torn()).foresee(coming(commits, entry(1, "virker ikke")))
    stored = entry(offset, kind="answer", sender="responder")
    fields = {name: getattr(stored, name) for name in FIELDS}
    return Entry(**{**fields, "data": commits.submitted[0][0].data, "advances": False})


async def replied(said: Said, question: Entry) -> dict[str, Any]:
    """Let the feed show a question; give the data of the reply."""
    running = responder(said, Torn()).handle([FeedItem(1, question)])
    with pytest.raises(StopIteration):
        finish(running, said)
    return said.data[-1]


def test_who_is_torn_leaves_the_choice() -> None:
    assert orjson.loads(offered(2).data) == {
        "question": 1,
        "answer": None,
        "lang": "nb",
        "score": 0.45,
        "choices": [
            {"answer": "fuse", "title": "Lampen virker ikke"},
            {"answer": "shelf", "title": "Hylla vakler"},
        ],
    }


@pytest.mark.parametrize(
    ("pressed", "answer"), [("Lampen virker ikke", NORWEGIAN), ("Hylla vakler", SHELF)]
)
async def test_a_title_that_is_pressed_gets_that_very_answer(pressed: str, answer: Answer) -> None:
    press = entry(3, pressed)
    given = await replied(Said(entry(1), offered(2), press), press)
    assert (given["answer"], given["lang"], given["score"]) == (answer.id, answer.lang, 1.0)
    commits = Commits()
    responder(Said(entry(1), offered(2)), Torn()).foresee(coming(commits, press))
    early = orjson.loads(commits.submitted[0][0].data)
    assert (early["answer"], early["lang"], early["score"]) == (answer.id, answer.lang, 1.0)


async def test_what_picks_nothing_is_judged_anew() -> None:
    other = entry(3, "noe annet")
    given = await replied(Said(entry(1), offered(2), other), other)
    assert (given["answer"], len(given["choices"])) == (None, 2)


@pytest.mark.parametrize("text", ["you stupid idiot", "fuck off", "jävla idiot!"])
async def test_an_insult_gets_no_silly_answer(text: str) -> None:
    question = entry(1, text)
    assert await replied(Said(question), question) == {"question": 1, "answer": None, "score": 0.0}


MAYBE = entry(1, "error E-17, what now?")
"""Something that an expert says, if they were here before."""


class Storing(Said):
    """Tells at once that all is stored."""

    def publish(self, *args: Any) -> None:
        super().publish(*args)
        args[-1](stored(entry(2)))


class Records(SQLCustomerRecords):
    """Those that may be away, and where something may happen in the meantime."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.away = False
        self.asked = 0
        self.meanwhile: Callable[[], object] = bool

    async def earlier(self, visitor_id: str, conversation_id: str) -> int:
        self.asked += 1
        if self.away:
            raise RecordsUnavailableError("away")
        number = await super().earlier(visitor_id, conversation_id)
        self.meanwhile()
        return number


@pytest.fixture
async def records(tmp_path: Path) -> AsyncIterator[Records]:
    database = await Database.open(tmp_path / "records.db")
    made = Records(database)
    await made.opened([Opened("v", "a", 2)])
    yield made
    await database.close()


def looking_up(said: Said, records: Records | None) -> Responder:
    matcher = Matcher(AnswerBook(()), {})
    return Responder(said, matcher, name="Straks", experts=Experts(), known=records)


async def test_who_may_be_an_expert_is_left_to_the_feed_and_looked_up(records: Records) -> None:
    await records.opened([Opened("v", "b", 1), Opened("v", "c", 1)])
    said, commits = Storing(MAYBE), Commits()
    here = looking_up(said, records)
    here.foresee(coming(commits, MAYBE))
    assert (commits.submitted, records.asked) == ([], 0)
    await handled(here, MAYBE)
    ((kind, _, _),) = said.published
    reasons = ["names the error code E-17", "had 2 conversations before"]
    assert (kind, said.data) == ("ask_human", [{"expert": {"score": 0.45, "reasons": reasons}}])


@pytest.mark.parametrize("away", [False, True])
async def test_whose_conversation_is_the_first_as_far_as_is_known_gets_an_answer(
    records: Records, away: bool
) -> None:
    records.away = away
    if away:
        await records.opened([Opened("v", "b", 1)])
    said = Storing(MAYBE)
    await handled(looking_up(said, records), MAYBE)
    ((kind, _, _),) = said.published
    assert (kind, records.asked) == ("answer", 1)


async def test_where_nothing_is_kept_it_goes_with_the_question() -> None:
    commits = Commits()
    looking_up(Said(MAYBE), None).foresee(coming(commits, MAYBE))
    ((reply, _),) = commits.submitted
    assert reply.kind == "answer"


@pytest.mark.parametrize(
    ("text", "kind"), [("when?", "answer"), ("error E-17, I have restarted it", "ask_human")]
)
async def test_where_it_does_not_decide_nothing_is_looked_up(
    records: Records, text: str, kind: str
) -> None:
    question = entry(1, text)
    said, commits = Storing(question), Commits()
    here = looking_up(said, records)
    here.foresee(coming(commits, question))
    assert len(commits.submitted) == (kind == "answer")
    here = looking_up(said, records)  # as after a restart
    await handled(here, question)
    assert [published for published, _, _ in said.published] == [kind]
    assert records.asked == 0


async def test_others_do_not_wait_for_what_is_looked_up(records: Records) -> None:
    await records.opened([Opened("v", "b", 1)])
    other = entry(2)
    said = Storing(MAYBE, other)
    await looking_up(said, records).handle([FeedItem(1, MAYBE), FeedItem(2, other)])
    assert [kind for kind, _, _ in said.published] == ["answer", "ask_human"]
    assert said.data[0]["question"] == other.offset


async def test_a_person_who_comes_while_it_is_looked_up_gets_no_reply_beside(
    records: Records,
) -> None:
    said = Storing(MAYBE)

    def meanwhile() -> None:
        said.held = fold([entry(2, kind="ask_human")], said.held)

    records.meanwhile = meanwhile
    await handled(looking_up(said, records), MAYBE)
    assert (said.published, records.asked) == ([], 1)


async def test_who_may_be_an_expert_is_a_bots(records: Records) -> None:
    sure = entry(1, "error E-17, I have restarted it")
    for question, leaves in ((MAYBE, True), (sure, False), (entry(1, "thank you"), False)):
        held = fold([question])
        assert held is not None
        assert looking_up(Said(question), records).leaves(question, held) is leaves
    assert records.asked == 0

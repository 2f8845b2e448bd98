"""What the inboxes are told, in which lots, and how far that is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from straks.accounts.principals import SERVER, Principal
from straks.clock import ManualClock
from straks.conversation.errors import RefusedError
from straks.conversation.model import Conversation
from straks.conversation.service import Author, Done
from straks.log.log import Appended, Entry, FeedItem
from straks.records.errors import RecordsUnavailableError
from straks.routing.projector import Projector
from straks_protocol import ErrorCode
from straks_protocol.channels import Channel

VISITOR = Principal(kind="visitor", id="v1")


class Place:
    """Conversations, records and inboxes that note what happens."""

    def __init__(self, clock: ManualClock) -> None:
        self.folds: dict[str, Conversation] = {}
        self.asked: dict[str, int] = {}
        """Which offset each had to have come to."""
        self.saved: list[str] = []
        self.told: list[str] = []
        self.keys: list[str] = []
        self.steps: list[str] = []
        self.failure: Exception | None = None
        self.refusal: RefusedError | None = None
        self.poison = ""
        self.position = 0
        self.projector = Projector(self, self, SERVER, {"default"}, clock)

    def peek(self, conversation_id: str, at_least: int = 0) -> Conversation | None:
        return None

    async def conversation(self, conversation_id: str, at_least: int = 0) -> Conversation | None:
        self.asked[conversation_id] = at_least
        return self.folds.get(conversation_id)

    async def save(self, rows: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        if self.failure is not None:
            raise self.failure
        names = [each["id"] for _, each in rows]
        if self.poison in names:
            raise ZeroDivisionError
        self.saved += names
        self.steps.append("save")

    def publish(
        self,
        author: Author,
        channel: Channel,
        key: str,
        kind: str,
        data: dict[str, Any],
        expect: int | None,
        done: Done,
    ) -> None:
        assert (str(channel), kind, author) == ("inbox:default", "conversation", SERVER)
        self.steps.append("tell")
        if self.refusal is not None:
            done(self.refusal)
            return
        self.told.append(data["id"])
        self.keys.append(key)
        done(Appended(self._entry("told", 1), False))

    def _entry(self, name: str, offset: int, *, advances: bool = False) -> Entry:
        return Entry(
            channel=f"conversation:{name}",
            offset=offset,
            id=f"{name}{offset}",
            at=offset,
            sender=VISITOR.sender,
            name=None,
            key=f"k{offset}",
            kind="message",
            data=b'{"text":"Hej"}',
            advances=advances,
        )

    def item(self, name: str) -> FeedItem:
        """Let a visitor say something: the first time it opens the conversation."""
        fold = self.folds.get(name)
        said = self._entry(name, 1 if fold is None else fold.last_offset + 1, advances=fold is None)
        if fold is None:
            self.folds[name] = Conversation.begin(said)
        else:
            fold.apply(said)
        self.position += 1
        return FeedItem(self.position, said)


@pytest.fixture
def place(clock: ManualClock) -> Place:
    return Place(clock)


async def test_a_change_of_state_is_kept_then_told_at_once(place: Place) -> None:
    assert await place.projector.handle([place.item("a"), place.item("b")]) == 2
    assert place.saved == place.told == ["a", "b"]
    assert place.steps == ["save", "tell", "tell"]


async def test_previews_are_gathered_into_one_summary(place: Place, clock: ManualClock) -> None:
    assert await place.projector.handle([place.item("a")]) == 1
    assert await place.projector.handle([place.item("a"), place.item("a")]) == 1
    assert await place.projector.handle([place.item("a")]) == 1
    assert place.told == ["a"]
    clock.advance(1)
    assert await place.projector.handle([]) == 4
    assert place.told == ["a", "a"]


async def test_what_is_told_has_come_to_what_was_read(place: Place, clock: ManualClock) -> None:
    """The feed may be ahead of who listens to the log."""
    await place.projector.handle([place.item("a"), place.item("b")])
    assert place.asked == {"a": 1, "b": 1}
    await place.projector.handle([place.item("a"), place.item("a")])
    clock.advance(60.0)
    await place.projector.handle([])
    assert place.asked == {"a": 3, "b": 1}


async def test_a_change_of_state_does_not_wait_for_previews_before_it(place: Place) -> None:
    assert await place.projector.handle([place.item("a")]) == 1
    assert await place.projector.handle([place.item("a"), place.item("b")]) == 1
    assert place.told == ["a", "b"]


async def test_the_same_state_has_the_same_key_every_time(clock: ManualClock) -> None:
    first, again = Place(clock), Place(clock)
    await first.projector.handle([first.item("a")])
    await again.projector.handle([again.item("a")])
    assert first.keys == again.keys
    await again.projector.handle([again.item("a")])
    clock.advance(1)
    await again.projector.handle([])
    assert len(set(again.keys)) == 2


@pytest.mark.parametrize("failing", ["records", "log"])
async def test_what_fails_for_now_is_still_to_be_told(place: Place, failing: str) -> None:
    if failing == "records":
        place.failure = RecordsUnavailableError("away")
    else:
        place.refusal = RefusedError(ErrorCode.UNAVAILABLE, "away")
    item = place.item("a")
    with pytest.raises((RecordsUnavailableError, RefusedError)):
        await place.projector.handle([item])
    assert place.told == []
    place.failure = place.refusal = None
    assert await place.projector.handle([item]) == 1
    assert place.told == ["a"]


async def test_one_that_cannot_be_told_stops_no_other(
    place: Place, caplog: pytest.LogCaptureFixture
) -> None:
    place.poison = "b"
    assert await place.projector.handle([place.item(name) for name in "abc"]) == 3
    assert place.told == ["a", "c"]
    assert "the summary of conversation b is skipped" in caplog.text


async def test_a_conversation_that_is_not_there_is_passed_over(place: Place) -> None:
    item = place.item("a")
    del place.folds["a"]
    assert await place.projector.handle([item]) == 1
    assert place.told == []

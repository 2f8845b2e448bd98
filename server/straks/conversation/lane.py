"""The way that publishes of one conversation take to the log, one after the other."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, Final, TypeAlias

from straks.conversation.decide import Author
from straks.conversation.errors import RefusedError
from straks.conversation.model import Conversation, State
from straks.log.log import Appended, Conflict
from straks_protocol import Position
from straks_protocol.channels import Channel

__all__ = ["Done", "Lane", "Lanes", "Publish"]

Done: TypeAlias = Callable[[Appended | RefusedError], None]
"""Told once how a publish ended; called on the event loop, must not block."""

_MOST_TRIES: Final = 20
"""Decisions about one publish while others keep changing the state."""
_EVICTION_LOOK: Final = 16
"""Lanes that are looked at for one that can go."""


class Publish:
    """An entry on its way to the log."""

    __slots__ = (
        "author",
        "changes",
        "channel",
        "data",
        "done",
        "expect",
        "key",
        "kind",
        "question",
        "refusal",
        "refused_on",
        "tries",
    )

    def __init__(
        self,
        author: Any,
        channel: Channel,
        key: str,
        kind: str,
        data: bytes,
        expect: int | None,
        done: Done,
    ) -> None:
        self.author: Author = author
        self.channel = channel
        self.key = key
        self.kind = kind
        self.data = data
        self.expect = expect
        self.done = done
        self.changes = False
        """It will change the conversation's state."""
        self.refusal: RefusedError | None = None
        """Why it is refused, unless the log finds that its key was used."""
        self.refused_on: int | None = None
        """The state offset that the refusal rests on, where it rests on the state."""
        self.tries = 0
        self.question = 0
        """The offset of the message that it replies to, 0 when it is no reply."""

    def replies_to(self, question: object) -> None:
        """Note the offset of the message that it replies to, if it says one."""
        if type(question) is int:
            self.question = question

    def asks(self, conversation: Conversation) -> bool:
        """Tell whether it is a visitor's message that no person will answer."""
        return (
            self.kind == "message"
            and self.refusal is None
            and conversation.state is State.SELF_SERVICE
            and self.author.kind == "visitor"
        )

    def follows(self, conversation: Conversation | None) -> Position | None:
        """Say after what a reply must stand, so that there is no other one that was not seen."""
        if conversation is None or self.question == 0 or self.refusal is not None:
            return None
        return Position(offset=conversation.last_offset, id=conversation.last_id)

    def decided_in_vain(self, state_offset: int) -> bool:
        """Tell whether to decide again, since the log had another state than was believed."""
        if self.tries >= _MOST_TRIES:
            return False
        return self.refusal is None or self.refused_on not in {None, state_offset}


class Lane:
    """One conversation in memory: its fold, what is in flight, what waits its turn.

    What follows waits while the state may be about to change, so that everything is decided on
    the state that it meets in the log, and nothing overtakes.
    """

    __slots__ = (
        "conflicted",
        "conversation",
        "doubted",
        "guard",
        "id",
        "in_flight",
        "loading",
        "pumping",
        "readers",
        "seen",
        "stale",
        "unsettled",
        "waiting",
    )

    def __init__(self, conversation_id: str) -> None:
        self.id = conversation_id
        self.conversation: Conversation | None = None
        self.loading = False
        self.stale = False
        """The log is known to hold more than the fold."""
        self.doubted = False
        """What was read while loading may not be what the log holds now."""
        self.seen = 0
        """The highest offset that was told while loading."""
        self.in_flight = 0
        self.unsettled = 0
        """Those in flight that would change the state."""
        self.guard = 0
        """The state offset that those in flight rest on."""
        # Nearly all are empty nearly always: empty tuples take no room.
        self.conflicted: tuple[Publish, ...] = ()
        """Those to be decided again, before all that wait."""
        self.waiting: tuple[Publish, ...] = ()
        self.readers: tuple[asyncio.Future[Conversation | None], ...] = ()
        self.pumping = False

    @property
    def readable(self) -> bool:
        """The fold is there and up to date as far as this process knows."""
        return self.conversation is not None and not self.stale and not self.loading

    @property
    def open(self) -> bool:
        """The next publish can be decided now."""
        conversation = self.conversation
        return (
            conversation is not None
            and not self.loading
            and not self.stale
            and not self.unsettled
            and not self.conflicted
            and (not self.in_flight or self.guard == conversation.state_offset)
        )

    @property
    def idle(self) -> bool:
        """Nobody would miss it."""
        return not (
            self.in_flight or self.loading or self.waiting or self.conflicted or self.readers
        )

    def submitted(self, item: Publish, guard: int | None) -> None:
        """Count what goes to the log; ``guard``: the state that it rests on, if on any."""
        self.in_flight += 1
        self.unsettled += item.changes
        if guard is not None:
            self.guard = guard

    def settled(self, item: Publish) -> None:
        """End :meth:`submitted`."""
        self.in_flight -= 1
        self.unsettled -= item.changes

    def decide_again(self, item: Publish, conflict: Conflict) -> None:
        """Put what the log found another state for in front of the line."""
        item.tries += 1
        item.changes = False
        if item.refused_on is not None:
            item.refusal = item.refused_on = None
        self.conflicted += (item,)
        known = 0 if self.conversation is None else self.conversation.state_offset
        if conflict.state_offset != known or (item.question > 0 and not self.in_flight):
            self.stale = True  # A reply goes to the end of the log: there is more than is known.
        if conflict.state_offset < known and not self.loading:
            self.conversation = None  # The log lost what this fold rests on.

    def retry_conflicted(self) -> None:
        """Put those to be decided again in front of the line."""
        self.waiting = self.conflicted + self.waiting
        self.conflicted = ()

    def take_out(self, which: Callable[[Publish], bool]) -> Sequence[Publish]:
        """Take those out of the line that ``which`` says."""
        taken = [item for item in (*self.conflicted, *self.waiting) if which(item)]
        if taken:
            gone = set(taken)
            self.conflicted = tuple(item for item in self.conflicted if item not in gone)
            self.waiting = tuple(item for item in self.waiting if item not in gone)
        return taken

    def next_waiting(self) -> Publish:
        """Take the first of those that wait."""
        item = self.waiting[0]
        self.waiting = self.waiting[1:]
        return item


class Lanes:
    """The conversations in memory, at most ``capacity`` beside those in use.

    Overflow policy "forget the longest unused": the log still has it all.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._lanes: OrderedDict[str, Lane] = OrderedDict()

    def __len__(self) -> int:
        return len(self._lanes)

    def get(self, conversation_id: str) -> Lane | None:
        """Find a lane without counting that as use."""
        return self._lanes.get(conversation_id)

    def use(self, conversation_id: str) -> Lane | None:
        """Find a lane that is about to be used."""
        lane = self._lanes.get(conversation_id)
        if lane is not None:
            self._lanes.move_to_end(conversation_id)
        return lane

    def add(self, conversation_id: str) -> Lane:
        """Make a lane."""
        lane = self._lanes[conversation_id] = Lane(conversation_id)
        if len(self._lanes) > self._capacity:
            self._evict(lane)
        return lane

    def all(self) -> Sequence[Lane]:
        """Give all lanes there are now."""
        return tuple(self._lanes.values())

    def drop(self, lane: Lane) -> None:
        """Forget a lane that is idle."""
        self._lanes.pop(lane.id, None)

    def _evict(self, newest: Lane) -> None:
        # Those in use go to the end, so that the next look begins at others.
        for lane in list(islice(self._lanes.values(), _EVICTION_LOOK)):
            if len(self._lanes) <= self._capacity or lane is newest:
                break
            if lane.idle:
                del self._lanes[lane.id]
            else:
                self._lanes.move_to_end(lane.id)

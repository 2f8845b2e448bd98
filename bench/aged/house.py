"""A file like those that ``straks export`` writes, of as many conversations as one wants."""

from __future__ import annotations

import hashlib
import heapq
import random
import shutil
from base64 import b32encode, urlsafe_b64encode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, Final

import orjson

from straks.records.schema import USUAL_TURN
from straks_protocol import KEY_RANDOM_BYTES, make_key

__all__ = ["VERSION", "Agent", "Known", "write"]

VERSION: Final = 1
"""Of what is written: another one makes other files of the same seed."""

_END: Final = 1_767_225_600_000
"""The last day of the house, milliseconds since the epoch (2026-01-01)."""
_DAYS: Final = 180
_FEED: Final = 10_000
"""Entries of the inbox's own feed: what an export from Redis has of it."""
_QUESTIONS: Final = (
    "How long does delivery take to {place}?",
    "hi, my order {number} has not come yet. it was to be here on tuesday",
    "Can I return a lamp that I bought last week? Order {number}",
    "which ways can i pay when I live in {place}",
    "The shade of my lamp has a crack, what now? I can send you a picture if that helps.",
    "do you have gift cards",
)
_FOLLOWING: Final = (
    "ok thanks",
    "And what does it cost to {place}?",
    "It is {number}, bought in your shop in {place}.",
    "that does not help me, can i talk to somebody?",
)
_ANSWER: Final = (
    "Lamps leave our warehouse the same working day when you order before 14:00. To {place} it "
    "takes three to five working days, and you get an SMS with the day and a two-hour window."
)
_REPLIES: Final = (
    "Hello, I am looking at your order {number} right now; one moment please.",
    "I have sent a new one to {place} today. You may keep the old one.",
    "You are welcome. Have a nice day!",
)
_PLACES: Final = ("Aarhus", "Malmö", "Oslo", "Kiel", "Gdańsk", "Utrecht", "Roskilde")


@dataclass(frozen=True, slots=True)
class Known:
    """A visitor whose token a server has given out."""

    visitor: str
    token: str
    channel: str = ""
    """Their conversation, once there is one."""


@dataclass(frozen=True, slots=True)
class Agent:
    """The one who answered."""

    id: str
    name: str


@dataclass(slots=True)
class _Talk:
    """A conversation while it is written."""

    id: str
    visitor: str
    agent: Agent
    at: int
    entries: list[dict[str, Any]] = field(default_factory=list)
    state: str = "self_service"
    state_offset: int = 0
    preview: str = ""
    held: bool = False
    """The agent has accepted it."""

    @property
    def opened_at(self) -> int:
        return int(self.entries[0]["at"])

    def add(
        self, rng: random.Random, kind: str, data: dict[str, Any], *, by: str, state: str = ""
    ) -> None:
        """Add an entry by a visitor, an agent or the answers; ``state``: the one it leads to."""
        self.at += rng.randrange(800, 90_000)
        senders: dict[str, tuple[str, str | None]] = {
            "visitor": (f"visitor:{self.visitor}", None),
            "agent": (f"agent:{self.agent.id}", self.agent.name),
            "answers": ("app:answers", "Straks"),
        }
        sender, name = senders[by]
        entry = _entry(rng, len(self.entries) + 1, self.at, sender, kind, data)
        if name is not None:
            entry["name"] = name
        if state:
            entry["advances"] = True
            self.state, self.state_offset = state, entry["offset"]
        if kind == "message":
            self.preview = data["text"][:140]
        self.entries.append(entry)

    def summary(self) -> dict[str, Any]:
        """Give what the inbox shows of it."""
        summary: dict[str, Any] = {
            "id": self.id,
            "state": self.state,
            "state_offset": self.state_offset,
            "visitor": {"id": self.visitor},
            "team": "default",
            "preview": self.preview,
            "opened_at": self.opened_at,
            "updated_at": self.at,
            "offset": len(self.entries),
        }
        if self.held:
            summary["agent"] = {"id": self.agent.id, "name": self.agent.name}
        return summary


def write(
    path: Path,
    count: int,
    seed: int,
    beginning: Sequence[bytes],
    agent: Agent,
    known: Sequence[Known],
    step: Callable[[], None],
) -> list[Known]:
    """Write a house of ``count`` conversations; give the known visitors that have one, closed.

    The seed says what is said and when; ids, secret and agent are those of ``beginning``.

    Args:
        beginning: lines of a real export to begin with: its header, its secret, its agent.
        known: visitors who are to come back. Their conversations lie evenly among the others.
        step: called once for each conversation.

    Raises:
        OSError: it cannot be written.
    """
    rng = random.Random(seed)
    # An export tells of the channels in the order of their names.
    ids = sorted(_id(rng) for _ in range(count))
    some = known[:count]
    returning = {n * count // len(some): one for n, one in enumerate(some)}
    told: list[Known] = []
    latest: list[tuple[int, str, bytes]] = []
    entries = channels = 0
    rest = path.with_suffix(".channels")
    with path.open("wb") as rows, rest.open("wb") as logs:
        rows.writelines(beginning)
        for number, talk_id in enumerate(ids):
            one = returning.get(number)
            talk = _talk(rng, talk_id, number, agent, one)
            if one is not None:
                told.append(Known(one.visitor, one.token, f"conversation:{talk_id}"))
            summary = orjson.dumps(talk.summary())
            rows.write(_line(_row(talk, summary.decode())))
            for head, said in _channels(rng, talk):
                channels, entries = channels + 1, entries + len(said)
                logs.write(_line({"type": "channel", "head": head}))
                logs.writelines(map(_line, said))
            keep = heapq.heappush if len(latest) < _FEED else heapq.heappushpop
            keep(latest, (talk.at, talk_id, summary))
            step()
        head, said = _feed(rng, count, sorted(latest))
        logs.write(_line({"type": "channel", "head": head}))
        logs.writelines(map(_line, said))
    counts = {
        "rows": count + len(beginning) - 2,
        "channels": channels + 1,
        "entries": entries + len(said),
        "pending": 0,
    }
    with path.open("ab") as whole, rest.open("rb") as logs:
        shutil.copyfileobj(logs, whole, 1 << 20)
    rest.unlink()
    with path.open("rb") as read:
        digest = hashlib.file_digest(read, "sha256").hexdigest()
    with path.open("ab") as whole:
        _end(whole, counts, digest)
    return told


def _end(file: BinaryIO, counts: dict[str, int], digest: str) -> None:
    file.write(_line({"type": "footer", "counts": counts, "sha256": digest}))


def _talk(
    rng: random.Random, talk_id: str, number: int, agent: Agent, known: Known | None
) -> _Talk:
    """Six of ten are answered without a person; the others ask for one."""
    # Two of a visitor's conversations are of one visitor, now and then.
    visitor = known.visitor if known else f"v{number // 2:021d}"
    began = _END - rng.randrange(_DAYS * 86_400_000)
    talk = _Talk(talk_id, visitor, agent, began)
    talk.add(rng, "message", _said(rng, _QUESTIONS), by="visitor", state="self_service")
    _answer(rng, talk)
    if rng.random() < 0.4:
        talk.add(rng, "ask_human", {}, by="visitor", state="waiting")
        talk.add(rng, "accept", {}, by="agent", state="with_agent")
        talk.held = True
        for _ in range(rng.randrange(1, 4)):
            talk.add(rng, "message", _said(rng, _REPLIES), by="agent")
            talk.add(rng, "message", _said(rng, _FOLLOWING), by="visitor")
        talk.add(rng, "close", {}, by="agent", state="closed")
    else:
        for _ in range(rng.randrange(3)):
            talk.add(rng, "message", _said(rng, _FOLLOWING), by="visitor")
            _answer(rng, talk)
        # Most of those who found their answer just leave.
        if known is not None or rng.random() < 0.3:
            talk.add(rng, "close", {}, by="visitor", state="closed")
    return talk


def _answer(rng: random.Random, talk: _Talk) -> None:
    text = _ANSWER.format(place=rng.choice(_PLACES))
    data = {
        "question": len(talk.entries), "answer": "delivery-time", "title": "Delivery",
        "text": text, "html": f"<p>{text}</p>", "lang": "en", "score": 0.93,
    }  # fmt: skip
    talk.add(rng, "answer", data, by="answers")


def _said(rng: random.Random, texts: Sequence[str]) -> dict[str, Any]:
    text = rng.choice(texts)
    return {"text": text.format(place=rng.choice(_PLACES), number=rng.randrange(10**7, 10**8))}


def _channels(
    rng: random.Random, talk: _Talk
) -> Iterator[tuple[dict[str, Any], list[dict[str, Any]]]]:
    marks = {f"visitor:{talk.visitor}": len(talk.entries)}
    if talk.held:
        marks[f"agent:{talk.agent.id}"] = len(talk.entries)
    yield _head(f"conversation:{talk.id}", talk.entries, talk.state_offset, marks), talk.entries
    if talk.held and rng.random() < 0.1:
        sender = f"agent:{talk.agent.id}"
        note = _entry(rng, 1, talk.at, sender, "note", {"text": "Called back; all is well."})
        yield _head(f"desk:{talk.id}", [note], 0, {}), [note]


def _feed(
    rng: random.Random, count: int, latest: Sequence[tuple[int, str, bytes]]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    first = count - len(latest) + 1
    said = [
        _entry(rng, offset, at, "server:straks", "conversation", orjson.loads(summary))
        for offset, (at, _, summary) in enumerate(latest, first)
    ]
    return _head("inbox:default", said, 0, {}), said


def _head(
    name: str, entries: Sequence[dict[str, Any]], state: int, marks: dict[str, int]
) -> dict[str, Any]:
    last = entries[-1]
    position = {"offset": last["offset"], "id": last["id"]}
    return {"name": name, "position": position, "at": last["at"], "state": state, "marks": marks}


def _row(talk: _Talk, summary: str) -> dict[str, Any]:
    values = {
        "id": talk.id, "inbox": "default", "state": talk.state,
        "closed": talk.state == "closed", "agent_id": talk.agent.id if talk.held else None,
        "waiting_since": None, "turn": USUAL_TURN, "updated_at": talk.at,
        "last_offset": len(talk.entries), "summary": summary, "archived": False,
    }  # fmt: skip
    return {"type": "row", "table": "inbox", "values": values}


def _entry(
    rng: random.Random, offset: int, at: int, sender: str, kind: str, data: dict[str, Any]
) -> dict[str, Any]:
    return {
        "type": "entry", "offset": offset,
        "id": urlsafe_b64encode(rng.randbytes(16)).rstrip(b"=").decode(), "at": at,
        "sender": sender, "key": make_key(at, rng.randbytes(KEY_RANDOM_BYTES)), "kind": kind,
        "text": orjson.dumps(data).decode(),
    }  # fmt: skip


def _id(rng: random.Random) -> str:
    return b32encode(rng.randbytes(16)).rstrip(b"=").decode().lower()


def _line(value: dict[str, Any]) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)

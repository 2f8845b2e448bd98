"""Whatever people do at the same time, what is in memory is what the log says."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path
from typing import Any, TypeAlias

from hypothesis import given, settings
from hypothesis import strategies as st

from straks.accounts.principals import RESPONDER, Principal
from straks.conversation.decide import decide
from straks.conversation.errors import RefusedError
from straks.conversation.model import fold
from straks.log.log import Append, Appended
from tests.support.conversing import AGENT, OTHER_AGENT, VISITOR, Conversing, conversing, new_key

Step: TypeAlias = tuple[Principal, str, dict[str, Any], bool]

_ANSWER = {"question": 1, "answer": "a", "text": "It is so", "score": 1.0}
_STEPS: list[Step] = [
    (VISITOR, "message", {"text": "Hm?"}, False),
    (VISITOR, "ask_human", {}, False),
    (VISITOR, "feedback", {"answer": 2, "helped": False}, False),
    (VISITOR, "close", {}, True),
    (VISITOR, "reopen", {}, True),
    (VISITOR, "contact", {"name": "Vera"}, False),
    (AGENT, "accept", {}, True),
    (AGENT, "message", {"text": "Hello"}, False),
    (AGENT, "transfer", {"agent": "bo"}, True),
    (AGENT, "close", {}, True),
    (OTHER_AGENT, "accept", {}, True),
    (OTHER_AGENT, "message", {"text": "Hi"}, False),
    (OTHER_AGENT, "transfer", {"team": "sales"}, True),
    (RESPONDER, "answer", _ANSWER, True),
]

steps = st.lists(
    st.tuples(st.sampled_from(_STEPS), st.sampled_from(["go on", "settle", "elsewhere", "forget"])),
    max_size=30,
)


@given(steps)
@settings(max_examples=25, deadline=None)
def test_memory_agrees_with_the_log(steps: list[tuple[Step, str]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        asyncio.run(_converse(Path(directory), steps))


async def _converse(directory: Path, steps: list[tuple[Step, str]]) -> None:
    # With room for one, opening another conversation is to forget the first.
    async with conversing(directory, capacity=1) as here:
        channel = await here.opened()
        sent: list[tuple[str, asyncio.Future[Appended]]] = []
        for (author, kind, data, guarded), then in steps:
            known = here.service.peek(channel.partition(":")[2])
            expect = (known.state_offset if known is not None else 1) if guarded else None
            key = new_key()
            outcome = here.send(author, channel, kind, data, expect=expect, key=key)
            sent.append((key, outcome))
            if then == "settle":
                await asyncio.wait([outcome])
            elif then == "elsewhere":
                await _move_on_elsewhere(here, channel)
            elif then == "forget":
                await here.opened()
        await asyncio.gather(*(outcome for _, outcome in sent), return_exceptions=True)
        await _check(here, channel, sent)


async def _move_on_elsewhere(here: Conversing, channel: str) -> None:
    await here.append_elsewhere(
        Append(
            channel=channel,
            sender="server:elsewhere",
            name=None,
            key=new_key(),
            kind="of_a_later_release",
            data=b"{}",
            id=new_key(),
            at=0,
            advances=True,
        )
    )


async def _check(
    here: Conversing, channel: str, sent: list[tuple[str, asyncio.Future[Appended]]]
) -> None:
    # Whatever happened elsewhere, the next publish rests on it.
    await here.send(VISITOR, channel, "rate", {"stars": 5})
    entries = await here.entries(channel)
    assert await here.now(channel) == await here.fresh(channel)
    # What was acknowledged is there once, what was refused is not, and a sender's order holds.
    stored = {entry.key: entry for entry in entries}
    assert len(stored) == len(entries)
    acknowledged = {key: out for key, out in sent if out.exception() is None}
    for key, outcome in sent:
        error = outcome.exception()
        assert error is None or isinstance(error, RefusedError)
        assert (key in stored) == (error is None)
    for sender in {entry.sender for entry in entries}:
        of_sender = [stored[k].offset for k in acknowledged if stored[k].sender == sender]
        assert of_sender == sorted(of_sender)
    # Every entry was legal where it stands.
    for n, entry in enumerate(entries[1:], 1):
        if entry.kind == "of_a_later_release":
            continue
        before = fold(entries[:n])
        assert before is not None
        kind, _, author_id = entry.sender.partition(":")
        author = Principal(kind=kind, id=author_id)  # type: ignore[arg-type]  # a log has right kinds
        advances = decide(before, author, entry.kind, before.state_offset)
        assert advances == entry.advances

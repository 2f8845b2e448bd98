"""The fold says the same however it came about."""

from __future__ import annotations

import copy
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from straks.accounts.principals import SERVER, Principal
from straks.conversation.decide import decide
from straks.conversation.errors import RefusedError
from straks.conversation.model import (
    MOST_REPLIED,
    PREVIEW_LENGTH,
    Conversation,
    Form,
    State,
    fold,
)
from straks.log.log import Entry

VISITOR = Principal(kind="visitor", id="v1")
AGENTS = [Principal(kind="agent", id=f"a{n}", name=f"Agent {n}") for n in range(3)]
RESPONDER = Principal(kind="app", id="answers", scopes=frozenset({"answer"}))


def entry(
    offset: int,
    sender: Principal,
    kind: str,
    data: dict[str, Any] | None = None,
    *,
    advances: bool = False,
) -> Entry:
    return Entry(
        channel="conversation:c1",
        offset=offset,
        id=f"e{offset}",
        at=1_000 * offset,
        sender=sender.sender,
        name=sender.name,
        key=f"k{offset}",
        kind=kind,
        data=orjson.dumps(data or {}),
        advances=advances,
    )


def opening(**data: Any) -> Entry:
    return entry(1, VISITOR, "message", {"text": "Hello", **data}, advances=True)


def folded(*entries: Entry) -> Conversation:
    conversation = fold(entries)
    assert conversation is not None
    return conversation


class ConversationMachine(RuleBasedStateMachine):
    """Everything that is legal, in any order, as the service would append it."""

    def __init__(self) -> None:
        super().__init__()
        self.entries = [opening()]
        self.conversation = folded(*self.entries)
        self.before: tuple[State, Any] | None = None

    def publish(self, sender: Principal, kind: str, data: dict[str, Any] | None = None) -> None:
        state_offset = self.conversation.state_offset
        advances = decide(self.conversation, sender, kind, state_offset)
        new = entry(len(self.entries) + 1, sender, kind, data, advances=advances)
        self.entries.append(new)
        self.conversation.apply(new)
        assert self.conversation.state_offset == (new.offset if advances else state_offset)

    def state_is(self, *states: State) -> bool:
        return self.conversation.state in states

    @precondition(lambda self: not self.state_is(State.CLOSED))
    @rule(text=st.text(min_size=1, max_size=300), lang=st.sampled_from(["en", "nb", None]))
    def visitor_says(self, text: str, lang: str | None) -> None:
        self.publish(VISITOR, "message", {"text": text} | ({"lang": lang} if lang else {}))
        if lang:
            assert self.conversation.lang == lang

    @precondition(lambda self: self.state_is(State.WITH_AGENT))
    @rule(text=st.text(min_size=1, max_size=300))
    def agent_says(self, text: str) -> None:
        assert self.conversation.agent is not None
        agent = next(a for a in AGENTS if a.id == self.conversation.agent.id)
        self.publish(agent, "message", {"text": text})

    @precondition(lambda self: self.state_is(State.SELF_SERVICE, State.WAITING))
    @rule(known=st.booleans())
    def responder_answers(self, known: bool) -> None:
        data: dict[str, Any] = {"question": 1, "answer": "hours" if known else None, "score": 0.5}
        before = self.conversation.preview
        self.publish(RESPONDER, "answer", data | ({"text": "Nine to five"} if known else {}))
        # An inbox shows what people said.
        assert self.conversation.preview == before

    @rule(name=st.sampled_from(["Vera", None]), email=st.sampled_from(["v@example.org", None]))
    def visitor_leaves_contact(self, name: str | None, email: str | None) -> None:
        data = {k: v for k, v in (("name", name), ("email", email)) if v}
        self.publish(VISITOR, "contact", data)
        assert name in {None, self.conversation.visitor_name}
        assert email in {None, self.conversation.visitor_email}

    @precondition(lambda self: not self.state_is(State.CLOSED))
    @rule(answer=st.integers(min_value=1, max_value=10), helped=st.booleans())
    def visitor_judges_an_answer(self, answer: int, helped: bool) -> None:
        before = self.conversation.state, self.conversation.preview
        self.publish(VISITOR, "feedback", {"answer": answer, "helped": helped})
        assert (self.conversation.state, self.conversation.preview) == before

    @precondition(lambda self: not self.state_is(State.CLOSED))
    @rule(author=st.sampled_from([VISITOR, SERVER]), order=st.sampled_from(["7", "8"]))
    def details_become_known(self, author: Principal, order: str) -> None:
        before, new = self.conversation.facts, {"order": order}
        # What was said in earlier conversations holds only until this one says it.
        earlier = self.conversation.earlier
        over = author is VISITOR or "order" in earlier
        known = {**before, **new} if over else {**new, **before}
        if author is VISITOR:
            earlier = earlier - {"order"}
        elif "order" not in before:
            earlier = earlier | {"order"}
        self.publish(author, "details", {"fields": new})
        assert (self.conversation.facts, self.conversation.earlier) == (known, earlier)

    @precondition(lambda self: not self.state_is(State.CLOSED))
    @rule()
    def visitor_asks_for_a_person(self) -> None:
        before = self.conversation.state
        self.publish(VISITOR, "ask_human")
        after = State.WAITING if before is State.SELF_SERVICE else before
        assert self.conversation.state is after

    @precondition(lambda self: self.state_is(State.SELF_SERVICE, State.WAITING))
    @rule(agent=st.sampled_from(AGENTS))
    def agent_accepts(self, agent: Principal) -> None:
        self.publish(agent, "accept")
        assert self.conversation.state is State.WITH_AGENT
        assert self.conversation.agent == agent.wire()

    @precondition(lambda self: self.state_is(State.WITH_AGENT))
    @rule(to=st.sampled_from([{"team": "sales"}, {"agent": "a2"}]))
    def agent_transfers(self, to: dict[str, str]) -> None:
        assert self.conversation.agent is not None
        agent = next(a for a in AGENTS if a.id == self.conversation.agent.id)
        self.publish(agent, "transfer", to)
        if "team" in to:
            assert self.state_is(State.WAITING)
            assert self.conversation.team == "sales"
            assert self.conversation.agent is None
        else:
            assert self.conversation.agent is not None
            assert self.conversation.agent.id == "a2"

    @precondition(lambda self: not self.state_is(State.CLOSED))
    @rule()
    def visitor_closes(self) -> None:
        self.before = self.conversation.state, self.conversation.agent
        self.publish(VISITOR, "close")
        assert self.state_is(State.CLOSED)

    @precondition(lambda self: self.state_is(State.CLOSED))
    @rule()
    def visitor_reopens(self) -> None:
        self.publish(VISITOR, "reopen")
        assert (self.conversation.state, self.conversation.agent) == self.before

    @precondition(lambda self: self.state_is(State.CLOSED))
    @rule(
        kind=st.sampled_from(
            ["message", "answer", "feedback", "ask_human", "accept", "transfer", "close"]
        )
    )
    def closed_takes_nothing_else(self, kind: str) -> None:
        with pytest.raises(RefusedError):
            self.publish(AGENTS[0], kind)

    @invariant()
    def any_prefix_and_the_rest_fold_to_the_same(self) -> None:
        for cut in {1, len(self.entries) // 2, len(self.entries) - 1} - {0}:
            part = copy.copy(folded(*self.entries[:cut]))
            assert fold(self.entries[cut:], part) == self.conversation

    @invariant()
    def fields_go_with_the_state(self) -> None:
        now = self.conversation
        assert (now.state_before is not None) == (now.state is State.CLOSED)
        assert (now.waiting_since is not None) == (now.state is State.WAITING)
        assert now.state is not State.WITH_AGENT or now.agent is not None
        assert now.state_offset <= now.last_offset == len(self.entries)
        assert now.owners == (VISITOR.sender,)
        assert len(now.preview) <= PREVIEW_LENGTH


ConversationMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=25)
TestConversationMachine = ConversationMachine.TestCase


def test_first_entry_opens_in_self_service() -> None:
    page = {"url": "https://shop.example/cart", "title": "Cart"}
    conversation = folded(opening(page=page, lang="nb"))
    assert conversation.id == "c1"
    assert conversation.state is State.SELF_SERVICE
    assert conversation.visitor_id == "v1"
    assert conversation.owners == ("visitor:v1",)
    assert (conversation.page, conversation.lang) == (page, "nb")
    assert (conversation.opened_at, conversation.last_offset, conversation.last_id) == (
        1_000,
        1,
        "e1",
    )


def test_entry_out_of_turn_is_not_taken() -> None:
    with pytest.raises(ValueError, match="does not follow"):
        folded(opening(), entry(3, VISITOR, "message", {"text": "Where was 2?"}))


def test_agents_page_is_not_the_visitors() -> None:
    agents = {"text": "Hi", "page": {"url": "https://console.example"}, "lang": "pl"}
    conversation = folded(opening(lang="en"), entry(2, AGENTS[0], "message", agents))
    assert (conversation.page, conversation.lang) == (None, "en")


def test_what_the_page_knows_of_the_visitor_is_known() -> None:
    page = {"email": "v@example.org", "order": "7"}
    conversation = folded(
        opening(known=page),
        entry(2, VISITOR, "details", {"fields": {"order": "8"}}),
        entry(3, VISITOR, "contact", {"name": "Vera"}),
        entry(4, AGENTS[0], "message", {"text": "Hi", "known": {"order": "9"}}),
    )
    assert conversation.facts == {"email": "v@example.org", "order": "8", "name": "Vera"}
    assert (conversation.visitor_email, conversation.visitor_name) == ("v@example.org", "Vera")


def test_what_earlier_conversations_said_gives_way_to_what_this_one_says() -> None:
    conversation = folded(
        opening(known={"plan": "gold"}),
        entry(2, SERVER, "contact", {"email": "old@example.org", "name": "Vera"}),
        entry(3, SERVER, "details", {"fields": {"plan": "none", "order": "7", "phone": "1"}}),
        entry(4, VISITOR, "contact", {"email": "new@example.org"}),
        entry(5, VISITOR, "details", {"fields": {"order": "7"}}),
        entry(6, SERVER, "details", {"fields": {"order": "6", "phone": "2"}}),
    )
    assert conversation.facts == {
        "plan": "gold",
        "email": "new@example.org",
        "name": "Vera",
        "order": "7",
        "phone": "2",
    }
    assert conversation.earlier == {"name", "phone"}
    assert conversation.visitor_email == "new@example.org"


def test_the_last_forms_are_known_with_what_they_filled_in() -> None:
    def asking(offset: int) -> Entry:
        order = {"name": "order", "label": "Order", "type": "text"}
        phone = {"name": "phone", "label": "Phone", "type": "tel", "value": "1"}
        data = {"question": 1, "answer": "status", "lang": "da", "score": 1, "form": [order, phone]}
        return entry(offset, RESPONDER, "answer", data)

    word = entry(
        2, RESPONDER, "answer", {"question": 1, "answer": "x", "score": 1, "tags": ["form"]}
    )
    conversation = folded(opening(), word, *(asking(offset) for offset in range(3, 30)))
    form = Form("status", "da", RESPONDER.sender, frozenset({"phone"}))
    assert conversation.forms == dict.fromkeys(range(10, 30), form)


def test_facts_without_end_are_not_kept() -> None:
    given = [
        entry(n, VISITOR, "details", {"fields": {f"fact_{n}_{each}": "1" for each in range(20)}})
        for n in range(2, 12)
    ]
    contact = entry(12, VISITOR, "contact", {"email": "v@example.org"})
    earlier = entry(13, SERVER, "details", {"fields": {"size": "M"}})
    told = entry(14, VISITOR, "details", {"fields": {"order": "7"}})
    more = [
        entry(n, VISITOR, "details", {"fields": {f"fact_{n}_{each}": "1" for each in range(20)}})
        for n in range(15, 19)
    ]
    conversation = folded(opening(), *given, contact, earlier, told, *more)
    facts = conversation.facts
    assert len(facts) == 100
    # The last said are kept, what is asked for among them, and how the visitor is reached.
    assert (facts["order"], facts["email"], facts["fact_18_19"]) == ("7", "v@example.org", "1")
    assert "size" not in facts
    assert "size" not in conversation.earlier
    assert "fact_2_0" not in facts


@pytest.mark.parametrize(("author", "expert"), [(RESPONDER, True), (VISITOR, False)])
def test_nobody_makes_themselves_an_expert(author: Principal, expert: bool) -> None:
    said = {"expert": {"score": 1.0, "reasons": ["says so"]}}
    conversation = folded(opening(), entry(2, author, "ask_human", said, advances=True))
    assert conversation.state is State.WAITING
    assert conversation.expert is expert


def test_text_that_names_fields_changes_none() -> None:
    conversation = folded(opening(lang="en"), entry(2, VISITOR, "message", {"text": '"lang":"pl"'}))
    assert conversation.lang == "en"


def test_what_was_offered_last_is_known() -> None:
    choices = [{"answer": "a", "title": "A"}, {"answer": "b", "title": "B"}]
    offer = {"question": 1, "answer": None, "score": 0.4, "choices": choices}
    known = {"question": 1, "answer": "a", "score": 1.0, "text": '"choices":'}
    asked = entry(2, RESPONDER, "answer", offer), entry(3, RESPONDER, "answer", known)
    assert orjson.loads(folded(opening(), *asked).offered)["choices"] == choices
    assert folded(opening(), entry(2, RESPONDER, "answer", known)).offered == b""


def test_waiting_begins_again_on_reopen() -> None:
    conversation = folded(
        opening(),
        entry(2, VISITOR, "ask_human", advances=True),
        entry(3, VISITOR, "close", advances=True),
        entry(4, VISITOR, "reopen", advances=True),
    )
    assert conversation.state is State.WAITING
    assert conversation.waiting_since == 4_000


def test_kinds_of_later_releases_move_the_state_offset_only() -> None:
    conversation = folded(opening(), entry(2, VISITOR, "snooze", advances=True))
    assert (conversation.state, conversation.state_offset) == (State.SELF_SERVICE, 2)


def test_redacted_entries_say_nothing() -> None:
    redacted = Entry(
        channel="conversation:c1",
        offset=2,
        id="e2",
        at=2_000,
        sender="visitor:v1",
        name=None,
        key="k2",
        kind="message",
        data=b"",
        redacted=True,
    )
    assert folded(opening(), redacted).preview == ""


@given(st.text(max_size=1_000))
@settings(max_examples=60)
def test_preview_is_one_short_line(text: str) -> None:
    preview = folded(opening(text=text)).preview
    line = " ".join(text.split())
    assert len(preview) <= PREVIEW_LENGTH
    if len(line) <= PREVIEW_LENGTH:
        assert preview == line
    else:
        assert preview.endswith("…")
        assert line.startswith(preview[:-1])


def test_preview_of_a_very_long_text_is_cut_at_once() -> None:
    conversation = folded(opening(text="word " * 2_000))
    assert isinstance(conversation.said, str)
    assert conversation.preview == "word " * 27 + "word…"


def test_answers_that_did_not_help_are_known_and_the_last_judgement_counts() -> None:
    verdicts = [(2, False), (4, False), (2, True), (4, False), (6, False)]
    judged = [
        entry(offset, VISITOR, "feedback", {"answer": answer, "helped": helped})
        for offset, (answer, helped) in enumerate(verdicts, start=2)
    ]
    assert folded(opening(), *judged).unhelpful == (4, 6)
    many = [
        entry(offset, VISITOR, "feedback", {"answer": offset, "helped": False})
        for offset in range(2, 50)
    ]
    assert folded(opening(), *many).unhelpful == tuple(range(30, 50))


def test_what_has_its_reply_is_known_whatever_the_order() -> None:
    held = folded(opening(), entry(2, VISITOR, "message", {"text": "?"}))
    for offset, (kind, data) in enumerate(
        [
            ("answer", {"question": 2, "answer": None, "score": 0}),
            ("answer", {"answer": None, "question": 1, "score": 0}),
            ("answer", {"question": 1, "answer": None, "score": 0}),
            ("answer", {"question": 99, "answer": None, "score": 0}),
        ],
        start=3,
    ):
        held.apply(entry(offset, RESPONDER, kind, data))
    assert held.replied == (1, 2)
    held.apply(entry(7, VISITOR, "ask_human", {"question": 5}))
    held.apply(entry(8, RESPONDER, "ask_human", {"question": 6}))
    assert [held.has_reply(question) for question in range(1, 8)] == [
        True, True, False, False, False, True, False,
    ]  # fmt: skip


def test_of_what_has_its_reply_the_last_is_remembered_and_the_rest_believed() -> None:
    held = folded(opening())
    for offset in range(2, 202, 2):
        held.apply(entry(offset, VISITOR, "message", {"text": "?"}))
        held.apply(entry(offset + 1, RESPONDER, "answer", {"question": offset, "score": 0}))
    assert len(held.replied) == MOST_REPLIED
    assert all(held.has_reply(offset) for offset in range(2, 202, 2))
    assert not any(held.has_reply(offset) for offset in range(201, 220, 2))

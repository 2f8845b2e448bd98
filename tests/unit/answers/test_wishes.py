"""Whether a visitor asks for a person."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from straks.answers.wishes import wants_person


@pytest.mark.parametrize(
    "text",
    [
        "I want to talk to a human",
        "can i speak with someone please?",
        "Could I talk to a real person",
        "human",
        "agent please",
        "HUMAN!!!",
        "let me chat with a representative",
        "give me an agent",
        "I don't want to talk to a bot",
        "i want a human not a bot",
        "connect me to an operator",
        "please can you get me a real human being",
        "may I speak to somebody about my order",
        "Jag vill prata med en människa",
        "kan jag få prata med någon",
        "människa",
        "Må jeg tale med en medarbejder?",
        "jeg vil gerne snakke med et menneske",
        "medarbejder",
        "Kan jeg snakke med en kundebehandler",
        "jeg vil prate med noen",
        "Ik wil graag een medewerker spreken",
        "kan ik met een mens praten?",
        "mens",
        "Chcę porozmawiać z człowiekiem",
        "czy mogę rozmawiać z konsultantem",
        "człowiek",
    ],
)
def test_direct_wish_is_understood(text: str) -> None:
    assert wants_person(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "where is my order",
        "are you a robot?",
        "are you human?",
        "is this a person",
        "I don't need to talk to a human",
        "what is your phone number, I want to talk to someone on the phone",
        "how many people fit around the table",
        "send it to another person",
        "gift for a person who has everything",
        "do you need someone to sign for the parcel",
        "is the lamp as tall as a human",
        "mens jeg venter på lampen",
        "the cleaning agent left a stain",
        "can my neighbour or someone else take the parcel",
    ],
)
def test_anything_else_is_no_wish(text: str) -> None:
    assert not wants_person(text)


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    assert wants_person(text) in {True, False}

"""What speaks for an expert, and what does not."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from straks.answers.expertise import Evidence, Expertise, evidence, expertise
from straks.answers.experts import THRESHOLD
from straks.answers.trade import Lexicon
from straks_protocol.kinds import validate

HERE = Path(__file__).parent
QUESTIONS = HERE.parents[2] / "bench/answers"
LANGUAGES = ("en", "sv", "da", "nb", "nl", "pl")


def judged(text: str, *words: str) -> Expertise:
    return expertise(evidence(text, Lexicon(words, bent=True)))


def lines(path: Path) -> list[str]:
    found = [line for line in path.read_text("utf-8").splitlines() if not line.startswith("#")]
    return [line for line in found if line]


def test_of_messages_as_experts_write_them_most_are_known() -> None:
    messages = [line.split("\t") for line in lines(HERE / "experts.txt")]
    known = [lang for lang, text in messages if judged(text).score >= THRESHOLD]
    assert len(messages) >= 60
    assert {lang for lang, _ in messages} == set(LANGUAGES)
    assert len(known) >= 0.85 * len(messages)
    for lang in LANGUAGES:
        assert known.count(lang) >= 0.75 * sum(each == lang for each, _ in messages)


@pytest.mark.parametrize("lang", LANGUAGES)
@pytest.mark.parametrize("folder", ["questions", "hard"])
def test_ordinary_questions_are_hardly_ever_an_experts(lang: str, folder: str) -> None:
    questions = [line.split("\t")[1] for line in lines(QUESTIONS / folder / f"{lang}.txt")]
    assert len(questions) > 100
    taken = [text for text in questions if judged(text).score >= THRESHOLD]
    assert len(taken) <= 0.01 * len(questions), taken


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("It shows E-17 when I plug it in", "names the error code E-17"),
        ("Windows says 0x80070057", "names the error code 0x80070057"),
        ("your page gives HTTP 502", "names the error code HTTP 502"),
        ("I see 504 gateway timeout", "names the error code 504 gateway timeout"),
        ("it fails with fejlkode 43", "names the error code fejlkode 43"),
        ("pokazuje błąd 43", "names the error code błąd 43"),
        ("it throws NullPointerException", "names the error NullPointerException"),
        ("ERR_SSL_PROTOCOL_ERROR", "names the error ERR_SSL_PROTOCOL_ERROR"),
        ("Traceback (most recent call last):", "shows a log or a stack trace"),
        ("2026-11-29 10:22:13 worker died", "shows a log or a stack trace"),
        ("x\n   at com.acme.Order.load(Order.java)", "shows a log or a stack trace"),
        ("it is in `conf.d`", "shows code"),
        ('it sends {"order": 5}', "shows code"),
        ("I ran curl -v on it", "names the command curl -v"),
        ("see /var/log/syslog", "names the file /var/log/syslog"),
        ("see C:\\Straks\\app.ini", "names the file C:\\Straks\\app.ini"),
        ("it is in settings.json", "names the file settings.json"),
        ("from 10.0.0.12 it works", "names the address 10.0.0.12"),
        ("since firmware 2.4", "names the version firmware 2.4"),
        ("on Windows 11", "names the version Windows 11"),
        ("since v3.2.1 it is slow", "names the version v3.2.1"),
        ("the RTX4090 is hot", "names the model RTX4090"),
        ("it takes 230 V and 12 mA", "measures in V, mA"),
        ("the firewall drops it", "speaks of firewall"),
        ("brandväggen stoppar det", "speaks of brandvagg"),
        ("a short circuit somewhere", "speaks of short circuit"),
        ("I restarted it", "has tried a restart already"),
        ("har redan startat om den", "has tried a restart already"),
        ("już zrestartowałem", "has tried a restart already"),
        ("cache geleegd", "has tried an emptied cache already"),
        ("har læst vejledningen", "has tried the manual already"),
        ("I rebooted and reinstalled it", "has tried a restart and a new installation already"),
        ("I have tried everything", "has tried something already"),
    ],
)
def test_evidence_is_told_in_words(text: str, reason: str) -> None:
    assert reason in judged(text).reasons


@pytest.mark.parametrize(
    "text",
    [
        "Does it take an E27 bulb?",
        "My order is 20261129 and it was to come on 1.12.2026",
        "Where is order 4711-0815?",
        "It cost 1.299,00 and I paid at 10:22",
        "How do I reset my password?",
        "see https://shop.example/products/lamp",
        "My address is Main Street 5, 1234 AB",
        "I tried to pay",
        "",
        "👍👍",
    ],
)
def test_ordinary_words_are_no_evidence(text: str) -> None:
    assert judged(text) == Expertise(0.0, ())


@pytest.mark.parametrize(
    "text", ["error E-17", "the firewall drops it", "it has v3.2.1", "I restarted it", "230 V"]
)
def test_a_little_evidence_is_not_enough(text: str) -> None:
    assert 0 < judged(text).score < THRESHOLD


def test_what_is_of_one_kind_counts_once() -> None:
    assert judged("from 192.168.10.1").reasons == ("names the address 192.168.10.1",)
    assert judged("E-17, E-18 and 0x80070057").score == judged("E-17").score


def test_what_is_known_beside_the_words_counts() -> None:
    assert expertise((), flagged=True) == Expertise(1.0, ("the page says so",))
    assert expertise((), read=["Returns"]).reasons == ("has read Returns",)
    assert expertise((), unhelpful=1).reasons == ("an answer did not help",)
    assert expertise((), unhelpful=2).reasons == ("2 answers did not help",)
    assert expertise((), earlier=9) == Expertise(0.0, ())
    before = expertise((), unhelpful=1, earlier=1)
    assert before.reasons == ("an answer did not help", "had a conversation before")
    together = expertise(
        [Evidence(0.5, "names the error code E-17")],
        read=["Returns", "Repairs"],
        unhelpful=9,
        earlier=99,
    )
    assert together.score == 1.0
    assert together.reasons == (
        "names the error code E-17",
        "9 answers did not help",
        "has read Returns, Repairs",
        "had 99 conversations before",
    )


def test_an_operators_words_count_as_others_do() -> None:
    assert judged("the fluxgate of the dali bus hums").reasons == ("speaks of dali",)
    known = judged("the fluxgates of the dali bus hum", "fluxgate", "dali bus")
    assert known.reasons == ("speaks of dali, fluxgate, dali bus",)
    assert known.score > judged("the fluxgates of the dali bus hum").score


@given(
    st.text(max_size=3_000),
    st.booleans(),
    st.lists(st.text(max_size=300), max_size=20),
    st.integers(0, 10_000),
)
def test_whatever_is_said_the_reasons_can_be_sent(
    text: str, flagged: bool, read: list[str], number: int
) -> None:
    found = expertise(evidence(text), flagged=flagged, read=read, unhelpful=number, earlier=number)
    assert 0 <= found.score <= 1
    assert (found.score > 0) is bool(found.reasons)
    if found.reasons:
        expert = {"score": found.score, "reasons": list(found.reasons)}
        assert validate("conversation", "ask_human", {"expert": expert}) == {"expert": expert}


@given(st.text(max_size=400), st.sampled_from(["E-17", "0x80070057", "firmware 2.4", "DNS"]))
def test_more_evidence_never_counts_less(text: str, more: str) -> None:
    assert judged(f"{text}\n{more}\n").score >= judged(f"{text}\n").score


@pytest.mark.parametrize(
    "part",
    [
        "a",
        "a ",
        "0",
        "0 ",
        "1.",
        "E",
        "E_",
        "<a ",
        "/",
        "(",
        "`",
        "error ",
        "\n    at ",
        '{"a',
        "é",
    ],
)
def test_the_longest_message_takes_no_longer_than_a_blink(part: str) -> None:
    text = (part * 10_000)[:10_000]
    best = min(_seconds(text) for _ in range(3))
    assert best < 0.05


def _seconds(text: str) -> float:
    begun = time.process_time()
    evidence(text)
    return time.process_time() - begun

"""What the operator's file says, and which answers it makes whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from straks.answers.business import Business
from straks.answers.files import AnswerBook
from straks.answers.source import parse
from straks.answers.variables import missing
from straks.errors import StartError

WHOLE = """
variables:
  phone_number: "+45 12 34 56 78"
  free_from: 500
opening_hours:
  time_zone: Europe/Copenhagen
  mon-fri: 9:00-17:00
  2026-12-24: closed
lookups:
  order_status:
    url: https://shop.example/straks?a=1
    secret: correct horse battery
    seconds: 3
    sends: [email, order]
"""


def load(tmp_path: Path, source: str | bytes) -> Business:
    path = tmp_path / "business.yaml"
    path.write_bytes(source if isinstance(source, bytes) else source.encode())
    return Business.load(path)


def book(*bodies: str, front: str = "") -> AnswerBook:
    sources = (f"---\ntitle: T{n}\nphrases: [p{n}]\n{front}---\n{b}" for n, b in enumerate(bodies))
    return AnswerBook(tuple(parse(f"a{n}.md", s.encode()) for n, s in enumerate(sources)))


def test_a_whole_file_is_read(tmp_path: Path) -> None:
    business = load(tmp_path, WHOLE)
    assert business.values == {"phone_number": "+45 12 34 56 78", "free_from": "500"}
    lookup = business.lookups["order_status"]
    assert (lookup.name, lookup.url) == ("order_status", "https://shop.example/straks?a=1")
    assert (lookup.seconds, lookup.sends) == (3, ("email", "order"))
    assert lookup.secret == b"correct horse battery"
    assert "horse" not in repr(business)
    assert business.now(0, "en")["opening_hours"] == "Monday–Friday 9:00–17:00"
    assert load(tmp_path, "") == Business()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("variables: [a]", "variables"),
        ("variables: {Big: x}", "variables"),
        ("variables: {a: [x]}", "variables"),
        ('variables: {a: ""}', "a: one line of 1 to 300"),
        ("variables: {open_now: x}", "opening hours give it"),
        ("opening_hours: {mon: late}", "opening_hours: 'late'"),
        ("lookups: {a: {}}", "url"),
        ("lookups: {a: {url: ftp://a.example}}", "lookups.a.url: must begin"),
        ("lookups: {a: {url: 'https:///x'}}", "lookups.a.url: must begin"),
        ("lookups: {a: {url: 'https://a.example:99999/'}}", "lookups.a.url: no address"),
        ("lookups: {a: {url: 'https://u:p@a.example/'}}", "no password"),
        ("lookups: {a: {url: 'https://a.example/', secret: short}}", "secret"),
        ("lookups: {a: {url: 'https://a.example/', seconds: 31}}", "seconds"),
        ("lookups: {a: {url: 'https://a.example/', seconds: soon}}", "seconds"),
        ("lookups: {a: {url: 'https://a.example/', colour: red}}", "colour"),
        ("colours: {}", "colours"),
        ("variables: {a: b", "line 1: not YAML"),
        (b"\xff\xfe\x00", "not YAML"),
        (b"#" * (64 * 1024 + 1), "larger than 64 KiB"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, source: str | bytes, message: str) -> None:
    with pytest.raises(StartError, match="business.yaml") as caught:
        load(tmp_path, source)
    assert message in str(caught.value)
    assert "short" not in str(caught.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StartError, match="cannot be read"):
        Business.load(tmp_path / "none.yaml")


def test_its_values_make_answers_plain(tmp_path: Path) -> None:
    business = load(tmp_path, WHOLE)
    settled = business.settled(book("Call {{phone_number}}.", "Hi {{name|you}}: {{phone_number}}"))
    plain, personal = settled.answers
    assert (plain.text, plain.is_personal) == ("Call +45 12 34 56 78.", False)
    assert (personal.text, personal.is_personal) == ("Hi you: +45 12 34 56 78", True)
    assert personal.template is not None
    assert not list(missing(personal.template, ()))
    assert settled.errors == ()


def test_what_can_never_be_known_is_a_mistake(tmp_path: Path) -> None:
    business = load(tmp_path, WHOLE)
    settled = business.settled(book("Fine.", "One\n\n{{phnoe_number}}", "{{open_now}} {{x|y}}"))
    assert [answer.id for answer in settled.answers] == ["a0", "a2"]
    (error,) = settled.errors
    assert (error.file, error.line) == ("a1.md", 7)
    assert "{{phnoe_number}}" in error.message
    assert [e.line for e in Business().settled(book("{{open_now}}")).errors] == [5]


def test_what_is_asked_for_is_known_unless_it_may_be_left_out(tmp_path: Path) -> None:
    front = "ask:\n  - order: Number\n  - {name: size, label: Size, optional: yes}\n"
    settled = Business().settled(book("{{order}}", "{{size|any}}", "{{size}}", front=front))
    assert [answer.id for answer in settled.answers] == ["a0", "a1"]
    assert [(error.file, error.line) for error in settled.errors] == [("a2.md", 8)]


def test_nobody_can_say_otherwise_what_the_operator_says(tmp_path: Path) -> None:
    business = load(tmp_path, "variables: {order: from the file}")
    (own,) = business.settled(book("{{order}}")).answers
    assert own.text == "from the file"
    (asked,) = business.settled(book("{{order}}", front="ask:\n  - order: Number\n")).answers
    assert asked.text == "…"


def test_look_ups_must_exist(tmp_path: Path) -> None:
    business = load(tmp_path, WHOLE)
    known = business.settled(book("{{anything}}", front="lookup: order_status\n"))
    assert [answer.lookup for answer in known.answers] == ["order_status"]
    (error,) = business.settled(book("Text", front="lookup: stock\n")).errors
    assert (error.line, "no look-up 'stock'" in error.message) == (4, True)

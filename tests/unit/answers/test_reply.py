"""What the entry says that answers a question."""

from __future__ import annotations

from straks.answers.answer import Answer
from straks.answers.matcher import Match
from straks.answers.reply import answered
from straks.answers.source import parse
from straks_protocol.kinds import encode_data, validate

FRONT = "---\ntitle: Hours\nphrases: [when]\n"
WORD = "æ😀\x01 "


def said(source: str, score: float = 1.0) -> dict[str, object]:
    answer: Answer = parse("hours.da.md", source.encode())
    data = answered(7, Match(answer, score, "when"))
    return validate("conversation", "answer", data)


def test_an_unknown_answer_says_so() -> None:
    assert answered(7, None) == {"question": 7, "answer": None, "score": 0.0}


def test_an_answer_says_its_text() -> None:
    assert said(f"{FRONT}tags: [shop]\n---\n*Ten* to six.", 0.12345) == {
        "question": 7,
        "answer": "hours",
        "title": "Hours",
        "text": "Ten to six.",
        "html": "<p><em>Ten</em> to six.</p>",
        "lang": "da",
        "score": 0.123,
        "tags": ["shop"],
    }


def test_an_answer_has_its_buttons() -> None:
    assert said(f"{FRONT}buttons:\n  - And on Sundays?\n  - Thanks\n---\nTen to six.")[
        "buttons"
    ] == [
        "And on Sundays?",
        "Thanks",
    ]


def test_a_guide_has_its_steps_and_what_stands_before() -> None:
    data = said(f"{FRONT}guide: yes\n---\nTwo things:\n\n## One\n\n*First*.\n\n## Then\n")
    assert (data["text"], data["html"]) == ("Two things:", "<p>Two things:</p>")
    assert data["steps"] == [
        {"title": "One", "text": "First.", "html": "<p><em>First</em>.</p>"},
        {"text": "Then", "html": "<p>Then</p>"},
    ]


def test_a_guide_may_have_steps_only() -> None:
    data = said(f"{FRONT}guide: yes\n---\n## One\n\nFirst.")
    assert {"text", "html"}.isdisjoint(data)


def test_the_largest_guide_fits_into_an_entry() -> None:
    steps = [f"## {'å' * 180}\n\n{WORD * 75}\n" for _ in range(20)]
    body = "\n".join(steps)
    source = (
        f"{FRONT}guide: yes\nbuttons: [{', '.join('ø' * 79 + str(n) for n in range(6))}]\n---\n"
    )
    assert 9_000 < len(body) <= 10_000
    answer = parse("hours.md", (source + body).encode())
    entry = encode_data("conversation", "answer", answered(7, Match(answer, 1.0, "when")))
    # Well below what a page of a history holds.
    assert len(entry) < 128 * 1024

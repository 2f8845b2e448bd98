"""Texts in steps."""

from __future__ import annotations

import pytest

from straks.answers.answer import Guide, Step
from straks.answers.guide import MAX_STEPS, guide_of
from straks.answers.markdown import MarkupError, parse


def guide(source: str) -> Guide:
    return guide_of(parse(source))


def test_headings_of_the_second_level_begin_steps() -> None:
    found = guide("Three *things*:\n\n## Power **off**\n\nAt the fuse.\n\n## Then\n\n- a\n- b\n")
    assert (found.text, found.html) == ("Three things:", "<p>Three <em>things</em>:</p>")
    first, second = found.steps
    assert first == Step(title="Power off", text="At the fuse.", html="<p>At the fuse.</p>")
    assert (second.title, second.text) == ("Then", "• a\n• b")


def test_a_guide_may_begin_with_its_first_step() -> None:
    found = guide("First\n-----\nDo it.\n\nSecond\n---\nDo it again.")
    assert (found.text, found.html) == ("", "")
    assert [step.title for step in found.steps] == ["First", "Second"]


def test_other_headings_belong_to_their_step() -> None:
    (step,) = guide("# Before\n\n## One\n\n### Mind\n\nthe gap\n\n# Big").steps
    assert step.html == "<h4>Mind</h4>\n<p>the gap</p>\n<h3>Big</h3>"


@pytest.mark.parametrize(
    "source", ["> ## in a quote", "- ## in a list", "```\n## in code\n```", "\\## escaped"]
)
def test_what_only_looks_like_a_step_is_none(source: str) -> None:
    with pytest.raises(MarkupError, match="without steps"):
        guide(source)
    assert len(guide(f"{source}\n\n## One\n\nstep").steps) == 1


def test_a_heading_may_say_it_all() -> None:
    first, second = guide("## Turn it *off*\n\n## Wait\n\n---\n").steps
    assert first == Step(title=None, text="Turn it off", html="<p>Turn it <em>off</em></p>")
    assert second.text == "Wait"


def test_a_step_needs_no_heading_to_read() -> None:
    (step,) = guide("##\n\nJust do it.").steps
    assert step == Step(title=None, text="Just do it.", html="<p>Just do it.</p>")


def test_an_image_is_enough_for_a_step() -> None:
    (step,) = guide("## Look\n\n![The switch](https://a.example/b.png)").steps
    assert step.text == "The switch"
    assert "<img" in step.html


def test_a_link_that_is_named_at_the_end_works_in_every_step() -> None:
    first, _ = guide("## One\n\n[here][r]\n\n## Two\n\nx\n\n[r]: https://a.example").steps
    assert 'href="https://a.example"' in first.html


@pytest.mark.parametrize(
    ("source", "line", "word"),
    [
        ("Only text.", 1, "without steps"),
        ("### Third level", 1, "without steps"),
        ("a\n\n## One\n\nx\n\n##\n", 7, "nothing in it"),
        (f"a\n\n## {'x' * 201}\n\ny", 3, "200"),
        ("## a\x01b\n\ny", 1, "heading"),
        ("\n".join(f"## {number}" for number in range(MAX_STEPS + 1)), MAX_STEPS + 1, "20 steps"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(source: str, line: int, word: str) -> None:
    with pytest.raises(MarkupError) as caught:
        guide(source)
    assert caught.value.line == line
    assert word in caught.value.message


def test_twenty_steps_are_not_too_many() -> None:
    assert len(guide("\n".join(f"## {number}" for number in range(MAX_STEPS))).steps) == MAX_STEPS

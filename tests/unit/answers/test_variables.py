"""Values in answers show as they are, whatever they are."""

from __future__ import annotations

import html
import re
from functools import cache
from html.parser import HTMLParser
from urllib.parse import unquote

import nh3
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from straks.answers.answer import Answer
from straks.answers.source import AnswerFileError, parse
from straks.answers.variables import MAX_VALUE, filled, missing, shown

BODY = """Hello **{{name|you}}**, `{{order}}` is {{status}}.

- [track it](https://shop.example/track/{{order}}?who={{name|you}}#{{order}})
- <https://shop.example/{{order}}>

| order | status |
|---|---|
| {{order}} | *{{status}}* |
"""


def read(body: str, front: str = "") -> Answer:
    source = f"---\ntitle: Status\nphrases: [where is it]\n{front}---\n{body}"
    return parse("status.md", source.encode())


def problem(body: str, front: str = "") -> AnswerFileError:
    with pytest.raises(AnswerFileError) as caught:
        read(body, front)
    return caught.value


@cache
def template(body: str) -> Answer:
    answer = read(body)
    assert answer.template is not None
    return answer.template


class _Seen(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name == "href" and value]

    def handle_data(self, data: str) -> None:
        self.text += data


def seen(source: str) -> _Seen:
    parser = _Seen()
    parser.feed(source)
    parser.close()
    return parser


@given(
    order=st.text(max_size=MAX_VALUE),
    status=st.text(max_size=MAX_VALUE),
)
@example(order="<script>alert(1)</script>", status='"><img src=x onerror=alert(1)>')
@example(order="\ue0000\ue001\ue0002\ue001", status="%EE%80%800%EE%80%81 {{order}} {{name|x}}")
@example(order="../../evil#a?b&c", status="**bold** [x](javascript:alert(1)) &lt;b&gt;")
def test_a_value_is_text_wherever_it_stands(order: str, status: str) -> None:
    plain = template(BODY)
    answer = shown(plain, {"order": order, "status": status})
    before, after = seen(shown(plain, {"order": "1", "status": "2"}).html), seen(answer.html)
    assert after.tags == before.tags
    assert nh3.clean(answer.html, attributes={"a": {"href", "target"}}).count("<") == (
        answer.html.count("<")
    )
    kept = re.sub("[\ue000\ue001]|%EE%80%8[01]", "", order, flags=re.I)
    for link in after.links:
        assert link.startswith("https://shop.example/")
    assert unquote(after.links[0].partition("?")[0]) == f"https://shop.example/track/{kept[:100]}"
    assert "\ue000" not in answer.text + answer.html
    assert f"{kept} is " in answer.text
    assert html.escape(kept) in answer.html


def test_without_a_value_the_fallback_stands_there() -> None:
    answer = read("Hello {{name|dear <b>visitor</b>}}, {{order}} is {{status|}} there.")
    assert answer.text == "Hello dear <b>visitor</b>, … is  there."
    assert "dear &lt;b&gt;visitor&lt;/b&gt;, … is" in answer.html
    assert answer.template is not None
    assert [each.name for each in missing(answer.template, {"name"})] == ["order"]
    assert [each.name for each in missing(answer.template, {"order"})] == []


def test_some_values_can_be_put_in_before_others() -> None:
    partly = filled(
        template("{{a}} and {{b|no b}}, [x](https://a.example/{{a}}/{{b|}})"), {"a": "<"}
    )
    whole = shown(partly, {"b": "&"})
    assert whole.text == "< and &, x (https://a.example/%3C/%26)"
    assert 'href="https://a.example/%3C/%26"' in whole.html
    assert "&lt; and &amp;," in whole.html


def test_an_answer_without_variables_is_no_template() -> None:
    answer = read(r"Write \{{name}} in it; {a} or }} are nothing.")
    assert answer.template is None
    assert not answer.is_personal
    assert answer.text == "Write {{name}} in it; {a} or }} are nothing."


@pytest.mark.parametrize(
    ("body", "line", "message"),
    [
        ("\nOne\n\n{{Order}}", 8, "a variable's name"),
        ("One\n{{}}", 6, "a variable's name"),
        ("One {{order\n}}", 5, "without '}}'"),
        ("One\n\ue000", 6, "private use"),
        ("A [link]({{url}})", 5, "{{url}} cannot stand here"),
        ("A [link](https://{{host}}/)", 5, "{{host}} cannot stand here"),
        ("Fine {{a}}\n\n```{{code}}\nx\n```", 7, "{{code}} cannot stand here"),
        (f"{{{{a|{'x' * 301}}}}}", 5, "at most 300"),
        ("{{a}} " * 21, 5, "more than 20"),
        ("[x](https://a.example/{{a}})" * 10, 5, "could become too long"),
    ],
)
def test_mistakes_are_told_with_their_line(body: str, line: int, message: str) -> None:
    error = problem(body)
    assert error.line == line
    assert message in error.message


def test_while_something_is_asked_the_first_paragraphs_are_said() -> None:
    answer = read("I **can** see that.\n\nOne moment.\n\nIt is {{status}}.\n\nBye.")
    assert answer.intro is not None
    assert answer.intro.text == "I can see that.\n\nOne moment."
    assert read("It is {{status}}.\n\nBye.").intro is None
    assert read("It is here.").intro is None


@pytest.mark.parametrize(
    ("front", "line", "message"),
    [
        ("lookup: Order Status\n", 4, "'lookup' is a name"),
        ("fallback: Sorry\n", 4, "without 'lookup'"),
        ("lookup: status\nfallback: ''\n", 5, "'fallback' has"),
    ],
)
def test_mistakes_about_look_ups_are_told_with_their_line(
    front: str, line: int, message: str
) -> None:
    error = problem("Here.", front)
    assert (error.line, message in error.message) == (line, True)

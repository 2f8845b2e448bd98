"""Forms ask for what is not known, and for nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from straks.answers.answer import Answer
from straks.answers.form import Asked, is_known, left_to_ask
from straks.answers.source import AnswerFileError, parse
from straks_protocol.kinds import validate

NAMES = st.sampled_from(["email", "name", "phone", "order", "size"])
ASKED = st.builds(
    Asked,
    NAMES,
    st.just("What?"),
    st.sampled_from(["text", "email", "tel", "number", "date"]),
    st.booleans(),
)


def read(ask: str, lang: str = "en") -> Answer:
    source = f"---\ntitle: Status\nlang: {lang}\nphrases: [where is it]\nask:\n{ask}\n---\nHere.\n"
    return parse("status.md", source.encode())


def problem(ask: str, lang: str = "en") -> AnswerFileError:
    with pytest.raises(AnswerFileError) as caught:
        read(ask, lang)
    return caught.value


def test_fields_are_written_in_three_ways() -> None:
    answer = read(
        "  - email\n"
        "  - order: Your order number\n"
        "  - {name: bought, label: Bought on, type: date, optional: yes}"
    )
    assert answer.ask == (
        Asked("email", "Your email address", "email"),
        Asked("order", "Your order number"),
        Asked("bought", "Bought on", "date", optional=True),
    )
    assert answer.is_personal


@pytest.mark.parametrize(
    ("lang", "label"),
    [
        ("en-GB", "Your phone number"),
        ("sv", "Ditt telefonnummer"),
        ("da", "Dit telefonnummer"),
        ("no", "Telefonnummeret ditt"),
        ("nl", "Je telefoonnummer"),
        ("pl", "Twój numer telefonu"),
    ],
)
def test_usual_fields_have_labels_in_six_languages(lang: str, label: str) -> None:
    assert read("  - phone", lang).ask == (Asked("phone", label, "tel"),)


def test_a_label_of_ones_own_goes_before() -> None:
    assert read("  - name: Who are you?").ask == (Asked("name", "Who are you?"),)
    assert read("  - {name: email, optional: true}").ask[0].label == "Your email address"


@pytest.mark.parametrize(
    ("ask", "line", "message"),
    [
        ("  - order", 6, "no label"),
        ("  - email\n  - Order: Number", 7, "a field's name"),
        ("  - email\n  - email", 7, "twice"),
        ("  - {name: a, label: A, kind: text}", 6, "unknown key 'kind'"),
        ("  - {name: a, label: A, type: colour}", 6, "'type' is one of"),
        ("  - {name: a, label: A, optional: perhaps}", 6, "yes or no"),
        ("  - {name: a, label: [A]}", 6, "texts only"),
        (f"  - order: {'x' * 81}", 6, "a label"),
        ("  - [order]", 6, "a name, or"),
        ("  order: Number", 5, "must be a list"),
        ("\n".join(f"  - f{n}: F" for n in range(11)), 16, "more than 10"),
    ],
)
def test_mistakes_are_told_with_their_line(ask: str, line: int, message: str) -> None:
    error = problem(ask)
    assert error.line == line
    assert message in error.message


def test_usual_fields_need_a_label_in_other_languages() -> None:
    assert problem("  - email", "fi").line == 6
    assert read("  - email: Sähköposti", "fi").ask[0].label == "Sähköposti"


@given(
    fields=st.lists(ASKED, unique_by=lambda field: field.name, max_size=5),
    facts=st.dictionaries(NAMES, st.sampled_from(["7", "v@example.org"])),
    earlier=st.frozensets(NAMES),
    again=st.booleans(),
)
def test_a_form_has_what_is_not_known_alone(
    fields: list[Asked], facts: dict[str, str], earlier: frozenset[str], again: bool
) -> None:
    earlier &= facts.keys()
    form = left_to_ask(fields, facts, earlier, again=again)
    asked = {field["name"]: field for field in form}
    for field in fields:
        sure = field.name in facts and (
            field.name in {"email", "name"} or field.name not in earlier
        )
        assert is_known(field.name, facts, earlier) is sure
        assert (field.name in asked) is not (sure or (again and field.optional))
        if field.name in asked:
            assert asked[field.name].get("value") == facts.get(field.name)
    if form:
        data = {"question": 1, "answer": "a", "score": 1, "form": form}
        assert validate("conversation", "answer", data)["form"] == form

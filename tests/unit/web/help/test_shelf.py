"""The published answers by id and language."""

from __future__ import annotations

from straks.answers.files import AnswerBook
from straks.web.help.shelf import MOST_RELATED, Shelf
from tests.unit.web.help.conftest import an_answer


def test_variants_of_a_language_are_one_and_the_plain_one_is_taken() -> None:
    british, plain = an_answer("tax", "en-GB"), an_answer("tax", "en")
    swiss = an_answer("tax", "de-CH")
    for order in ((british, plain, swiss), (swiss, plain, british)):
        shelf = Shelf(AnswerBook(order))
        assert shelf.languages == ["de", "en"]
        assert shelf.variants("tax") == {"en": plain, "de": swiss}


def test_norwegian_has_one_name() -> None:
    shelf = Shelf(AnswerBook((an_answer("a", "no"), an_answer("b", "nn"))))
    assert shelf.languages == ["nb"]


def test_where_a_language_has_none_english_is_given_else_any() -> None:
    shelf = Shelf(AnswerBook((an_answer("a", "pl"), an_answer("a", "en"), an_answer("b", "pl"))))
    assert [shelf.find(each, "da") for each in ("a", "b", "c")] == [
        an_answer("a", "en"),
        an_answer("b", "pl"),
        None,
    ]


def test_what_is_not_for_everybody_is_not_there() -> None:
    shelf = Shelf(
        AnswerBook((an_answer("a", tags=("reply",)), an_answer("b", tags=("x", "greeting"))))
    )
    assert (shelf.languages, shelf.find("a", "en"), shelf.find("b", "en")) == ([], None, None)


def test_groups_stand_by_subject_and_title_those_without_last() -> None:
    shelf = Shelf(
        AnswerBook(
            (
                an_answer("z"),
                an_answer("b", tags=("shop", "x"), title="beta"),
                an_answer("a", tags=("shop",), title="Alpha"),
                an_answer("c", tags=("care",)),
            )
        )
    )
    groups = [(group.tag, [each.id for each in group.answers]) for group in shelf.groups("en")]
    assert groups == [("care", ["c"]), ("shop", ["a", "b"]), (None, ["z"])]
    assert shelf.groups("da") == []


def test_related_are_the_next_about_the_same_all_round() -> None:
    many = [an_answer(f"a{number}", tags=("shop",)) for number in range(MOST_RELATED + 3)]
    shelf = Shelf(AnswerBook((*many, an_answer("alone"), an_answer("also alone"))))
    assert [each.id for each in shelf.related(many[6])] == ["a7", "a0", "a1", "a2", "a3"]
    assert shelf.related(an_answer("alone")) == []

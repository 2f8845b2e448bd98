"""The pages as HTML."""

from __future__ import annotations

import datetime
import json
import re
from html import unescape
from xml.etree import ElementTree

from straks.answers.answer import Answer, Guide, Step
from straks.answers.files import AnswerBook
from straks.web.help.pages import Pages, address
from straks.web.help.shelf import Shelf
from tests.unit.web.help.conftest import EVIL, an_answer

ORIGIN = "https://chat.example"


def shelf_of(*answers: Answer) -> Shelf:
    return Shelf(AnswerBook(answers))


def test_whatever_a_title_holds_is_text() -> None:
    answer = an_answer("a", title=EVIL, text=EVIL, tags=("x",))
    other = an_answer("b", title=EVIL, text=EVIL, tags=("x",))
    shelf, pages = shelf_of(answer, other), Pages(EVIL)
    for page in (
        pages.index(shelf, "en", ORIGIN),
        pages.answer(shelf, answer, ORIGIN),
        pages.results(shelf, "en", EVIL, [answer]),
        pages.results(shelf, "en", EVIL, []),
        pages.missing(shelf, "en"),
        pages.sitemap(shelf, EVIL),
    ):
        assert "alert(" in page
        assert '<script>alert("' not in page
        assert "alert(&#34;x&#34;)" in page
        # Those of the page: the widget, the button, and on an answer what machines read of it.
        assert page.count("<script") == page.count("</script>") <= 3


def test_what_machines_read_of_an_answer_stays_in_its_element() -> None:
    answer = an_answer("a", title=EVIL)
    page = Pages("Shop").answer(shelf_of(answer), answer, ORIGIN)
    (told,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)
    assert json.loads(told)["mainEntity"][0]["name"] == EVIL


def test_a_search_stays_in_its_field() -> None:
    page = Pages("Shop").results(shelf_of(an_answer("a")), "en", EVIL, [])
    (value,) = re.findall(r'value="([^"]*)"', page)
    assert unescape(value) == EVIL
    assert unescape("No answer fits “" + EVIL + "”") in unescape(page)


def test_an_answers_headings_follow_its_title() -> None:
    answer = an_answer("a", html="<h3>One</h3><h4>Two</h4><p>&lt;h3&gt;</p>")
    page = Pages("Shop").answer(shelf_of(answer), answer, ORIGIN)
    assert "<h2>One</h2><h3>Two</h3><p>&lt;h3&gt;</p>" in page


def test_a_wide_table_is_scrolled_by_keys_as_well() -> None:
    answer = an_answer("a", html="<table><tbody><tr><td>&lt;table&gt;</td></tr></tbody></table>")
    page = Pages("Shop").answer(shelf_of(answer), answer, ORIGIN)
    assert page.count('tabindex="0"><table>') == page.count("</table></div>") == 1


def test_a_language_without_texts_of_its_own_keeps_its_answers() -> None:
    answer = an_answer("a", "fi")
    page = Pages("Shop").answer(shelf_of(answer), answer, ORIGIN)
    assert '<html lang="en">' in page
    assert '<article lang="fi">' in page


def test_without_tags_there_are_no_groups_to_name() -> None:
    page = Pages("Shop").index(shelf_of(an_answer("a"), an_answer("b")), "en", ORIGIN)
    assert "Other questions" not in page
    mixed = Pages("Shop").index(shelf_of(an_answer("a"), an_answer("b", tags=("x",))), "en", ORIGIN)
    assert "Other questions" in mixed
    assert ">X</h2>" in mixed


def test_the_sitemap_names_each_page_with_the_same_in_other_languages() -> None:
    shelf = shelf_of(
        an_answer("a/b"),
        an_answer("a/b", "da"),
        an_answer("c", "nn"),
        an_answer("d", tags=("reply",)),
    )
    sitemap = ElementTree.fromstring(Pages("Shop").sitemap(shelf, f"{ORIGIN}/?a&b"))
    space = {
        "s": "http://www.sitemaps.org/schemas/sitemap/0.9",
        "x": "http://www.w3.org/1999/xhtml",
    }
    found = {
        url.findtext("s:loc", "", space).removeprefix(f"{ORIGIN}/?a&b"): sorted(
            (link.attrib["hreflang"], link.attrib["href"].removeprefix(f"{ORIGIN}/?a&b"))
            for link in url.findall("x:link", space)
        )
        for url in sitemap
    }
    lists = [(lang, f"/help/{lang}/") for lang in ("da", "en", "nb")]
    of_ab = [("da", "/help/da/a/b"), ("en", "/help/en/a/b")]
    assert found == {
        **{f"/help/{lang}/": lists for lang in ("da", "en", "nb")},
        "/help/da/a/b": of_ab,
        "/help/en/a/b": of_ab,
        "/help/nb/c": [("nb", "/help/nb/c")],
    }


def test_an_address_has_the_language_alone() -> None:
    assert (address("en-GB", "a/b"), address("nn")) == ("/help/en/a/b", "/help/nb/")


def test_a_guide_is_a_list_of_steps() -> None:
    steps = (
        Step(title=EVIL, text="First.", html="<h4>Mind</h4><p>First.</p>"),
        Step(title=None, text="Then.", html="<p>Then.</p>"),
    )
    guide = Guide(text="How:", html="<p>How:</p>", steps=steps)
    answer = an_answer("a", html="<p>All at once</p>", guide=guide)
    page = Pages("Shop").answer(shelf_of(answer), answer, ORIGIN)
    (listed,) = re.findall(r'<ol class="steps">(.*?)</ol>', page, re.DOTALL)
    assert listed.count("<li") == 2
    assert unescape(re.findall(r"<h2>(.*?)</h2>", listed)[0]) == EVIL
    assert "<h3>Mind</h3><p>First.</p>" in listed
    assert page.index("<p>How:</p>") < page.index(listed)
    assert "All at once" not in page
    assert '<script>alert("' not in page


def test_buttons_are_for_the_chat_only() -> None:
    answer = an_answer("a", buttons=("Press me",))
    assert "Press me" not in Pages("Shop").answer(shelf_of(answer), answer, ORIGIN)


def test_a_page_says_when_its_answer_was_confirmed() -> None:
    answer = an_answer("a", "da", confirmed=datetime.date(2026, 11, 3))
    page = Pages("Shop").answer(shelf_of(answer), answer, ORIGIN)
    assert 'Senest bekræftet: <time datetime="2026-11-03">3. november 2026</time>' in page
    never = an_answer("a")
    assert "<time" not in Pages("Shop").answer(shelf_of(never), never, ORIGIN)


def test_a_page_names_its_answer_for_the_chat() -> None:
    answer = an_answer("a/b")
    pages, shelf = Pages("Shop"), shelf_of(answer)
    assert 'data-answer="a/b"' in pages.answer(shelf, answer, ORIGIN)
    assert "data-answer" not in pages.index(shelf, "en", ORIGIN)

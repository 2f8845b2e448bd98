"""The help centre as browsers and search engines see it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from straks.clock import ManualClock
from straks.records.database import Database
from tests.unit.web.conftest import OWN, Web
from tests.unit.web.help.conftest import an_answer

PAGES = ("/help/en/", "/help/da/?q=x", "/help/en/delivery", "/help/en/nothing")


@pytest.mark.parametrize("path", ["/help", "/help/"])
@pytest.mark.parametrize(
    ("header", "place"),
    [("da-DK, en;q=0.5", "/help/da/"), ("fi", "/help/en/"), ("", "/help/en/")],
)
async def test_whoever_comes_is_sent_to_their_language(
    centre: Web, path: str, header: str, place: str
) -> None:
    response = await centre.browser.get(path, headers={"Accept-Language": header})
    assert (response.status_code, response.headers["location"]) == (307, place)
    assert response.headers["vary"] == "Accept-Language"
    assert response.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("path", "place"),
    [
        ("/help/da", "/help/da/"),
        ("/help/en-GB/", "/help/en/"),
        ("/help/DA/delivery", "/help/da/delivery"),
        ("/help/da_DK/abroad/norway", "/help/da/abroad/norway"),
        ("/help/da/hours", "/help/en/hours"),
        ("/help/en/moms", "/help/da/moms"),
        ("/help/fi/", "/help/en/"),
        ("/help/fi/delivery", "/help/en/delivery"),
        ("/help/fi/moms", "/help/da/moms"),
        ("/help/evil.example", "/help/en/"),
        ("/help/fi/?q=%C3%A5+%26x", "/help/en/?q=%C3%A5+%26x"),
    ],
)
async def test_what_is_elsewhere_is_found_there(centre: Web, path: str, place: str) -> None:
    response = await centre.browser.get(path)
    assert (response.status_code, response.headers["location"]) == (307, place)
    assert (await centre.browser.get(place)).status_code == 200


async def test_norwegian_is_found_under_any_of_its_names(web: Web) -> None:
    web.book.hold(an_answer("hours", "nn"))
    for path in ("/help/no/hours", "/help/nn-NO/hours", "/help/en/hours"):
        assert (await web.browser.get(path)).headers["location"] == "/help/nb/hours"


async def test_a_list_has_each_published_answer_of_its_language(centre: Web) -> None:
    page = (await centre.browser.get("/help/da/")).text
    assert re.findall(r'href="(/help/da/[^"]+)"', page) == [
        "/help/da/abroad/norway",
        "/help/da/delivery",
        "/help/da/moms",
    ]
    assert re.findall(r"<h2[^>]*>(.*)</h2>", page)[:2] == ["Levering", "Betaling"]
    assert '<html lang="da">' in page
    assert "<title>Hjælp – Shop</title>" in page
    assert f'<link rel="alternate" hreflang="x-default" href="{OWN}/help/">' in page


async def test_an_answer_says_where_it_belongs(centre: Web) -> None:
    response = await centre.browser.get("/help/da/abroad/norway")
    page = response.text
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert "<title>abroad/norway in da – Shop</title>" in page
    assert '<meta name="description" content="The text of abroad/norway.">' in page
    assert f'<link rel="canonical" href="{OWN}/help/da/abroad/norway">' in page
    assert re.findall(r'<link rel="alternate" hreflang="(.*)" href="(.*)">', page) == [
        ("da", f"{OWN}/help/da/abroad/norway"),
        ("en", f"{OWN}/help/en/abroad/norway"),
    ]
    assert "<p>The text of abroad/norway.</p>" in page
    assert 'href="/help/da/delivery"' in page
    assert 'href="/help/da/moms"' not in page
    assert "noindex" not in page
    assert 'src="/widget.js" data-lang="da"' in page


async def test_the_public_address_is_the_canonical_one(
    database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    public = "https://chat.example"
    web = Web(database, clock, tmp_path, public, public_url=public)
    web.book.hold(an_answer("hours"))
    for host in ("chat.example", "127.0.0.1:8080", "evil.example"):
        page = (await web.browser.get("/help/en/hours", headers={"Host": host})).text
        assert '<link rel="canonical" href="https://chat.example/help/en/hours">' in page
    await web.browser.aclose()
    web.passwords.close()


@pytest.mark.parametrize(
    "path", ["/help/en/nothing", "/help/en/delivery/", "/help/en/../hours/%00", "/help/en/Hours"]
)
async def test_an_unknown_answer_is_a_page_with_a_way_on(centre: Web, path: str) -> None:
    response = await centre.browser.get(path)
    assert response.status_code == 404
    assert "There is no such page" in response.text
    assert '<form class="search" role="search" action="/help/en/"' in response.text
    assert '<meta name="robots" content="noindex">' in response.text


async def test_an_unknown_answer_is_told_of_in_the_language_of_the_page(centre: Web) -> None:
    assert "Siden findes ikke" in (await centre.browser.get("/help/da/nothing")).text
    danish = {"Accept-Language": "da"}
    response = await centre.browser.get("/help/fi/nothing", headers=danish)
    assert response.status_code == 404
    assert "Siden findes ikke" in response.text


async def test_replies_and_greetings_are_nowhere(centre: Web) -> None:
    centre.book.found = ["hello", "sorry", "delivery"]
    for path in ("/help/en/", "/help/da/", "/help/en/delivery", "/help/en/?q=x"):
        page = (await centre.browser.get(path)).text
        assert "SECRET" not in page
        assert "/hello" not in page
    for path in ("/help/en/hello", "/help/en/sorry"):
        assert (await centre.browser.get(path)).status_code == 404
    assert "/hello" not in (await centre.browser.get("/help/sitemap.xml")).text


async def test_a_search_asks_the_matcher_and_shows_what_it_finds(centre: Web) -> None:
    centre.book.found = ["abroad/norway", "hours", "gone"]
    page = (await centre.browser.get("/help/da/?q=%20til%0a%00norge+")).text
    assert centre.book.asked == [("til norge", "da", 10)]
    assert re.findall(r'href="(/help/../[^"]+)"', page) == [
        "/help/da/abroad/norway",
        "/help/en/hours",
    ]
    assert "Svar på »til norge«" in page
    assert 'value="til norge"' in page
    assert '<meta name="robots" content="noindex">' in page
    assert "canonical" not in page


async def test_a_search_that_finds_nothing_says_so(centre: Web) -> None:
    page = (await centre.browser.get("/help/en/?q=zzz")).text
    assert "No answer fits “zzz”" in page
    assert "Try it in other words, or ask us in the chat." in page
    assert "data-chat" in page


async def test_a_search_is_bounded(centre: Web) -> None:
    response = await centre.browser.get("/help/en/?q=" + "x" * 10_000)
    assert response.status_code == 200
    ((asked, _, _),) = centre.book.asked
    assert asked == "x" * 200
    assert "x" * 201 not in response.text


@pytest.mark.parametrize("query", ["", "?q=", "?q=+%0a", "?other=x"])
async def test_a_search_for_nothing_is_the_list(centre: Web, query: str) -> None:
    page = (await centre.browser.get(f"/help/en/{query}")).text
    assert f'<link rel="canonical" href="{OWN}/help/en/">' in page
    assert centre.book.asked == []


@pytest.mark.parametrize(
    "path",
    ["/help/en/", "/help/en/delivery", "/help/sitemap.xml", "/help/help.css", "/help/help.js"],
)
async def test_what_has_not_changed_is_not_sent_again(centre: Web, path: str) -> None:
    first = await centre.browser.get(path)
    assert (first.status_code, first.headers["cache-control"]) == (200, "no-cache")
    known = {"If-None-Match": first.headers["etag"]}
    again = await centre.browser.get(path, headers=known)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]


async def test_pages_are_made_of_the_answers_as_they_are_now(centre: Web) -> None:
    known = {"If-None-Match": (await centre.browser.get("/help/en/hours")).headers["etag"]}
    centre.book.hold(an_answer("hours", title="When we are open"))
    response = await centre.browser.get("/help/en/hours", headers=known)
    assert response.status_code == 200
    assert '<h1 id="title">When we are open</h1>' in response.text
    assert (await centre.browser.get("/help/en/delivery")).status_code == 404
    assert (await centre.browser.get("/help/da/")).headers["location"] == "/help/en/"


@pytest.mark.parametrize("path", PAGES)
async def test_a_page_runs_our_own_scripts_only(centre: Web, path: str) -> None:
    response = await centre.browser.get(path)
    policy = response.headers["content-security-policy"].split("; ")
    assert policy[:5] == [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: https:",
        "media-src https:",
    ]
    assert {"form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"} <= set(policy)
    assert "connect-src 'self' ws://127.0.0.1:8080" in policy
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "style=" not in response.text
    for script in re.findall(r"<script[^>]*>", response.text):
        assert "src=" in script or "application/ld+json" in script


async def test_the_files_of_the_pages_are_what_they_say(centre: Web) -> None:
    style = await centre.browser.get("/help/help.css")
    assert style.headers["content-type"] == "text/css; charset=utf-8"
    script = await centre.browser.get("/help/help.js")
    assert script.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "Straks.open()" in script.text


async def test_the_sitemap_is_xml(centre: Web) -> None:
    response = await centre.browser.get("/help/sitemap.xml")
    assert response.headers["content-type"].startswith("application/xml")
    assert f"<loc>{OWN}/help/da/moms</loc>" in response.text


@pytest.mark.parametrize("path", ["/help/en/", "/help/en/x", "/help/sitemap.xml"])
async def test_without_answers_there_is_nothing_to_show(web: Web, path: str) -> None:
    response = await web.browser.get(path)
    assert response.status_code == 404
    assert "There is no such page" in response.text


async def test_the_site_says_whether_there_is_a_help_centre(web: Web) -> None:
    assert (await web.browser.get("/v1/site")).json()["help"] is False
    web.book.hold(an_answer("hello", tags=("greeting",)))
    assert (await web.browser.get("/v1/site")).json()["help"] is False
    web.book.hold(an_answer("hours"))
    assert (await web.browser.get("/v1/site")).json()["help"] is True


@pytest.fixture
async def without(database: Database, clock: ManualClock, tmp_path: Path) -> AsyncIterator[Web]:
    """A server that has answers, and its help centre switched off."""
    web = Web(database, clock, tmp_path, help_centre=False)
    web.book.hold(an_answer("hours"))
    yield web
    await web.browser.aclose()
    web.passwords.close()


@pytest.mark.parametrize(
    "path", ["/help", "/help/", "/help/en/", "/help/en/hours", "/help/sitemap.xml", "/help/help.js"]
)
async def test_where_it_is_off_there_is_nothing(without: Web, path: str) -> None:
    assert (await without.browser.get(path)).status_code == 404
    assert (await without.browser.get("/v1/site")).json()["help"] is False

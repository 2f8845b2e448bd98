"""The routes beside the session."""

from __future__ import annotations

import pytest

from straks.log.log import LogUnavailableError
from straks.records.errors import RecordsUnavailableError
from tests.unit.web.conftest import OWN, SHOP, Web


async def test_any_allowed_site_may_ask_whether_somebody_is_there(web: Web) -> None:
    response = await web.browser.get("/v1/site", headers={"Origin": SHOP})
    assert response.json() == {
        "available": False,
        "name": "Shop",
        "languages": ["en", "da"],
        "help": False,
    }
    assert response.headers["access-control-allow-origin"] == SHOP
    assert "Origin" in response.headers["vary"]
    web.sockets.online = 1
    assert (await web.browser.get("/v1/site")).json()["available"] is True


async def test_other_sites_may_not(web: Web) -> None:
    response = await web.browser.get("/v1/site", headers={"Origin": "https://evil.example"})
    assert (response.status_code, response.json()["code"]) == (403, "origin_not_allowed")
    assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize("path", ["/v1/inbox/default", "/v1/conversation/c1", "/v1/answers"])
async def test_what_agents_read_needs_a_session(web: Web, path: str) -> None:
    response = await web.browser.get(path)
    assert (response.status_code, response.json()["code"]) == (401, "signed_out")
    await web.sign_in()
    assert (await web.browser.get(path)).status_code == 200


async def test_an_inbox_page_has_what_the_feed_goes_on_from(web: Web) -> None:
    await web.sign_in()
    response = await web.browser.get("/v1/inbox/default?state=mine&limit=7")
    assert response.json() == {
        "conversations": [{"id": "c1"}],
        "cursor": "next",
        "position": {"offset": 3, "id": "e3"},
        "counts": {"waiting": 1, "mine": 0, "open": 1, "closed": 0},
    }
    assert web.inbox.asked[0]["state"] == "mine"
    assert web.inbox.asked[0]["limit"] == 7
    assert "cursor" not in (await web.browser.get("/v1/inbox/default?cursor=next")).json()


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("state=other", "state"),
        ("limit=0", "limit"),
        ("limit=201", "limit"),
        ("limit=x", "limit"),
        ("limit=²", "limit"),
        ("cursor=nonsense", "cursor"),
    ],
)
async def test_bad_queries_name_the_field(web: Web, query: str, field: str) -> None:
    await web.sign_in()
    response = await web.browser.get(f"/v1/inbox/default?{query}")
    assert (response.status_code, response.json()["field"]) == (400, field)


@pytest.mark.parametrize(
    "path", ["/v1/inbox/other", "/v1/conversation/c2", "/v1/nothing", "/index.php", "/v1/session/"]
)
async def test_what_is_not_there_is_a_json_404(web: Web, path: str) -> None:
    await web.sign_in()
    response = await web.browser.get(path)
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


async def test_another_method_is_a_json_405(web: Web) -> None:
    response = await web.browser.post("/v1/site", headers={"Origin": OWN})
    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in response.headers["allow"]


async def test_our_own_fault_is_a_json_500_without_details(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> int:
        raise RuntimeError("inner detail")

    monkeypatch.setattr(web.sockets, "agents_online", broken)
    response = await web.browser.get("/v1/site")
    assert (response.status_code, response.json()["code"]) == (500, "internal")
    assert "inner detail" not in response.text
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "failure", [RecordsUnavailableError("locked"), LogUnavailableError("disk full")]
)
async def test_storage_that_is_away_may_be_tried_again(web: Web, failure: Exception) -> None:
    await web.sign_in()
    web.inbox.failure = failure
    response = await web.browser.get("/v1/inbox/default")
    assert (response.status_code, response.json()["code"]) == (503, "unavailable")
    assert response.headers["retry-after"] == "2"

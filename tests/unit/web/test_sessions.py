"""Signing in and out over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from straks.clock import ManualClock
from straks.records.database import Database
from straks_protocol import CloseCode
from tests.unit.web.conftest import EMAIL, OWN, PASSWORD, SHOP, Web


async def test_signing_in_gives_a_cookie_that_scripts_cannot_read(web: Web) -> None:
    response = await web.sign_in()
    assert response.status_code == 200
    body = response.json()
    assert (body["agent"]["name"], body["agent"]["email"]) == ("Bo", EMAIL)
    assert body["token_expires_in"] == 60
    cookie = response.headers["set-cookie"].lower()
    assert all(word in cookie for word in ("httponly", "samesite=strict", "path=/", "max-age"))
    assert "secure" not in cookie
    again = await web.browser.get("/v1/session")
    assert again.status_code == 200
    assert again.json()["agent"] == body["agent"]


async def test_behind_https_the_cookie_is_secure_and_host_bound(web: Web) -> None:
    response = await web.browser.post(
        "https://chat.example/v1/session",
        json={"email": EMAIL, "password": PASSWORD},
        headers={"Origin": "https://chat.example"},
    )
    cookie = response.headers["set-cookie"]
    assert cookie.startswith("__Host-straks_session=")
    assert "secure" in cookie.lower()


async def test_under_its_public_name_it_is_secure_whatever_the_proxy_tells(
    database: Database, clock: ManualClock, tmp_path: Path
) -> None:
    web = Web(database, clock, tmp_path, own="https://chat.example")
    await web.accounts.add_agent(EMAIL, "Bo", PASSWORD)
    response = await web.browser.post(
        "http://chat.example/v1/session",
        json={"email": EMAIL, "password": PASSWORD},
        headers={"Origin": "https://chat.example"},
    )
    assert response.status_code == 200
    assert response.headers["set-cookie"].startswith("__Host-straks_session=")
    await web.browser.aclose()
    web.passwords.close()


@pytest.mark.parametrize(
    "body",
    [
        {"email": EMAIL, "password": "wrong"},
        {"email": "nobody@chat.example", "password": PASSWORD},
        {"link": "no such link"},
    ],
)
async def test_wrong_credentials_are_refused_alike(web: Web, body: dict[str, str]) -> None:
    response = await web.sign_in(**body)
    assert (response.status_code, response.json()["code"]) == (401, "bad_credentials")
    assert "set-cookie" not in response.headers


async def test_a_link_signs_in_once(web: Web) -> None:
    agent = await web.accounts.find(EMAIL)
    assert agent is not None
    link = await web.sessions.make_link(agent.id)
    assert (await web.sign_in(link=link)).status_code == 200
    assert (await web.sign_in(link=link)).status_code == 401


async def test_guessing_is_slowed_down(web: Web, clock: ManualClock) -> None:
    for _ in range(6):
        await web.sign_in(email=EMAIL, password="wrong")
    response = await web.sign_in()
    assert (response.status_code, response.json()["code"]) == (429, "rate_limited")
    assert response.headers["retry-after"] == "1"
    assert response.json()["retry_after"] == 1
    clock.advance(1)
    assert (await web.sign_in()).status_code == 200


async def test_signing_out_ends_the_session_and_its_sockets(web: Web) -> None:
    await web.sign_in()
    response = await web.browser.delete("/v1/session", headers={"Origin": OWN})
    assert response.status_code == 204
    assert [code for _, code in web.sockets.closed] == [CloseCode.SIGNED_OUT]
    signed_out = await web.browser.get("/v1/session")
    assert (signed_out.status_code, signed_out.json()["code"]) == (401, "signed_out")


@pytest.mark.parametrize("origin", [None, "null", SHOP, "http://127.0.0.1:8081", "nonsense"])
async def test_other_sites_cannot_sign_in_or_out(web: Web, origin: str | None) -> None:
    await web.sign_in()
    headers = {} if origin is None else {"Origin": origin}
    for response in (
        await web.browser.delete("/v1/session", headers=headers),
        await web.browser.post("/v1/session", json={"link": "x"}, headers=headers),
    ):
        assert (response.status_code, response.json()["code"]) == (403, "origin_not_allowed")
    assert web.sockets.closed == []


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 400, "bad_body"),
        (b"[]", 400, "bad_body"),
        (b"{", 400, "bad_body"),
        (b"\xff", 400, "bad_body"),
        (b"{}", 400, "bad_field"),
        (b'{"email": 5, "password": "x"}', 400, "bad_field"),
        (b'{"email": "a@b", "password": ""}', 400, "bad_field"),
        (b'{"email": "a\\u0000@b", "password": "x"}', 400, "bad_field"),
        (b'{"link": "' + b"x" * 300 + b'"}', 400, "bad_field"),
        (b" " * 70_000, 413, "too_large"),
        (b"[" * 5_000, 400, "bad_body"),
    ],
)
async def test_bad_bodies_are_named(web: Web, content: bytes, status: int, code: str) -> None:
    headers = {"Origin": OWN, "Content-Type": "application/json"}
    response = await web.browser.post("/v1/session", content=content, headers=headers)
    assert (response.status_code, response.json()["code"]) == (status, code)


async def test_a_body_that_grows_without_telling_its_size_is_cut_off(web: Web) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 1024

    headers = {"Origin": OWN, "Content-Type": "application/json"}
    response = await web.browser.post("/v1/session", content=endless(), headers=headers)
    assert response.status_code == 413


async def test_a_form_is_not_json(web: Web) -> None:
    response = await web.browser.post("/v1/session", data={"link": "x"}, headers={"Origin": OWN})
    assert response.status_code == 415


async def test_every_answer_is_kept_out_of_caches_and_frames(web: Web) -> None:
    response: httpx.Response = await web.sign_in()
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]

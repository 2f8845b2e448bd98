"""The built front-end as files."""

from __future__ import annotations

import asyncio
import gzip
import threading
from pathlib import Path

import pytest

from straks.clock import ManualClock
from straks.records.database import Database
from tests.unit.web.conftest import Web


@pytest.fixture
def built(web: Web) -> Path:
    for name, text in {
        "widget.js": "loader()",
        "widget/main-Ab3_dE-9.js": "widget()" * 500,
        "console/index.html": "<!doctype html><title>Console</title>",
        "console/assets/index-12345678.css": "body{}",
        "sources.sha256": "hidden",
    }.items():
        path = web.static / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (web.static.parent / "outside.txt").write_text("outside")
    return web.static


async def test_without_a_build_the_answer_says_how_to_make_one(web: Web) -> None:
    for path in ("/widget.js", "/console/", "/widget/main.js"):
        response = await web.browser.get(path)
        assert response.status_code == 503
        assert "make install" in response.text


async def test_the_loader_is_short_lived_and_for_every_site(web: Web, built: Path) -> None:
    response = await web.browser.get("/widget.js")
    assert response.text == "loader()"
    assert response.headers["content-type"].startswith("text/javascript")
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["cross-origin-resource-policy"] == "cross-origin"
    known = {"If-None-Match": response.headers["etag"]}
    assert (await web.browser.get("/widget.js", headers=known)).status_code == 304
    (built / "widget.js").write_text("a newer loader()")
    assert (await web.browser.get("/widget.js", headers=known)).text == "a newer loader()"


async def test_hashed_files_are_kept_for_ever(web: Web, built: Path) -> None:
    for path in ("/widget/main-Ab3_dE-9.js", "/console/assets/index-12345678.css"):
        response = await web.browser.get(path)
        assert "immutable" in response.headers["cache-control"]
    assert (await web.browser.get("/console/")).headers["cache-control"] == "no-cache"


async def test_a_page_from_before_an_update_gets_the_widget_of_today(web: Web, built: Path) -> None:
    response = await web.browser.get("/widget/main-0ldBuild.js")
    assert (response.status_code, response.headers["cache-control"]) == (307, "no-store")
    assert response.headers["location"] == "/widget/main-Ab3_dE-9.js"
    assert response.headers["access-control-allow-origin"] == "*"
    assert (await web.browser.get("/widget/sv-0ldBuild.js")).status_code == 404


async def test_large_texts_are_zipped_for_those_who_take_it(web: Web, built: Path) -> None:
    path = "/widget/main-Ab3_dE-9.js"
    zipped = await web.browser.get(path, headers={"Accept-Encoding": "br, gzip"})
    assert zipped.headers["content-encoding"] == "gzip"
    assert int(zipped.headers["content-length"]) < 200
    plain = await web.browser.get(path, headers={"Accept-Encoding": "gzip;q=0, br"})
    assert "content-encoding" not in plain.headers
    assert zipped.text == plain.text == gzip.decompress(gzip.compress(plain.content)).decode()


async def test_the_console_runs_only_its_own_scripts(web: Web, built: Path) -> None:
    response = await web.browser.get("/console/")
    policy = response.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "connect-src 'self' ws://127.0.0.1:8080;" in policy
    assert "frame-ancestors 'none'" in policy
    home = await web.browser.get("/")
    assert (home.status_code, home.headers["location"]) == (307, "/console/")


@pytest.mark.parametrize(
    "path",
    [
        "/widget/../sources.sha256",
        "/widget/%2e%2e/%2e%2e/outside.txt",
        "/console/..%2f..%2foutside.txt",
        "/widget//etc/passwd",
        "/widget/%00",
        "/widget/",
        "/console/assets",
        "/widget/" + "x" * 5000,
        "/sources.sha256",
        "/console//index.html",
        "/console/%2e/index.html",
        "/widget/%2e%2e/console/index.html",
    ],
)
async def test_a_file_of_the_build_has_one_address_and_nothing_else_is_served(
    web: Web, built: Path, path: str
) -> None:
    response = await web.browser.get(path)
    assert (response.status_code, response.json()["code"]) == (404, "not_found")


async def test_no_file_is_read_or_zipped_on_the_loop_that_serves(
    database: Database, clock: ManualClock, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = tmp_path / "widget" / "main-Ab3_dE-9.js"
    script.parent.mkdir()
    script.write_text("widget()" * 500)
    web = Web(database, clock, tmp_path)
    readers: list[threading.Thread] = []
    read_bytes = Path.read_bytes

    def noted(path: Path) -> bytes:
        readers.append(threading.current_thread())
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", noted)
    address = "/widget/main-Ab3_dE-9.js"
    try:
        assert (await web.browser.get(address)).text == "widget()" * 500
        assert readers == []
        script.write_text("newer()" * 500)
        found = await asyncio.gather(*(web.browser.get(address) for _ in range(10)))
        assert {response.text for response in found} == {"newer()" * 500}
        assert len(readers) == 1
        assert threading.main_thread() not in readers
    finally:
        await web.browser.aclose()
        web.passwords.close()

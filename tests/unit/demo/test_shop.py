"""The demo shop."""

from __future__ import annotations

import re

import httpx
import pytest

from straks.demo import shop_app

WIDGET = "http://127.0.0.1:8080/widget.js"
PAGES = ["/", "/lamps/klit", "/lamps/mose", "/delivery", "/contact"]


def shop(widget_url: str = WIDGET) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=shop_app(widget_url))
    return httpx.AsyncClient(transport=transport, base_url="http://localhost:8081")


@pytest.mark.parametrize("path", PAGES)
async def test_page_embeds_the_widget_and_nothing_else_from_elsewhere(path: str) -> None:
    response = await shop().get(path)
    assert response.status_code == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert f'<script async src="{WIDGET}"></script>' in response.text
    assert re.findall(r'(?:src|href)="(https?://[^"]+)"', response.text) == [WIDGET]
    assert "{{" not in response.text


@pytest.mark.parametrize("path", PAGES)
async def test_every_link_leads_to_a_page(path: str) -> None:
    client = shop()
    for link in set(re.findall(r'(?:href|src)="(/[^"]*)"', (await client.get(path)).text)):
        target, _, anchor = link.partition("#")
        response = await client.get(target)
        assert response.status_code == 200, link
        assert not anchor or f'id="{anchor}"' in response.text, link


@pytest.mark.parametrize("path", PAGES)
async def test_page_has_one_title_and_one_main_heading(path: str) -> None:
    html = (await shop().get(path)).text
    assert len(re.findall(r"<title>[^<]+</title>", html)) == 1
    assert len(re.findall(r"<h1[ >]", html)) == 1
    assert 'lang="en"' in html
    assert 'name="viewport"' in html


async def test_current_page_is_marked_in_the_menu() -> None:
    assert (await shop().get("/contact")).text.count('aria-current="page"') == 1


@pytest.mark.parametrize("path", ["/nothing", "/lamps/", "/lamps/none", "/../shop.py", "/shop.py"])
async def test_absent_page_is_told_of_politely(path: str) -> None:
    response = await shop().get(path)
    assert response.status_code == 404
    assert "Back to the lamps" in response.text


async def test_widgets_address_is_escaped() -> None:
    html = (await shop('http://x/"><script>alert(1)</script>').get("/")).text
    assert "<script>alert(1)</script>" not in html

"""Agents write answers over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from straks.records.questions import Asked, QuestionChanges
from tests.unit.web.conftest import OWN, SHOP, Web

ORIGIN = {"Origin": OWN}
SOURCE = """---
title: Dogs
phrases:
  - can I bring my dog
---
Yes, on a lead.
"""
SIGNED = SOURCE.replace("---\nYes", "author: Bo\nconfirmed: 2023-11-14\n---\nYes")
"""The clock of these tests stands in November 2023."""
OTHER = SOURCE.replace("Dogs", "Cats")


@pytest.fixture
async def desk(web: Web) -> Web:
    assert (await web.sign_in()).status_code == 200
    return web


async def put(web: Web, file: str, headers: Any = ORIGIN, **body: Any) -> httpx.Response:
    return await web.browser.put(
        "/v1/answers/file", params={"file": file}, json=body, headers=headers
    )


async def delete(web: Web, headers: Any = ORIGIN, **query: str) -> httpx.Response:
    return await web.browser.delete("/v1/answers/file", params=query, headers=headers)


async def read(web: Web, file: str) -> httpx.Response:
    return await web.browser.get("/v1/answers/file", params={"file": file})


async def files(web: Web) -> Any:
    return (await web.browser.get("/v1/answers/files")).json()


async def attempt(web: Web, file: str, source: str, headers: Any = ORIGIN) -> httpx.Response:
    body = {"file": file, "source": source}
    return await web.browser.post("/v1/answers/try", json=body, headers=headers)


def asked(text: str, number: int, answer: str | None = None) -> Asked:
    return Asked(
        conversation=f"c{number}",
        offset=1,
        id=f"e{number}",
        at=1_700_000_000_000 - 1_000 + number,
        visitor=f"v{number}",
        text=text,
        lang="en",
        answer=answer,
        answer_lang=None if answer is None else "en",
        answered_at=2,
        score=0,
    )


async def test_only_agents_see_and_write_answers(web: Web) -> None:
    responses = [
        await web.browser.get("/v1/answers/files"),
        await read(web, "dogs.md"),
        await put(web, "dogs.md", source=SOURCE),
        await delete(web, file="dogs.md", version="x"),
        await attempt(web, "dogs.md", SOURCE),
        await web.browser.get("/v1/questions"),
    ]
    assert [each.status_code for each in responses] == [401] * 6
    assert {each.json()["code"] for each in responses} == {"signed_out"}


@pytest.mark.parametrize("headers", [{}, {"Origin": SHOP}])
async def test_no_other_site_writes_with_an_agents_cookie(desk: Web, headers: Any) -> None:
    responses = [
        await put(desk, "dogs.md", headers, source=SOURCE),
        await delete(desk, headers, file="dogs.md", version="x"),
        await attempt(desk, "dogs.md", SOURCE, headers),
    ]
    assert {(each.status_code, each.json()["code"]) for each in responses} == {
        (403, "origin_not_allowed")
    }
    assert await files(desk) == {"files": [], "errors": []}


async def test_a_file_is_written_signed_read_listed_and_deleted(desk: Web) -> None:
    saved = await put(desk, "dogs.md", source=SOURCE)
    assert saved.status_code == 200
    body = saved.json()
    assert body == {
        "file": "dogs.md",
        "source": SIGNED,
        "origin": "console",
        "version": body["version"],
    }
    assert (await read(desk, "dogs.md")).json() == body
    assert await files(desk) == {
        "files": [
            {
                "file": "dogs.md",
                "id": "dogs",
                "lang": "en",
                "title": "Dogs",
                "tags": [],
                "origin": "console",
                "author": "Bo",
                "confirmed": "2023-11-14",
                "given": 0,
                "helped": 0,
                "unhelpful": 0,
            }
        ],
        "errors": [],
    }
    again = await put(desk, "dogs.md", source=OTHER, version=body["version"])
    assert again.json()["version"] != body["version"]
    gone = await delete(desk, file="dogs.md", version=again.json()["version"])
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await read(desk, "dogs.md")).status_code == 404
    assert (await put(desk, "dogs.md", source=SOURCE)).json() == body


async def test_who_has_not_read_what_is_there_writes_nothing(desk: Web) -> None:
    version = (await put(desk, "dogs.md", source=SOURCE)).json()["version"]
    refused = [
        await put(desk, "dogs.md", source=OTHER),
        await put(desk, "dogs.md", source=OTHER, version=None),
        await put(desk, "dogs.md", source=OTHER, version="other"),
        await put(desk, "cats.md", source=OTHER.replace("dog", "cat"), version=version),
        await delete(desk, file="dogs.md", version="other"),
    ]
    assert {(each.status_code, each.json()["code"]) for each in refused} == {(409, "conflict")}
    assert (await read(desk, "dogs.md")).json()["version"] == version


@pytest.mark.parametrize(
    ("file", "source", "line", "message"),
    [
        ("dogs.md", "no front matter", 1, "front matter"),
        ("dogs.md", SOURCE.replace("title: Dogs\n", ""), 1, "title"),
        ("dogs.md", SOURCE.replace("  - can", "  can"), 3, "list"),
        ("dogs.md", SOURCE.replace("lead", "le\x00ad"), 6, "U+0000"),
        ("cats.md", OTHER.replace("  -", "  - cats\n  -"), 5, "already in taken.md"),
        ("taken.en.md", OTHER.replace("dog", "cat"), 1, "already in taken.md"),
        ("dogs", SOURCE, 1, ".md"),
        ("../dogs.md", SOURCE, 1, "id"),
        ("/etc/dogs.md", SOURCE, 1, "id"),
        ("_dogs.md", SOURCE, 1, "id"),
        ("README.md", SOURCE, 1, "id"),
        ("dogs.xx.md", SOURCE, 1, "language"),
        ("dogs.md", "---\n{title: Dogs, phrases: [dog]}\n---\nYes.\n", 2, "lines"),
    ],
)
async def test_what_cannot_be_an_answer_is_refused_with_its_line(
    desk: Web, file: str, source: str, line: int, message: str
) -> None:
    if "taken" in message:
        await put(desk, "taken.md", source=SOURCE)
    before = await files(desk)
    refused = await put(desk, file, source=source)
    body = refused.json()
    assert (refused.status_code, body["code"], body["line"]) == (400, "bad_answer", line)
    assert message in body["message"]
    assert await files(desk) == before
    assert (await attempt(desk, file, source)).json() == body


async def test_bodies_and_queries_are_bounded(desk: Web) -> None:
    large = await put(desk, "dogs.md", source=SOURCE + "x" * 70_000)
    assert (large.status_code, large.json()["code"]) == (413, "too_large")
    for body in ({}, {"source": 7}, {"source": ""}, {"source": SOURCE, "version": 7}):
        refused = await put(desk, "dogs.md", **body)
        assert (refused.status_code, refused.json()["code"]) == (400, "bad_field")
    for file in ("", "x" * 201, "dogs\x00.md"):
        refused = await read(desk, file)
        assert (refused.status_code, refused.json()["field"]) == (400, "file")
    for version in ({}, {"version": "\x00"}):
        refused = await delete(desk, file="dogs.md", **version)
        assert (refused.status_code, refused.json()["field"]) == (400, "version")


async def test_what_the_console_has_not_it_cannot_delete(desk: Web) -> None:
    refused = await delete(desk, file="dogs.md", version="x")
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")


async def test_trying_an_edit_tells_what_changes_and_changes_nothing(desk: Web) -> None:
    made = [asked("can I bring my dog", n) for n in range(3)] + [asked("Is there parking?", 7)]
    await desk.questions.apply(QuestionChanges(asked=made))
    tried = await attempt(desk, "dogs.md", SOURCE)
    assert tried.json() == {
        "tried": 2,
        "changes": [
            {
                "text": "can I bring my dog",
                "lang": "en",
                "times": 3,
                "before": None,
                "after": "Dogs",
            }
        ],
    }
    assert await files(desk) == {"files": [], "errors": []}
    await put(desk, "dogs.md", source=SOURCE)
    desk.classroom.learn()
    assert (await attempt(desk, "dogs.md", SIGNED)).json() == {"tried": 2, "changes": []}


async def test_the_last_day_of_an_answer_is_told(desk: Web) -> None:
    source = SOURCE.replace("title:", "valid_until: 2020-12-24\ntitle:")
    assert (await put(desk, "dogs.md", source=source)).status_code == 200
    (file,) = (await files(desk))["files"]
    assert file["valid_until"] == "2020-12-24"


async def test_how_answers_did_is_told_beside_them(desk: Web) -> None:
    await put(desk, "dogs.md", source=SOURCE)
    made = [asked("dogs", number, "dogs") for number in range(2)]
    await desk.questions.apply(QuestionChanges(asked=made))
    (file,) = (await files(desk))["files"]
    assert (file["given"], file["helped"], file["unhelpful"]) == (2, 0, 0)

"""Whether the server lives, and whether it can do its work."""

from __future__ import annotations

import asyncio

from straks.clock import ManualClock
from tests.unit.web.conftest import Web


async def test_ready_means_that_every_part_works(web: Web, clock: ManualClock) -> None:
    response = await web.browser.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"status": "ok", "checks": {"log": "ok", "records": "ok"}}
    web.failures["log"] = OSError("disk full at /secret/place")
    clock.advance(1.0)
    response = await web.browser.get("/readyz")
    assert response.status_code == 503
    assert response.json()["checks"] == {"log": "failed: OSError", "records": "ok"}
    assert (await web.browser.get("/healthz")).status_code == 200


async def test_what_it_can_do_without_is_shown_and_does_not_count(web: Web) -> None:
    web.optional.add("records")
    web.failures["records"] = OSError("away")
    response = await web.browser.get("/readyz")
    assert response.status_code == 200
    assert response.json() == {
        "status": "degraded",
        "checks": {"log": "ok", "records": "failed: OSError"},
    }


async def test_a_draining_server_is_not_ready(web: Web) -> None:
    assert (await web.browser.get("/readyz")).status_code == 200
    web.is_draining = True
    response = await web.browser.get("/readyz")
    assert (response.status_code, response.json()["status"]) == (503, "draining")


async def test_a_flood_of_askers_costs_one_check_a_second(web: Web, clock: ManualClock) -> None:
    await asyncio.gather(*(web.browser.get("/readyz") for _ in range(20)))
    for _ in range(20):
        assert (await web.browser.get("/readyz")).status_code == 200
    assert web.log_checks == 1
    clock.advance(1.0)
    await asyncio.gather(*(web.browser.get("/readyz") for _ in range(20)))
    assert web.log_checks == 2


async def test_a_server_that_becomes_ready_says_so_soon(web: Web, clock: ManualClock) -> None:
    web.failures["log"] = OSError("away")
    for _ in range(20):
        assert (await web.browser.get("/readyz")).status_code == 503
    assert web.log_checks == 1
    del web.failures["log"]
    clock.advance(0.1)
    assert (await web.browser.get("/readyz")).status_code == 200

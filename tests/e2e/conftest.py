"""One browser for all; each test has a server, a shop and people of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.e2e.carried import write_answers
from tests.e2e.stage import Stage, hire
from tests.support.browser import browser

HERE = Path(__file__).parent
TIMEOUT = 240
"""Seconds for one test: a browser on a busy machine takes its time."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.timeout(TIMEOUT))


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    # Not for the whole session: while it runs, no other event loop can run in this thread.
    with browser() as running:
        yield running


@pytest.fixture(scope="session")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with the agents' accounts."""
    return hire(tmp_path_factory.mktemp("accounts"))


@pytest.fixture
def stage(chromium: Browser, tmp_path: Path, accounts: Path) -> Iterator[Stage]:
    """A server that knows no answers."""
    with Stage(chromium, tmp_path, accounts) as opened:
        yield opened


@pytest.fixture
def answering(chromium: Browser, tmp_path: Path, accounts: Path) -> Iterator[Stage]:
    """A server with the demo's answers."""
    with Stage(chromium, tmp_path, accounts, answers=True) as opened:
        yield opened


@pytest.fixture
def carrying(chromium: Browser, tmp_path: Path, accounts: Path) -> Iterator[Stage]:
    """A server with a few answers that carry more than a text."""
    answers = write_answers(tmp_path / "answers")
    with Stage(chromium, tmp_path, accounts, answers=answers) as opened:
        yield opened

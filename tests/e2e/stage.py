"""One server, one shop, and the people who meet there."""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias, TypeVar

from playwright.sync_api import Browser, BrowserContext, expect

from straks.demo import answers_folder
from tests.e2e.people import PASSWORD, Agent, Person, Visitor, email_of
from tests.support.browser import Shop
from tests.support.server import ServerProcess

__all__ = ["AGENTS", "FIRST", "PHONE", "Context", "Stage", "hire", "new_context"]

AGENTS = ("Ann", "Bo")

FIRST = "Is anybody there?"
"""What a visitor who meets an agent has said first."""

Context: TypeAlias = dict[str, Any]
"""Options of a browser context."""

PHONE: Context = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}

Meeting: TypeAlias = tuple[Visitor, Agent]

_Anybody = TypeVar("_Anybody", bound=Person)


def hire(folder: Path) -> Path:
    """Make the accounts of :data:`AGENTS`; gives the data directory that holds them."""
    office = ServerProcess(folder)
    for name in AGENTS:
        office.add_agent(email_of(name), name, PASSWORD)
    return office.data


def new_context(browser: Browser, **options: Any) -> BrowserContext:
    """Give somebody a browser of their own: a British one, 1280 pixels wide, if nothing is said."""
    usual: Context = {
        "locale": "en-GB",
        "viewport": {"width": 1280, "height": 800},
        "reduced_motion": "reduce",
    }
    return browser.new_context(**{**usual, **options})


class Stage:
    """A server with a data directory of its own, and a shop on another site."""

    def __init__(
        self, browser: Browser, folder: Path, accounts: Path, *, answers: bool | Path = False
    ) -> None:
        """``answers``: a folder, or True for those of the demo, which take a second to learn."""
        self._browser = browser
        self._folder = folder
        self._accounts = accounts
        self._people: list[Person] = []
        place = answers_folder() if answers is True else answers
        settings = {"answers": str(place)} if place else {}
        self.server = ServerProcess(folder, site_name="Nordlys Lamper", **settings)
        self.shop = Shop(self.server.url)
        self._parts = ExitStack()

    def visitor(self, path: str | None = "/", **context: Any) -> Visitor:
        """Let somebody come to a page of the shop."""
        visitor = self._enter(Visitor(new_context(self._browser, **context), self.shop.url))
        return visitor if path is None else visitor.visit(path)

    def agent(self, name: str = "Ann", *, signed_in: bool = True, **context: Any) -> Agent:
        """Let an agent come to the console."""
        agent = self._enter(
            Agent(new_context(self._browser, **context), self.server.url, name)
        ).visit()
        return agent.sign_in() if signed_in else agent

    def meet(self, *, visitor: Context | None = None, agent: Context | None = None) -> Meeting:
        """Bring a visitor who asked for a person together with the agent who took them."""
        ann = self.agent("Ann", **(agent or {}))
        guest = self.visitor(**(visitor or {})).open()
        guest.ask(FIRST)
        expect(guest.bubbles).to_have_count(2)
        guest.person.click()
        ann.pick()
        ann.accept()
        expect(guest.event("Ann is here")).to_be_visible()
        return guest, ann

    def _enter(self, person: _Anybody) -> _Anybody:
        self._people.append(person)
        return person

    def __enter__(self) -> Self:
        with self._parts:
            shutil.copytree(self._accounts, self.server.data)
            self._parts.enter_context(self.server)
            self._parts.enter_context(self.shop)
            self._parts = self._parts.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for person in self._people:
            person.close()
        self._parts.__exit__(kind, error, traceback)
        problems = [problem for person in self._people for problem in person.problems]
        if error is None:
            assert problems == []

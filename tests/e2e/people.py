"""Who takes part: a visitor of the shop, an agent at the console."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final, Literal, Self

import orjson
from playwright.sync_api import BrowserContext, Locator, Page, WebSocket, expect

__all__ = ["PASSWORD", "UNKNOWN", "Agent", "Person", "Visitor", "email_of"]

PASSWORD: Final = "a lamp for long evenings"

UNKNOWN: Final = "I do not know the answer to that. Would you like to talk to a person?"
"""What a visitor reads where no answer is known."""

_AXE: Final = Path(__file__).parents[2] / "widget/node_modules/axe-core/axe.min.js"


def email_of(name: str) -> str:
    """Give the address that the agent called ``name`` signs in with."""
    return f"{name.lower()}@example.com"


class Person:
    """Somebody with a browser of their own."""

    def __init__(self, context: BrowserContext) -> None:
        self.context = context
        self.page: Page = context.new_page()
        self.sockets: list[WebSocket] = []
        self.frames: list[dict[str, Any]] = []
        """What the server sent to the pages, as it came."""
        self.sent: list[dict[str, Any]] = []
        """What the pages sent to the server."""
        self.raw: list[str] = []
        self.said: list[str] = []
        """What the widget wrote to the console."""
        self.problems: list[str] = []
        """Errors that no page may have, whatever happens around it."""
        self.watch(self.page)

    def watch(self, page: Page) -> Page:
        """Note what a page receives, and what goes wrong in it."""
        page.on("websocket", self._socket)
        page.on("pageerror", lambda error: self.problems.append(f"{error}\n{error.stack}"))
        page.on("console", lambda message: self._said(message.text))
        return page

    def _said(self, text: str) -> None:
        if text.startswith("Straks"):
            self.said.append(text)
        if "Content Security Policy" in text:
            self.problems.append(text)

    def _socket(self, socket: WebSocket) -> None:
        self.sockets.append(socket)
        socket.on("framereceived", self._received)
        socket.on("framesent", self._sent)

    def _received(self, payload: str | bytes) -> None:
        text = payload if isinstance(payload, str) else payload.decode()
        self.raw.append(text)
        self.frames.append(orjson.loads(text))

    def _sent(self, payload: str | bytes) -> None:
        self.sent.append(orjson.loads(payload))

    def connected(self) -> Self:
        """Wait until the server has let the page in: from then on, an agent counts as here."""
        let_in = "welcome"
        socket = self.sockets[-1] if self.sockets else self.page.wait_for_event("websocket")
        if all(frame["type"] != let_in for frame in self.frames):
            socket.wait_for_event("framereceived", lambda text: let_in in text)
        return self

    def focused(self) -> str:
        """Describe what has the focus: its role or tag, and its name."""
        described: str = self.page.evaluate(
            """() => {
                let at = document.activeElement;
                while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
                if (!at || at === document.body) return "nothing";
                const label = at.labels?.[0]?.textContent;
                const name = at.getAttribute("aria-label") ?? label ?? at.textContent ?? "";
                return `${at.getAttribute("role") ?? at.localName} ${name.trim()}`;
            }"""
        )
        return described

    def outlined(self) -> bool:
        """Tell whether what has the focus shows it."""
        shown: bool = self.page.evaluate(
            """() => {
                let at = document.activeElement;
                while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
                const style = getComputedStyle(at);
                const line = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2
                    && !/, 0\\)|transparent/.test(style.outlineColor);
                return line || style.boxShadow !== "none";
            }"""
        )
        return shown

    def width_left_over(self) -> int:
        """Give how many pixels of the page lie to the right of the window."""
        pixels: int = self.page.evaluate(
            "() => document.scrollingElement.scrollWidth - document.documentElement.clientWidth"
        )
        return pixels

    def axe(self) -> dict[str, Any]:
        """Let axe-core look at the page as it is."""
        if not self.page.evaluate("() => 'axe' in window"):
            self.page.evaluate(_AXE.read_text(encoding="utf-8"))
        found: dict[str, Any] = self.page.evaluate(
            "() => axe.run(document, {resultTypes: ['violations', 'passes', 'incomplete']})"
        )
        return found

    def close(self) -> None:
        """Leave."""
        self.context.close()


class Visitor(Person):
    """A visitor of the shop."""

    def __init__(self, context: BrowserContext, shop: str) -> None:
        super().__init__(context)
        self.shop = shop
        page = self.page
        self.launcher = page.locator("straks-chat .launcher")
        self.panel = page.locator("straks-chat .panel")
        self.log = self.panel.get_by_role("log")
        self.field = self.panel.locator(".composer textarea")
        self.send_button = self.panel.locator(".composer .send")
        self.bubbles = self.panel.locator(".message .bubble")
        self.own = self.panel.locator(".message.own .bubble")
        self.senders = self.panel.locator(".message.other .sender")
        self.deliveries = self.panel.locator(".message.own .delivery")
        self.suggestions = self.panel.get_by_role("group", name="Is it one of these?")
        self.suggested = self.suggestions.get_by_role("button")
        self.typing = self.panel.locator(".typing")
        self.banner = self.panel.locator(".banner")
        self.person = self.panel.get_by_role("button", name="Talk to a person")

    def visit(self, path: str = "/") -> Visitor:
        """Go to a page of the shop."""
        self.page.goto(self.shop + path)
        return self

    def open(self) -> Visitor:
        """Click the launcher."""
        self.launcher.click()
        expect(self.panel).to_be_visible()
        return self

    def say(self, text: str) -> None:
        """Write a message, press Enter, and see it in the conversation."""
        self.field.fill(text)
        self.field.press("Enter")
        expect(self.own.last).to_have_text(text)

    def ask(self, text: str) -> None:
        """Say something, and see that the server has it."""
        self.say(text)
        expect(self.deliveries.last).to_have_text(re.compile("Sent|Read"))

    def event(self, text: str) -> Locator:
        """Find a line that tells what happened."""
        return self.panel.locator(".event", has_text=text)

    def looked_up(self) -> list[str]:
        """Give the texts that the widget asked about while they were typed."""
        return [frame["text"] for frame in self.sent if frame["type"] == "ask"]

    def stored(self) -> dict[str, str]:
        """Give what the shop's page keeps in its local storage, the shop's own things left out."""
        kept: dict[str, str] = self.page.evaluate("() => ({...localStorage})")
        return kept


class Agent(Person):
    """An agent at the console."""

    def __init__(self, context: BrowserContext, server: str, name: str) -> None:
        super().__init__(context)
        self.server = server
        self.name = name
        page = self.page
        self.form = page.locator(".sign-in-form")
        self.email = self.form.get_by_label("E-mail")
        self.password = self.form.get_by_label("Password")
        self.problem = page.locator("#sign-in-problem")
        self.inbox = page.get_by_role("navigation", name="Inbox")
        self.rows = self.inbox.locator("[data-conversation]")
        self.thread = page.get_by_role("region", name="Messages")
        self.bubbles = self.thread.locator(".bubble")
        self.happened = self.thread.locator(".happened")
        self.deliveries = self.thread.locator(".delivery")
        self.typing = self.thread.locator(".typing")
        self.composer = page.get_by_role("region", name="Answer")
        self.field = self.composer.get_by_role("textbox")
        self.accept_button = page.get_by_role("button", name="Accept", exact=True)
        self.close_button = page.get_by_role("button", name="Close", exact=True)
        self.reopen_button = page.get_by_role("button", name="Reopen", exact=True)
        self.banner = page.locator(".banner")

    def visit(self, fragment: str = "") -> Agent:
        """Go to the console."""
        self.page.goto(f"{self.server}/console/{fragment}")
        return self

    def sign_in(self, name: str = "") -> Agent:
        """Sign in with e-mail and password, and wait until the server knows that they are here."""
        self.email.fill(email_of(name or self.name))
        self.password.fill(PASSWORD)
        self.form.get_by_role("button", name="Sign in").click()
        expect(self.inbox).to_be_visible()
        return self.connected()

    def tab(self, name: str) -> Locator:
        """Find a tab of the inbox."""
        return self.inbox.get_by_role("tab", name=name)

    def row(self, text: str) -> Locator:
        """Find the conversation in the list that shows this text."""
        return self.rows.filter(has_text=text)

    def pick(self, text: str = "") -> None:
        """Open the conversation in the list that shows this text, by default the only one."""
        self.row(text).click()
        expect(self.thread).to_be_visible()

    def accept(self) -> None:
        """Take the open conversation over."""
        self.accept_button.click()
        expect(self.page.locator(".pill-mine")).to_be_visible()

    def mode(self, name: Literal["Reply", "Note"]) -> None:
        """Turn the composer to replies or notes."""
        self.composer.get_by_role("button", name=name, exact=True).click()

    def say(self, text: str) -> None:
        """Write, press Enter, and see it in the conversation."""
        self.field.fill(text)
        self.field.press("Enter")
        expect(self.bubbles.last).to_have_text(text)

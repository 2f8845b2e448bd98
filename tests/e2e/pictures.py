"""Photographs of widget and console in the states that matter: ``python -m tests.e2e.pictures``."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, WebSocketRoute, expect

from tests.e2e.people import Agent, Person, Visitor
from tests.e2e.stage import PHONE, Context, Stage, hire
from tests.support.browser import browser

FOLDER: Final = Path(__file__).parent / "pictures"

QUESTION: Final = "Hi! How long does delivery to Malmö take?"
WORD: Final = "Beleuchtungsrichtlinienkonformitätsprüfungsbescheinigung" * 4
LINK: Final = (
    "https://shop.example.com/lamps/maane?utm_source=newsletter&utm_medium=email"
    "&utm_campaign=long-evenings&session=5f3c9a1e7b2d4c6f8e0a1b3c5d7e9f11"
)
DARK: Final[Context] = {"color_scheme": "dark"}

CROWD: Final = (
    "The bulb of my Fyr lamp does not light. I tried another socket.",
    "Could you send the invoice for order NL-20417 again?",
    "Is the Mose table lamp back in stock soon?",
    "Hej, kan jag hämta i butiken på lördag?",
    "My parcel says delivered, but there is nothing here.",
    "Can the pendant be shortened to 80 cm?",
    "I would like to change the delivery address, please.",
    "Do you take back an old lamp when you deliver the new one?",
)


class Camera:
    """Takes pictures into a folder and tells of each."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self._browser = browser
        self._folder = folder
        self._accounts = hire(folder / "accounts")
        self._stages = 0

    @contextmanager
    def stage(self) -> Iterator[Stage]:
        """A new server, with the demo's answers."""
        self._stages += 1
        folder = self._folder / f"stage-{self._stages}"
        folder.mkdir()
        with Stage(self._browser, folder, self._accounts, answers=True) as opened:
            yield opened

    def take(self, person: Person, name: str) -> None:
        """Photograph what somebody sees."""
        path = FOLDER / f"{name}.png"
        person.page.mouse.move(0, 0)
        # The caret blinks: it is in no picture, so that two of them can be compared.
        person.page.screenshot(path=path, caret="hide")
        print(path)


def refuse(route: WebSocketRoute) -> None:
    """Stand between visitor and server, and refuse one message as too long."""
    server = route.connect_to_server()

    def pass_on(frame: str | bytes) -> None:
        text = str(frame)
        if '"publish"' not in text or "thirty pages" not in text:
            server.send(frame)
            return
        number = text.rpartition('"id":')[2].rstrip("}")
        route.send(f'{{"type":"error","code":"too_large","message":"too long","id":{number}}}')

    route.on_message(pass_on)


def wait_for_answer(visitor: Visitor, bubbles: int = 2) -> None:
    expect(visitor.bubbles).to_have_count(bubbles)
    expect(visitor.panel.locator(".delivery-sending")).to_have_count(0)


def nobody_here(camera: Camera) -> None:
    with camera.stage() as stage:
        visitor = stage.visitor()
        expect(visitor.launcher).to_be_visible()
        camera.take(visitor, "00-shop")
        visitor.open()
        expect(visitor.panel.locator(".header")).to_contain_text("No one is here")
        camera.take(visitor, "05a-nobody-here")
        visitor.panel.get_by_role("button", name="Leave a message").click()
        visitor.panel.get_by_label("Your message").fill(
            "Can you engrave a name in the brass of the Skær lamp? It is a wedding present."
        )
        visitor.panel.get_by_label("E-mail address").fill("kim@example")
        visitor.panel.get_by_role("button", name="Leave message").click()
        camera.take(visitor, "05b-nobody-here-form")
        visitor.panel.get_by_label("E-mail address").fill("kim@example.org")
        visitor.panel.get_by_role("button", name="Leave message").click()
        expect(visitor.event("kim@example.org")).to_be_visible()
        wait_for_answer(visitor)
        camera.take(visitor, "05c-nobody-here-kept")


def conversation(camera: Camera, suffix: str = "", **context: Any) -> None:
    """Go the whole way, as visitor and as agent, and photograph every stop."""
    with camera.stage() as stage:
        ann = stage.agent("Ann", signed_in=False, **context)
        expect(ann.email).to_be_focused()
        camera.take(ann, f"09-sign-in{suffix}")
        ann.sign_in()
        camera.take(ann, f"10a-inbox-empty{suffix}")
        visitor = stage.visitor("/lamps/maane", **context)
        visitor.launcher.click()
        expect(visitor.person).to_be_visible()
        camera.take(visitor, f"01-empty{suffix}")
        visitor.field.press_sequentially("How long does del")
        expect(visitor.suggestions).to_be_visible()
        camera.take(visitor, f"01b-suggestions{suffix}")
        visitor.ask(QUESTION)
        wait_for_answer(visitor)
        camera.take(visitor, f"02-conversation{suffix}")
        visitor.person.click()
        expect(visitor.panel).to_contain_text("A person has been asked to come.")
        camera.take(visitor, f"06-waiting{suffix}")
        ann.pick()
        expect(ann.bubbles).to_have_count(2)
        camera.take(ann, f"06-waiting-agent{suffix}")
        ann.accept()
        accepted(camera, visitor, ann, suffix)
        ann.close_button.click()
        expect(ann.reopen_button).to_be_visible()
        expect(visitor.event("closed")).to_be_visible()
        camera.take(visitor, f"08-closed{suffix}")
        camera.take(ann, f"08-closed-agent{suffix}")


def accepted(camera: Camera, visitor: Visitor, ann: Agent, suffix: str) -> None:
    ann.mode("Note")
    ann.say("Bought two of these in May, see NL-18822.")
    ann.mode("Reply")
    ann.say("Hello, this is Ann.")
    ann.say("To Malmö it is three days. Shall I hold one back for you until tomorrow?")
    visitor.say("Yes please! The one in opal white.")
    ann.field.press_sequentially("Gl")
    expect(visitor.typing).to_be_visible()
    expect(ann.bubbles.last).to_contain_text("opal white")
    camera.take(visitor, f"07-accepted{suffix}")
    ann.field.fill("")
    visitor.field.press_sequentially("A")
    expect(ann.typing).to_be_visible()
    camera.take(ann, f"07-accepted-agent{suffix}")
    visitor.field.fill("")
    expect(ann.typing).to_have_count(0)
    ann.field.press_sequentially("/")
    expect(ann.page.get_by_role("listbox")).to_be_visible()
    camera.take(ann, f"07b-canned-replies{suffix}")
    ann.field.fill("")
    ann.mode("Note")
    camera.take(ann, f"07c-note{suffix}")
    ann.mode("Reply")


def long_and_failed(camera: Camera, suffix: str = "", **context: Any) -> None:
    with camera.stage() as stage:
        ann = stage.agent("Ann", **context)
        visitor = stage.visitor(None, **context)
        visitor.page.route_web_socket("**/v1/socket", refuse)
        visitor.visit().launcher.click()
        visitor.ask(WORD)
        wait_for_answer(visitor)
        visitor.ask(LINK)
        wait_for_answer(visitor, 4)
        visitor.person.click()
        ann.pick()
        ann.accept()
        ann.say(f"I see it: {LINK}")
        expect(visitor.bubbles.last).to_contain_text("I see it")
        camera.take(visitor, f"03-long-word-and-link{suffix}")
        camera.take(ann, f"03-long-word-and-link-agent{suffix}")
        visitor.say("Here are all thirty pages of the manual.")
        expect(visitor.panel.locator(".failed")).to_be_visible()
        camera.take(visitor, f"04-failed-send{suffix}")
        stage.server.kill()
        visitor.say("And this one waits for the connection.")
        expect(visitor.banner).to_be_visible()
        camera.take(visitor, f"04b-apart{suffix}")
        expect(ann.banner).to_be_visible()
        camera.take(ann, f"04b-apart-agent{suffix}")


def full_inbox(camera: Camera) -> None:
    with camera.stage() as stage, ExitStack() as guests:
        ann = stage.agent("Ann")
        dark = stage.agent("Ann", **DARK)
        phone = stage.agent("Ann", **PHONE)
        for number, text in enumerate(CROWD):
            visitor = stage.visitor("/contact" if number % 2 else "/lamps/fyr")
            guests.callback(visitor.close)
            visitor.open().ask(text)
            visitor.person.click()
            expect(ann.rows).to_have_count(number + 1)
        ann.rows.nth(0).click()
        ann.accept()
        ann.say("Hello! Which bulb is in it now?")
        ann.tab("Waiting").click()
        ann.rows.nth(1).click()
        expect(ann.bubbles.first).to_be_visible()
        camera.take(ann, "10b-inbox-full")
        dark.rows.nth(0).click()
        expect(dark.bubbles.first).to_be_visible()
        camera.take(dark, "10c-inbox-full-dark")
        expect(phone.rows).to_have_count(len(CROWD) - 1)
        camera.take(phone, "10d-inbox-full-phone")
        ann.page.get_by_role("button", name="Keyboard shortcuts").click()
        camera.take(ann, "10e-help")


def main() -> None:
    """Make all pictures anew."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    with tempfile.TemporaryDirectory() as folder, browser() as running:
        camera = Camera(running, Path(folder))
        nobody_here(camera)
        conversation(camera)
        long_and_failed(camera)
        full_inbox(camera)
        conversation(camera, "-phone", **PHONE)
        long_and_failed(camera, "-phone", **PHONE)
        conversation(camera, "-dark", **DARK)


if __name__ == "__main__":
    main()

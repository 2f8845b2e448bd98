"""Agents sign in and out; what they typed is theirs whatever happens to the session."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
from playwright.sync_api import Browser, expect

from bench.ports import free_port
from tests.e2e.people import PASSWORD, Agent, email_of
from tests.e2e.stage import FIRST, Stage, new_context
from tests.support.server import ServerProcess, run_straks


def sign_out_everywhere(stage: Stage, name: str) -> None:
    """Change an agent's password, which ends every session."""
    done = run_straks(
        "agent", "password", email_of(name), "--password-stdin",
        stdin=PASSWORD + "\n", data=str(stage.server.data),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_the_demo_s_link_signs_in_once(chromium: Browser, tmp_path: Path) -> None:
    port = free_port()
    with ServerProcess(tmp_path, arguments=("demo", "--shop-port", str(port))) as server:
        found = re.search(r"/console/(#link=\S+)", server.tail())
        assert found is not None
        robin = Agent(new_context(chromium), server.url, "Robin").visit(found[1])
        expect(robin.inbox).to_contain_text("Robin")
        assert "link" not in robin.page.url
        # The browser that used it is signed in; nobody else can use it again.
        robin.visit(found[1])
        expect(robin.inbox).to_contain_text("Robin")
        thief = Agent(new_context(chromium), server.url, "Robin").visit(found[1])
        expect(thief.problem).to_contain_text("This sign-in link was used already")
        expect(thief.inbox).to_have_count(0)

        page = new_context(chromium).new_page()
        page.goto(f"http://localhost:{port}/")
        expect(page.locator("straks-chat .launcher")).to_be_visible()
        for context in chromium.contexts:
            context.close()


def test_a_wrong_password_is_told_and_lets_nobody_in(stage: Stage) -> None:
    ann = stage.agent("Ann", signed_in=False)
    ann.form.get_by_role("button", name="Sign in").click()
    expect(ann.problem).to_have_text("Enter your e-mail and your password.")
    ann.email.fill(email_of("Ann"))
    ann.password.fill("a guess")
    ann.password.press("Enter")
    expect(ann.problem).to_have_text("E-mail or password is wrong.")
    expect(ann.inbox).to_have_count(0)
    assert ann.sockets == []
    ann.email.fill("nobody@example.com")
    ann.password.press("Enter")
    expect(ann.problem).to_have_text("E-mail or password is wrong.")
    ann.sign_in()


def test_what_was_typed_survives_a_session_that_ended(stage: Stage) -> None:
    visitor, ann = stage.meet()
    ann.field.press_sequentially("I was just about to sa")
    sign_out_everywhere(stage, "Ann")
    again = ann.page.get_by_role("dialog", name="Sign in again")
    expect(again).to_contain_text("Everything you typed is still here.")
    expect(again.get_by_label("E-mail")).to_have_value(email_of("Ann"))
    expect(again.get_by_label("Password")).to_be_focused()
    visitor.say("Hello?")

    again.get_by_label("Password").fill(PASSWORD)
    again.get_by_role("button", name="Sign in").click()
    expect(again).to_have_count(0)
    expect(ann.field).to_have_value("I was just about to sa")
    expect(ann.bubbles).to_have_text([FIRST, "Hello?"])
    ann.field.press_sequentially("y this.")
    ann.field.press("Enter")
    expect(visitor.bubbles.last).to_have_text("I was just about to say this.")


def test_signing_out_closes_the_sockets(stage: Stage) -> None:
    visitor, ann = stage.meet()
    other = ann.watch(ann.context.new_page())
    other.goto(f"{stage.server.url}/console/")
    expect(other.get_by_role("tab", name="Mine")).to_be_visible()
    header = visitor.panel.locator(".header")
    expect(header).to_contain_text("Nordlys Lamper")
    ann.page.get_by_role("button", name="Sign out").click()
    expect(ann.email).to_be_visible()
    expect(other.get_by_role("dialog", name="Sign in again")).to_be_visible()
    # Its agents are gone: the visitor is told so.
    expect(header).to_contain_text("No one is here right now")
    assert ann.sockets
    for socket in ann.sockets:
        if not socket.is_closed():
            socket.wait_for_event("close")
    reply = ann.context.request.get(f"{stage.server.url}/v1/session")
    assert reply.status == httpx.codes.UNAUTHORIZED
    ann.page.reload()
    expect(ann.email).to_be_visible()


def test_somebody_else_can_go_on_at_the_same_desk(stage: Stage) -> None:
    visitor, ann = stage.meet()
    ann.field.press_sequentially("Between us")
    sign_out_everywhere(stage, "Ann")
    ann.page.get_by_role("button", name="Continue as somebody else than Ann").click(timeout=60_000)
    ann.sign_in("Bo")
    expect(ann.inbox).to_contain_text("Bo")
    ann.tab("All open").click()
    ann.pick()
    expect(ann.composer).to_contain_text("Ann answers this conversation.")
    expect(ann.field).to_have_count(0)
    expect(ann.page.get_by_text("Between us")).to_have_count(0)
    expect(visitor.bubbles).to_have_count(2)

"""``straks agent`` beside a running server, and without one."""

from __future__ import annotations

import pytest

from straks import __version__
from tests.support.http import http
from tests.support.server import ServerProcess, run_straks
from tests.support.talk import Talker

EMAIL = "bo@chat.example"


def agent(server: ServerProcess, *arguments: str, password: str) -> tuple[int, str, str]:
    done = run_straks(
        "agent", *arguments, "--password-stdin", stdin=password + "\n", data=str(server.data)
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, done.stderr


def test_the_version_is_told() -> None:
    done = run_straks("--version")
    assert (done.returncode, done.stdout) == (0, f"straks {__version__}\n")


def test_an_agent_is_made_once_and_can_sign_in_at_once(server: ServerProcess) -> None:
    code, said, _ = agent(server, "add", EMAIL, "--name", "Bo", password="correct horse")
    assert (code, said) == (0, f"Bo <{EMAIL}> can sign in now.\n")
    code, _, complaint = agent(server, "add", EMAIL, "--name", "Bo", password="correct horse")
    assert (code, complaint) == (1, f"straks: There is already an agent {EMAIL}.\n")
    with http() as client:
        server.sign_in(client, EMAIL, "correct horse")


@pytest.mark.parametrize(
    ("arguments", "password", "said"),
    [
        (("add", "no address", "--name", "Bo"), "correct horse", "e-mail"),
        (("add", EMAIL, "--name", " "), "correct horse", "name"),
        (("add", EMAIL, "--name", "Bo"), "short", "8"),
        (("password", "nobody@chat.example"), "correct horse", "agent add"),
    ],
)
def test_mistakes_are_told_in_one_line(
    server: ServerProcess, arguments: tuple[str, ...], password: str, said: str
) -> None:
    code, _, complaint = agent(server, *arguments, password=password)
    assert code == 1
    assert complaint.startswith("straks: ")
    assert said in complaint
    assert complaint.count("\n") == 1


def test_without_a_terminal_a_password_must_come_on_standard_input(server: ServerProcess) -> None:
    done = run_straks("agent", "add", EMAIL, "--name", "Bo", data=str(server.data))
    assert done.returncode == 2
    assert "--password-stdin" in done.stderr


async def test_a_new_password_signs_out_and_closes_open_sockets(server: ServerProcess) -> None:
    server.add_agent(EMAIL, "Bo", "correct horse")
    with http() as client:
        token = str(server.sign_in(client, EMAIL, "correct horse")["token"])
        async with Talker(server.socket_url, origin=server.url, token=token) as socket:
            code, _, _ = agent(server, "password", EMAIL, password="another horse")
            assert code == 0
            assert client.get(f"{server.url}/v1/session").status_code == 401
            async with Talker(server.socket_url, origin=server.url) as visitor:
                assert visitor.welcome["type"] == "welcome"
            again = Talker(server.socket_url, origin=server.url, token=token)
            await again.connect()
            assert again.welcome["code"] == "token_revoked"
            assert await again.wait_closed() == 4502
            assert await socket.wait_closed() == 4503
        server.sign_in(client, EMAIL, "another horse")


async def test_signing_out_closes_the_sockets_of_that_session_only(server: ServerProcess) -> None:
    server.add_agent(EMAIL, "Bo", "correct horse")
    with http() as here, http() as there:
        first = Talker(
            server.socket_url,
            origin=server.url,
            token=str(server.sign_in(here, EMAIL, "correct horse")["token"]),
        )
        second = Talker(
            server.socket_url,
            origin=server.url,
            token=str(server.sign_in(there, EMAIL, "correct horse")["token"]),
        )
        async with first, second:
            done = here.delete(f"{server.url}/v1/session", headers={"Origin": server.url})
            assert done.status_code == 204
            assert await first.wait_closed() == 4503
            assert there.get(f"{server.url}/v1/session").status_code == 200
            assert (await second.ask("presence", channel="conversation:x"))["code"] == "not_found"


async def test_agents_connect_from_the_console_only(server: ServerProcess) -> None:
    server.add_agent(EMAIL, "Bo", "correct horse")
    with http() as client:
        token = str(server.sign_in(client, EMAIL, "correct horse")["token"])
    stolen = Talker(server.socket_url, origin="http://localhost:8081", token=token)
    await stolen.connect()
    assert stolen.welcome["code"] == "origin_not_allowed"
    assert await stolen.wait_closed() == 4504


def test_answer_files_are_checked(server: ServerProcess) -> None:
    folder = server.data.parent / "answers"
    folder.mkdir()
    (folder / "good.md").write_text("---\ntitle: A\nphrases: [what is a]\n---\nA.\n")
    done = run_straks("answers", "check", str(folder))
    assert (done.returncode, done.stdout) == (0, "1 answers, 0 mistakes.\n")
    (folder / "bad.md").write_text("---\ntitle: A\n---\nA.\n")
    done = run_straks("answers", "ask", str(folder), "qqqq zzzz")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, "Nothing is given.")
    done = run_straks("answers", "check", str(folder))
    assert done.returncode == 1
    assert done.stderr.startswith("bad.md:1: ")
    done = run_straks("answers", "check", str(folder / "absent"))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr

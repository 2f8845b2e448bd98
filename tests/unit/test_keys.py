"""The commands that make and end API keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from straks.accounts.apps import KEY_PREFIX, BadAppError
from straks.cli import app
from straks.records.apps import AppExistsError

Command = Callable[..., Result]


@pytest.fixture
def command(tmp_path: Path) -> Command:
    def run(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["app", *arguments, "--data", str(tmp_path)])

    return run


def test_a_key_is_shown_once_and_ends(command: Command) -> None:
    made = command("add", "helper", "--scope", "answer", "--scope", "message")
    assert made.exit_code == 0, made.output
    key = made.stdout.splitlines()[0]
    assert key.startswith(KEY_PREFIX)
    assert key not in made.stderr
    listed = command("list")
    assert (listed.exit_code, listed.stdout) == (0, "helper  answer message\n")
    assert isinstance(command("add", "helper", "--scope", "answer").exception, AppExistsError)
    gone = command("remove", "helper")
    assert (gone.exit_code, gone.stdout) == (0, "The key of helper is no good any more.\n")
    assert command("list").stdout == ""
    assert isinstance(command("remove", "helper").exception, BadAppError)


def test_mistakes_are_told(command: Command) -> None:
    assert isinstance(command("add", "helper", "--scope", "everything").exception, BadAppError)
    assert isinstance(command("add", "No Name", "--scope", "answer").exception, BadAppError)
    assert command("add", "helper").exit_code == 2

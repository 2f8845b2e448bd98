"""The command line: its options are the settings."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from straks.cli import app
from straks.config import Settings

WIDE = {"COLUMNS": "250", "TERM": "dumb"}


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_every_setting_is_an_option_that_names_its_variable(command: str) -> None:
    shown = CliRunner().invoke(app, [command, "--help"], env=WIDE)
    assert shown.exit_code == 0
    for name in Settings.model_fields:
        assert f"--{name.replace('_', '-')} " in shown.output
        assert f"STRAKS_{name.upper()}]" in shown.output


@pytest.mark.parametrize("command", ["add", "password"])
def test_a_password_cannot_be_an_argument(command: str) -> None:
    name = ["--name", "Bo"] if command == "add" else []
    done = CliRunner().invoke(
        app, ["agent", command, "bo@chat.example", *name, "--password", "seen by all"], env=WIDE
    )
    assert done.exit_code == 2
    assert "--password" in done.output


def test_without_a_command_the_help_is_shown() -> None:
    shown = CliRunner().invoke(app, [], env=WIDE)
    assert "serve" in shown.output
    assert "demo" in shown.output

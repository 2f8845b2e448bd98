"""The command line: its options are the settings."""

from __future__ import annotations

import datetime
from pathlib import Path

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


HOURS = "---\ntitle: Hours\nphrases: [when are you open]\n---\nFrom ten to six.\n"


def test_all_mistakes_in_answers_are_told_with_their_lines(tmp_path: Path) -> None:
    (tmp_path / "hours.md").write_text(HOURS)
    (tmp_path / "again.md").write_text(HOURS.replace("From", "![](x)"))
    (tmp_path / "more").mkdir()
    (tmp_path / "more" / "again.md").write_text(HOURS.replace("title: Hours", "title: ''"))
    done = CliRunner().invoke(app, ["answers", "check", str(tmp_path)], env=WIDE)
    assert done.exit_code == 1
    assert done.stdout == "1 answers, 2 mistakes.\n"
    assert [line.split(": ")[0] for line in done.stderr.splitlines()] == [
        "again.md:5",
        "more/again.md:2",
    ]


def test_answers_that_do_not_hold_today_are_told_and_not_given(tmp_path: Path) -> None:
    (tmp_path / "hours.md").write_text(HOURS)
    old = datetime.date.today() - datetime.timedelta(days=2)
    phrase = "may i park my car"
    (tmp_path / "old.md").write_text(
        HOURS.replace("when are you open", phrase).replace(
            "phrases", f"valid_until: {old}\nphrases"
        )
    )
    done = CliRunner().invoke(app, ["answers", "check", str(tmp_path)], env=WIDE)
    assert done.stdout == "2 answers, 0 mistakes.\n1 of the answers do not hold today.\n"
    asked = CliRunner().invoke(app, ["answers", "ask", str(tmp_path), phrase], env=WIDE)
    assert asked.stdout.startswith("Nothing is given.")
    assert "old" not in asked.stdout

"""What ``deploy/`` says, read as its own programs read it."""

from __future__ import annotations

import ipaddress
import re
import shlex
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any, Final

import yaml

from straks.config import PREFIX, Settings
from tests.support.pages import ROOT
from tests.support.server import run_straks
from tests.support.units import read_unit

__all__ = [
    "DEPLOY",
    "UNITS",
    "allowed_calls",
    "compose",
    "instructions",
    "refused_by_the_command_line",
    "seconds",
    "settings_named",
    "systemd_analyze",
    "unit",
    "upstream",
]

DEPLOY: Final = ROOT / "deploy"
UNITS: Final = ("straks.service", "straks@.service")

_UNIT_SECONDS: Final = {"s": 1, "m": 60, "h": 3600}


def unit(name: str) -> dict[str, list[str]]:
    """Read a unit."""
    return read_unit((DEPLOY / "systemd" / name).read_text())


def compose() -> dict[str, Any]:
    """Read the compose file; what is written once for several services is in each."""
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    return found


def instructions(name: str) -> list[str]:
    """Give what follows each instruction of this name in the Dockerfile."""
    text = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
    return re.findall(rf"^\s*{name} (.*)$", text, re.MULTILINE)


def upstream(name: str) -> list[str]:
    """Give the addresses of nodes in a file of nginx."""
    return re.findall(r"^\s*server ([\w.:]+)", (DEPLOY / "nginx" / name).read_text(), re.MULTILINE)


def settings_named(text: str) -> dict[str, str]:
    """Give every setting of an environment file, those in comments too, in their values."""
    found = re.findall(rf"^#?({PREFIX}\w+)=(.*)$", text, re.MULTILINE)
    return {name: " ".join(shlex.split(value)) for name, value in found}


def unknown(names: Sequence[str] | Mapping[str, object]) -> set[str]:
    """Name the variables that set nothing."""
    return set(names) - {PREFIX + name.upper() for name in Settings.model_fields}


def refused_by_the_command_line(arguments: Sequence[str]) -> str:
    """Tell what ``straks`` has against these arguments; nothing when it knows them all."""
    if list(arguments) == ["--help"]:
        return ""
    done = run_straks(*arguments, "--help")
    return done.stderr if done.returncode else ""


def seconds(text: str) -> float:
    """Read a time as systemd and Docker write it."""
    number, letter = re.fullmatch(r"(\d+)([smh]?)", text.strip()).groups()  # type: ignore[union-attr]  # it is one
    return float(number) * _UNIT_SECONDS.get(letter, 1)


def addresses(network: Mapping[str, Any]) -> list[ipaddress.IPv4Network]:
    """Give the networks that a compose file lays out."""
    return [ipaddress.IPv4Network(each["subnet"]) for each in network["ipam"]["config"]]


def systemd_analyze(*arguments: str) -> str:
    """Run it.

    Raises:
        AssertionError: it found something, or there is none.
    """
    program = shutil.which("systemd-analyze")
    assert program is not None, "systemd is not installed: apt-get install systemd"
    done = subprocess.run(
        [program, "--no-pager", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def allowed_calls(group: str) -> set[str]:
    """Name the system calls of a group, and those of the groups in it."""
    found = set()
    for line in systemd_analyze("syscall-filter", group).splitlines()[1:]:
        word = line.strip()
        if word.startswith("@"):
            found |= allowed_calls(word)
        elif word and not word.startswith("#"):
            found.add(word)
    return found

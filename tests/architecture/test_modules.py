"""Modules stay small, named for one job, and say what they do."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted(
    path
    for folder in ("server", "protocol", "bench")
    for path in (ROOT / folder).rglob("*.py")
    if "static" not in path.parts
)
TYPED = sorted([*SOURCES, *(ROOT / "tests").rglob("*.py"), ROOT / "widget" / "hatch_build.py"])
VAGUE = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}
MAX_LINES = 400


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=named)
def test_module_is_short_and_aptly_named(path: Path) -> None:
    """A module has at most 400 lines and a name that says what it is for."""
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= MAX_LINES, f"{named(path)} has {lines} lines: it is two modules"
    assert path.stem.lower() not in VAGUE


@pytest.mark.parametrize(
    "path", [path for path in SOURCES if path.read_text(encoding="utf-8").strip()], ids=named
)
def test_module_says_its_one_job(path: Path) -> None:
    """The docstring's first line exists."""
    doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    assert doc, f"{named(path)} has no docstring"
    assert doc.splitlines()[0].endswith((".", ":", "?")), named(path)


def test_what_the_type_checker_must_not_see_says_why() -> None:
    """Every such comment has its code and a reason."""
    bare = [
        f"{named(path)}:{number}"
        for path in TYPED
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"#\s?type: ignore(?!\[[a-z, -]+\]  # \w)", line)
    ]
    assert bare == []


def test_version_is_the_changelogs_top_entry() -> None:
    """pyproject, the package and the changelog agree on the version."""
    import straks

    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    top = re.search(r"^## (\S+)", changelog, re.MULTILINE)
    project = re.search(
        r'^version = "([^"]+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert top is not None
    assert project is not None
    assert top[1] == project[1] == straks.__version__

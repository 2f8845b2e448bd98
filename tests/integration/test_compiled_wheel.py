"""A wheel with machine code in it, built as an installer builds it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HELLO = '''"""Says hello."""


class Greeter:
    """Greets."""

    def greet(self, name: str) -> str:
        """Greet somebody."""
        return "hello " + name
'''


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout with one module that is to be compiled, and a front-end that is built."""
    package, static = tmp_path / "server/straks", tmp_path / "server/straks/static"
    for folder in (package, static / "widget", static / "console", tmp_path / "widget/src"):
        folder.mkdir(parents=True)
    (package / "__init__.py").write_text('"""Small."""\n')
    (package / "hello.py").write_text(HELLO)
    for name in ("widget.js", "widget/manifest.json", "console/index.html"):
        (static / name).write_text("built")
    # As in an sdist, whose front-end is not built again.
    (tmp_path / "PKG-INFO").write_text("Metadata-Version: 2.4\nName: small\nVersion: 1\n")
    hook = (ROOT / "server/hatch_build.py").read_text()
    hook = re.sub(
        r"COMPILED = \(.*?\n\)", 'COMPILED = ("server/straks/hello.py",)', hook, flags=re.S
    )
    (tmp_path / "server/hatch_build.py").write_text(hook)
    (tmp_path / "widget/hatch_build.py").write_text((ROOT / "widget/hatch_build.py").read_text())
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "small"\nversion = "1"\n'
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[tool.hatch.build.hooks.custom]\npath = "server/hatch_build.py"\n'
        '[tool.hatch.build.targets.wheel]\npackages = ["server/straks"]\n'
        '[tool.mypy]\nmypy_path = "server"\nexplicit_package_bases = true\n'
    )
    return tmp_path


def build(tree: Path, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel"]
    known = {name: value for name, value in os.environ.items() if not name.startswith("HATCH_")}
    return subprocess.run(
        command, cwd=tree, env={**known, **env}, check=False, capture_output=True, text=True
    )


def test_what_was_compiled_is_what_is_imported(tree: Path) -> None:
    done = build(tree, STRAKS_COMPILE="1")
    assert done.returncode == 0, done.stderr
    (wheel,) = (tree / "dist").iterdir()
    assert not wheel.name.endswith("-none-any.whl")
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(tree / "installed")
    asked = "import straks.hello as m; print(m.__file__); print(m.Greeter().greet('you'))"
    said = subprocess.run(
        [sys.executable, "-c", asked],
        env={**os.environ, "PYTHONPATH": str(tree / "installed")},
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\n")
    assert said[0].startswith(str(tree / "installed"))
    assert said[0].endswith(".so")
    assert said[1] == "hello you"
    assert not list((tree / "server").rglob("*.so"))  # where they would hide what is edited


def test_without_the_request_it_is_a_wheel_for_every_machine(tree: Path) -> None:
    done = build(tree)
    assert done.returncode == 0, done.stderr
    (wheel,) = (tree / "dist").iterdir()
    assert wheel.name.endswith("-none-any.whl")


def test_without_a_compiler_it_says_what_to_install(tree: Path) -> None:
    done = build(tree, STRAKS_COMPILE="1", CC="/nowhere/cc")
    assert done.returncode != 0
    assert "apt-get install gcc python3-dev" in done.stderr + done.stdout
    assert not list(tree.glob("dist/*.whl"))

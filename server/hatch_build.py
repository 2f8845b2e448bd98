"""Builds the packages: with the front-end, and on request with the inner loops as machine code.

Hatchling runs it as a build hook. With ``STRAKS_COMPILE=1`` in the environment a wheel holds,
beside each module of :data:`COMPILED`, what mypyc makes of it; Python then imports that. What they
do is the same, and the tests run in both forms.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from tempfile import TemporaryDirectory
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

COMPILED = (
    "server/straks/accounts/permissions.py",
    "server/straks/answers/responder.py",
    "server/straks/conversation/decide.py",
    "server/straks/conversation/encoding.py",
    "server/straks/conversation/freshness.py",
    "server/straks/conversation/ids.py",
    "server/straks/conversation/lane.py",
    "server/straks/conversation/outcomes.py",
    "server/straks/conversation/service.py",
    "server/straks/edge/flush.py",
    "server/straks/edge/limits.py",
    "server/straks/edge/publishing.py",
    "server/straks/edge/receiver.py",
    "server/straks/edge/session.py",
    "server/straks/edge/subscription.py",
    "server/straks/edge/websocket.py",
    "server/straks/edge/wheel.py",
    "server/straks/hub/frames.py",
    "server/straks/hub/hub.py",
    "server/straks/log/commit.py",
    "server/straks/log/recent.py",
    "server/straks/log/redis/codec.py",
    "server/straks/log/redis/followed.py",
    "server/straks/log/redis/keys.py",
    "server/straks/log/redis/link.py",
    "server/straks/log/redis/log.py",
    "server/straks/routing/policy.py",
    "protocol/straks_protocol/codec.py",
    "protocol/straks_protocol/wire.py",
)
"""What every message passes through.

Not the modules that define msgspec structs, whose options mypyc does not see; nor those that await
something while they handle an exception or leave a block: mypyc 2.4 then lets another task raise
it. In those that are compiled no expression may be ``False`` or a number: mypyc makes ``0`` of it.
"""

COMPILER = ("mypy==2.4.1", "setuptools==84.2.1", "types-pyyaml==6.0.12.20261113")
"""What compiles, beside the packages that the sources import: their types are looked at."""


class CompilerError(Exception):
    """The modules cannot be compiled; the text says why and what to do."""


def is_wanted() -> bool:
    """Whether whoever builds asks for machine code."""
    return os.environ.get("STRAKS_COMPILE", "") not in {"", "0"}


def compile_modules(root: Path, folder: Path) -> dict[str, str]:
    """Compile :data:`COMPILED` into ``folder``; give each file made, and its place in a wheel.

    Raises:
        CompilerError: there is no C compiler, or it fails.
    """
    from mypyc.build import mypycify
    from setuptools import Distribution

    with _inside(root):
        try:
            extensions = mypycify(
                list(COMPILED),
                opt_level="3",
                debug_level="0",
                group_name="straks",
                target_dir=str(folder / "c"),
            )
        except SystemExit as error:
            raise CompilerError("mypyc refuses the sources; what it says is above") from error
        distribution = Distribution({"name": "straks", "ext_modules": extensions})
        command = distribution.get_command_obj("build_ext")
        command.build_lib, command.build_temp = str(folder / "lib"), str(folder / "o")
        command.ensure_finalized()
        try:
            command.run()
        except Exception as error:  # setuptools has a family of them for each compiler
            raise CompilerError(
                f"the inner loops cannot be compiled ({error}): install a C compiler and the "
                "headers of Python (apt-get install gcc python3-dev), or build without "
                "STRAKS_COMPILE"
            ) from error
    made = (folder / "lib").rglob("*.*")
    return {str(path): str(path.relative_to(folder / "lib")) for path in made if path.is_file()}


@contextmanager
def _inside(root: Path) -> Iterator[None]:
    """Work in ``root``, where mypy finds its settings; what is printed goes to stderr."""
    before, out = Path.cwd(), sys.stdout
    os.chdir(root)
    sys.stdout = sys.stderr
    try:
        yield
    finally:
        sys.stdout = out
        os.chdir(before)


def _load() -> ModuleType:
    path = Path(__file__).parent.parent / "widget" / "hatch_build.py"
    spec = spec_from_file_location("front_end", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_front_end: Any = _load()


class PackageHook(_front_end.FrontEndHook):  # type: ignore[misc]  # of a file that no package holds
    """What hatchling calls, for the sdist, the wheel and an editable install alike."""

    def compiles(self) -> bool:
        """Whether this build makes machine code: a wheel does, an editable install never."""
        return bool(self.target_name == "wheel" and is_wanted())

    def dependencies(self) -> list[str]:
        """What the front-end needs; with a compiler, that and all that the sources import."""
        if not self.compiles():
            return list(super().dependencies())
        return [*super().dependencies(), *COMPILER, *self.metadata.core.dependencies]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        super().initialize(version, build_data)
        if self.compiles() and version == "standard":
            self._folder = TemporaryDirectory()
            made = compile_modules(Path(self.root), Path(self._folder.name))
            build_data["force_include"].update(made)
            build_data["pure_python"] = False
            build_data["infer_tag"] = True

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if hasattr(self, "_folder"):
            self._folder.cleanup()


def get_build_hook() -> type[PackageHook]:
    """What hatchling asks for where a file has several hooks."""
    return PackageHook

"""What of the packages is compiled, and by what."""

from __future__ import annotations

import ast
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

ROOT = Path(__file__).parents[3]


def load() -> ModuleType:
    spec = spec_from_file_location("package_build", ROOT / "server/hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


build = load()


@pytest.mark.parametrize("path", build.COMPILED)
def test_no_compiled_module_defines_structs(path: str) -> None:
    """Mypyc does not see what msgspec makes of a class."""
    tree = ast.parse((ROOT / path).read_text())
    bases = {
        ast.unparse(base)
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
        for base in node.bases
    }
    assert not bases & {"Struct", "msgspec.Struct"}


@pytest.mark.parametrize("path", build.COMPILED)
def test_no_compiled_module_awaits_while_it_handles_an_exception(path: str) -> None:
    """Mypyc would leave the exception behind, and another task would raise it."""
    handling: list[ast.AST] = []
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        if isinstance(node, ast.Try | ast.TryStar):
            handling += [*node.handlers, *node.finalbody]
        elif isinstance(node, ast.AsyncWith | ast.AsyncFor):
            pytest.fail(f"line {node.lineno}: it awaits where it leaves the block")
    waits = [inner for node in handling for inner in ast.walk(node) if isinstance(inner, ast.Await)]
    assert not waits, f"line {waits[0].lineno}"


@pytest.mark.parametrize("name", build.COMPILER)
def test_the_compiler_is_the_one_that_is_locked(name: str) -> None:
    assert f"\n{name} \\" in (ROOT / "requirements-dev.lock").read_text()


@pytest.mark.parametrize(
    ("value", "wanted"), [(None, False), ("", False), ("0", False), ("1", True)]
)
def test_it_is_compiled_on_request(
    monkeypatch: pytest.MonkeyPatch, value: str | None, wanted: bool
) -> None:
    monkeypatch.delenv("STRAKS_COMPILE", raising=False)
    if value is not None:
        monkeypatch.setenv("STRAKS_COMPILE", value)
    assert build.is_wanted() is wanted


@pytest.mark.parametrize(("target", "sees"), [("wheel", True), ("sdist", False)])
def test_the_compiler_sees_what_the_sources_import(
    monkeypatch: pytest.MonkeyPatch, target: str, sees: bool
) -> None:
    monkeypatch.setenv("STRAKS_COMPILE", "1")
    metadata = SimpleNamespace(core=SimpleNamespace(dependencies=["msgspec>=0.22"]))
    hook = build.PackageHook(str(ROOT), {}, None, metadata, str(ROOT), target)
    assert ("msgspec>=0.22" in hook.dependencies()) is sees
    assert set(build.COMPILER) <= set(hook.dependencies()) or not sees

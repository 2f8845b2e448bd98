"""The package gives its public names, and imports nothing that it may not."""

from __future__ import annotations

import ast
import importlib
from pathlib import Path

import pytest

import straks_protocol

FOLDER = Path(straks_protocol.__file__).parent
MODULES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem != "__init__")
BY_MODULE_ONLY = {
    "channels": {"app", "conversation", "desk", "inbox", "parse"},
    "shapes": None,
    "wire": None,
}
"""Names that say too little without their module's, the codecs' inner parts, and what
fields are made of."""
ALLOWED = {
    *(
        "__future__",
        "abc",
        "collections",
        "dataclasses",
        "enum",
        "itertools",
        "math",
        "operator",
        "re",
    ),
    *("typing", "msgpack", "msgspec", "orjson"),
}


@pytest.mark.parametrize("name", MODULES)
def test_public_names_of_a_module_are_the_packages(name: str) -> None:
    module = importlib.import_module(f"straks_protocol.{name}")
    hidden = BY_MODULE_ONLY.get(name, set())
    if hidden is not None:
        assert set(module.__all__) - hidden <= set(straks_protocol.__all__)
    assert all(hasattr(module, public) for public in module.__all__)


def test_every_name_is_there_once() -> None:
    assert len(set(straks_protocol.__all__)) == len(straks_protocol.__all__)
    assert all(hasattr(straks_protocol, name) for name in straks_protocol.__all__)


@pytest.mark.parametrize("name", [*MODULES, "__init__"])
def test_modules_are_pure(name: str) -> None:
    """No socket, no task, no clock, no randomness, no logger: they would come by an import."""
    tree = ast.parse((FOLDER / f"{name}.py").read_text(encoding="utf-8"))
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            imported.add(str(node.module).partition(".")[0])
    assert imported <= ALLOWED

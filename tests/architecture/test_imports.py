"""The import direction of DESIGN §3 holds."""

from __future__ import annotations

from pathlib import Path

from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parents[2]


def test_rooms_import_only_what_they_may(capsys) -> None:  # type: ignore[no-untyped-def]
    """Every contract of pyproject.toml's importlinter table is kept."""
    status = lint_imports(config_filename=str(ROOT / "pyproject.toml"), cache_dir=None)
    assert status == 0, capsys.readouterr().out

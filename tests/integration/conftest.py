"""What tests of the whole server share."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.machine import Machine
from tests.support.wheel import make_wheel


@dataclass(frozen=True, slots=True)
class Release:
    """The package, and where it was installed as ``docs/one-node.md`` says."""

    wheel: Path
    installed: Path


@pytest.fixture(scope="session")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The server as a package, installed."""
    wheel = make_wheel(tmp_path_factory.mktemp("wheel"))
    machine = Machine(tmp_path_factory.mktemp("release"), wheel=wheel)
    machine.type_section("one-node", "Install")
    return Release(wheel, machine.path("/opt/straks"))

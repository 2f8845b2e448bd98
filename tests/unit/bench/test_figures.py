"""Figures."""

from __future__ import annotations

import json

import pytest

from bench.figures import show


def test_the_last_line_is_the_last_row_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    show([{"scenario": "peer", "rate": 1}, {"scenario": "edge", "rate": 2.5}], as_json=True)
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"scenario": "edge", "rate": 2.5}

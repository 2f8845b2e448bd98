"""Figures."""

from __future__ import annotations

import json

import pytest

from bench.figures import show


def test_the_last_line_is_the_last_row_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    show([{"scenario": "peer", "rate": 1}, {"scenario": "edge", "rate": 2.5}], as_json=True)
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"scenario": "edge", "rate": 2.5}


def test_what_is_too_wide_for_the_terminal_is_a_table_for_each(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = [f"the {number}. case" for number in range(9)]
    rows = [{"case": case, "right": 1} for case in cases]
    for columns, tables in ((80, 9), (200, 1)):
        monkeypatch.setenv("COLUMNS", str(columns))
        show(rows, as_json=False)
        out = capsys.readouterr().out
        assert out.count("┌") == tables
        assert all(case in out for case in cases)
        assert max(map(len, out.splitlines())) <= columns

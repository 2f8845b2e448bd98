"""Codes are those of PROTOCOL.md, and close codes say whether to come back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from straks_protocol import TEMPORARY, CloseCode, ErrorCode, may_reconnect

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "protocol" / "PROTOCOL.md").read_text(encoding="utf-8")
WIDGET = (ROOT / "widget" / "src" / "protocol" / "codes.ts").read_text(encoding="utf-8")


def section(number: int) -> str:
    found = re.search(rf"^## {number}\. .*?(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[0]


def test_the_page_lists_every_error_and_which_are_temporary() -> None:
    listed = {}
    for line in section(7).splitlines():
        cells = [cell.strip() for cell in line.split("|")]
        if len(cells) == 6 and "`" in cells[1]:
            for code in re.findall(r"`(\w+)`", cells[1]):
                listed[code] = cells[3] == "yes"
    assert set(listed) == set(ErrorCode)
    assert {code for code, temporary in listed.items() if temporary} == TEMPORARY


def test_the_page_lists_every_close_code_of_this_protocol() -> None:
    listed = {int(code) for code in re.findall(r"^\| (\d{4}) \|", section(8), re.MULTILINE)}
    assert listed == set(CloseCode)


def test_what_frames_may_be_refused_with_is_in_the_list_of_errors() -> None:
    named = set()
    for errors in re.findall(r"^Errors: (.*?)(?=^$|^#)", section(3), re.MULTILINE | re.DOTALL):
        # In brackets stands what the errors are followed by.
        named |= set(re.findall(r"`([a-z_]+)`", re.sub(r"\([^)]*\)", "", errors)))
    assert named
    assert named <= set(ErrorCode)


def test_the_widget_knows_the_same_close_codes() -> None:
    found = {
        name: int(code) for name, code in re.findall(r"^export const (\w+) = (\d+);", WIDGET, re.M)
    }
    assert found == {code.name: code.value for code in CloseCode}


def test_the_widget_resends_after_the_same_errors() -> None:
    assert words("TEMPORARY") == TEMPORARY
    assert words("CREDENTIALS") < set(ErrorCode)


def words(name: str) -> set[str]:
    """The strings of a set of codes.ts."""
    found = re.search(rf"const {name}: ReadonlySet<string> = new Set\(\[(.*?)\]\)", WIDGET, re.S)
    assert found is not None
    return set(re.findall(r'"(\w+)"', found[1]))


@pytest.mark.parametrize("code", [1000, 1001, 1005, 1006, 1011, 1012, 4000, 4005, 4499])
def test_these_codes_ask_to_come_back(code: int) -> None:
    assert may_reconnect(code)


@pytest.mark.parametrize("code", [1002, 1007, 1009, 4500, 4501, 4999])
def test_these_codes_ask_to_stay_away(code: int) -> None:
    assert not may_reconnect(code)

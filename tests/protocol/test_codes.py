"""Codes are those of PROTOCOL.md, and close codes say whether to come back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from straks_protocol import TEMPORARY, CloseCode, ErrorCode, may_reconnect

PAGE = (Path(__file__).resolve().parents[2] / "protocol" / "PROTOCOL.md").read_text()


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
    assert listed == set(CloseCode) - {CloseCode.NORMAL, CloseCode.PROTOCOL_ERROR}


@pytest.mark.parametrize("code", [1000, 1001, 1005, 1006, 1011, 1012, 4000, 4005, 4499])
def test_these_codes_ask_to_come_back(code: int) -> None:
    assert may_reconnect(code)


@pytest.mark.parametrize("code", [1002, 1007, 1009, 4500, 4501, 4999])
def test_these_codes_ask_to_stay_away(code: int) -> None:
    assert not may_reconnect(code)

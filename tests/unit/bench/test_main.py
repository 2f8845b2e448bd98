"""The bench's command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bench.__main__ import parse

ROOT = Path(__file__).resolve().parents[3]


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["everything"],
        ["turn", "--backend", "paper"],
        ["turn", "--seconds", "0"],
        ["ask", "--rate", "-1"],
        ["edge", "--rate", "fast"],
        ["age", "--stored", "99"],
        ["mixed", "--minutes", "0"],
        ["soak", "--idle", "-1"],
        ["replay"],
        ["replay", "chats.jsonl", "--visitors", "0"],
        ["replay", "chats.jsonl", "--limit", "0"],
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(arguments)
    assert ended.value.code == 2


def test_every_scenario_takes_the_common_options() -> None:
    common = ["--backend", "redis", "--seconds", "2", "--rate", "5", "--json"]
    for scenario in (["turn"], ["ask"], ["edge"], ["replay", "chats.jsonl"]):
        options = parse([*scenario, *common])
        assert (options.backend, options.seconds, options.rate) == ("redis", 2.0, 5.0)
        assert options.json


@pytest.mark.parametrize("content", [None, "{\n"])
def test_a_file_that_cannot_be_replayed_is_one_sentence_and_exit_code_2(
    tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "chats.jsonl"
    if content is not None:
        file.write_text(content)
    ended = subprocess.run(
        [sys.executable, "-m", "bench", "replay", str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    assert str(file) in ended.stderr
    assert len(ended.stderr.splitlines()) == 1

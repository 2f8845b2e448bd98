"""The whole measurement, of a small file."""

from __future__ import annotations

from argparse import Namespace
from pathlib import Path

from bench.answers.questions import LANGUAGES
from bench.scenarios import answers

WORDS = {"card": "my card has not come", "rate": "the rate for euros", "phone": "i lost my phone"}


async def test_every_case_has_a_row(tmp_path: Path) -> None:
    lines = [f"{text} {n},{name}" for name, text in WORDS.items() for n in range(10)]
    file = tmp_path / "questions.csv"
    file.write_text("\n".join(["text,category", *lines]), encoding="utf-8")
    rows = await answers.run(Namespace(file=file, seeds=1))
    few, (unknown, choices, many), languages = rows[:4], rows[4:7], rows[7:]
    assert [row["case"].split()[0] for row in few] == ["all", "10", "5", "1"]
    assert all(row["right_percent"] == 100.0 for row in few[:3])
    assert unknown["known_answered_percent"] > 0
    assert 0 <= choices["unknown_choice_percent"] <= 100
    assert 0 <= choices["known_choice_percent"] <= 100
    assert many["right_percent"] > 90
    assert 0 < many["match_p50_ms"] <= many["match_p99_ms"]
    assert [row["case"].split()[-1] for row in languages] == list(LANGUAGES)
    assert all(row["right_percent"] >= 85 for row in languages)
    assert all(row["language_percent"] >= 97 for row in languages)
    assert all(0 < row["hard_right_percent"] < row["right_percent"] for row in languages)

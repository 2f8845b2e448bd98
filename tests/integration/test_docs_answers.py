"""What the page about answer files shows and lists is what they are."""

from __future__ import annotations

import re
from pathlib import Path

from straks.answers import source
from tests.support.safe_html import elements
from tests.support.server import run_straks

PAGE = Path(__file__).resolve().parents[2] / "docs" / "answers.md"
TEXT = PAGE.read_text(encoding="utf-8")


def example() -> str:
    (found,) = re.findall(r"^```markdown\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)
    return str(found)


def test_the_example_has_no_mistake(tmp_path: Path) -> None:
    (tmp_path / "hang-the-lamp.md").write_text(example(), encoding="utf-8")
    done = run_straks("answers", "check", str(tmp_path))
    assert (done.returncode, done.stderr) == (0, "")


def test_the_example_is_what_the_page_says() -> None:
    answer = source.parse("hang-the-lamp.md", example().encode())
    assert answer.guide is not None
    assert [step.title for step in answer.guide.steps] == [
        "Switch the power off",
        "Screw the bracket to the ceiling",
        "Connect the wires",
    ]
    assert {"img", "video"} <= {tag for tag, _ in elements(answer.html)}


def test_the_table_has_every_key_and_no_other() -> None:
    cells = re.findall(r"^\| (`\w.*?) \|", TEXT, re.MULTILINE)
    assert set(re.findall(r"`(\w+)`", " ".join(cells))) == source.KEYS

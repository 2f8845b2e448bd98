"""What the page about personal answers shows works as written."""

from __future__ import annotations

import re
from pathlib import Path

from tests.support.server import run_straks

PAGE = Path(__file__).resolve().parents[2] / "docs/personal-answers.md"


def block(language: str) -> str:
    """Give the one block in this language."""
    (found,) = re.findall(rf"```{language}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return str(found)


def test_the_answer_file_and_the_operators_file_go_together(tmp_path: Path) -> None:
    folder, file = tmp_path / "answers", tmp_path / "business.yaml"
    folder.mkdir()
    (folder / "order.md").write_text(block("markdown"), "utf-8")
    file.write_text(block("yaml"), "utf-8")
    check = ("answers", "check", str(folder), "--variables", str(file))
    done = run_straks(*check)
    assert (done.returncode, done.stdout) == (0, "1 answers, 0 mistakes.\n")
    file.write_text(block("yaml").replace("order_status", "status"), "utf-8")
    done = run_straks(*check)
    assert (done.returncode, done.stdout) == (1, "0 answers, 1 mistakes.\n")
    assert done.stderr.startswith("order.md:8: there is no look-up 'order_status'")

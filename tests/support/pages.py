"""The pages of ``docs/``: what they tell people to type."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

__all__ = ["ROOT", "commands", "page"]

ROOT: Final = Path(__file__).resolve().parents[2]

_BLOCK: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def page(name: str) -> dict[str, str]:
    """Give the sections of a page by their headings, of whatever level."""
    text = (ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8")
    # A comment of a shell block looks like a heading.
    hidden = _BLOCK.sub(lambda found: found[0].replace("\n#", "\n\0"), text)
    parts = re.split(r"^#+ (.*)\n", hidden, flags=re.MULTILINE)
    return {
        heading.strip(): body.replace("\0", "#")
        for heading, body in zip(parts[1::2], parts[2::2], strict=True)
    }


def commands(name: str, heading: str) -> list[str]:
    """Give the shell blocks of a section, in order.

    Raises:
        AssertionError: there is no such section, or nothing to type in it.
    """
    sections = page(name)
    assert heading in sections, f"docs/{name}.md has no section {heading!r}: {list(sections)}"
    found = [text for language, text in _BLOCK.findall(sections[heading]) if language == "sh"]
    assert found, f"there is nothing to type in section {heading!r} of docs/{name}.md"
    return found

"""The pages of ``docs/``: what they tell people to type."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

__all__ = ["ROOT", "broken_links", "commands", "page"]

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


def broken_links(path: Path) -> list[str]:
    """Give the links of a page to files or sections of the project that are not there."""
    broken = []
    for link in re.findall(r"\]\((?!\w+:)([^)\s]+)\)", path.read_text(encoding="utf-8")):
        name, _, section = link.partition("#")
        target = path.parent / name if name else path
        if not target.exists() or (section and section not in _anchors(target)):
            broken.append(link)
    return broken


def _anchors(path: Path) -> set[str]:
    """Name the sections of a page as links do."""
    text = _BLOCK.sub("", path.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each).strip().lower().replace(" ", "-") for each in headings}

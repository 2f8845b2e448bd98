"""How people of a language talk whatever it is about.

A matcher learns from these lines what none of its answers is about: openers like "how do I",
fillers, small talk. There need not be any for a language; it then declines a little less well.
"""

from __future__ import annotations

from importlib import resources

from straks.answers import languages
from straks.answers.text import clean

__all__ = ["lines"]


def lines(lang: str) -> list[str]:
    """Give the cleaned lines for a language."""
    file = resources.files("straks.answers").joinpath("background", f"{languages.base(lang)}.txt")
    if not file.is_file():
        return []
    source = file.read_text(encoding="utf-8").splitlines()
    return [clean(line) for line in source if line and not line.startswith("#")]

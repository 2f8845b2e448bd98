"""Writing into a file's front matter, without touching the rest of the file."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Final

import yaml

from straks.answers import front_matter
from straks.answers.front_matter import FrontMatterError

__all__ = ["stamp"]

_LINES: Final = re.compile(r"[^\r\n]*(?:\r\n?|\n|\Z)")
_END: Final = re.compile(r"[\r\n]*\Z")
_PLAIN: Final = re.compile(r"[^\W_](?:[\w .'-]*[\w.])?")
"""Values that mean themselves in YAML without quotes."""


def stamp(source: str, values: Mapping[str, str]) -> str:
    """Set values of a file's front matter, each one line; everything else stays byte for byte.

    Raises:
        FrontMatterError: it is written so that they cannot be set; ``source`` itself can be read.
    """
    for name, value in values.items():
        source = _set(source, name, _scalar(value))
    return source


def _set(source: str, name: str, scalar: str) -> str:
    front = front_matter.split(source.removeprefix("\ufeff")).front
    try:
        root = yaml.compose(front, Loader=yaml.SafeLoader)
    except yaml.YAMLError:
        root = None  # what was set already stands behind the end of the YAML, a line of "..."
    if not isinstance(root, yaml.MappingNode) or root.flow_style:
        raise FrontMatterError(2, "write the front matter as 'key: value' lines, one for each key")
    lines = _LINES.findall(source)
    for key, value in root.value:
        if key.value == name:
            return _replaced(lines, name, key, value, scalar)
    # Line 0 of ``front`` stands for the fence, so the closing one comes after the last.
    closing = front.count("\n") + 1
    line_end = _end(lines[0])
    lines.insert(closing, f"{' ' * root.start_mark.column}{name}: {scalar}{line_end}")
    return "".join(lines)


def _replaced(lines: list[str], name: str, key: yaml.Node, value: yaml.Node, scalar: str) -> str:
    first, last = value.start_mark, value.end_mark
    if first.index < key.end_mark.index:
        # An alias: the value stands elsewhere, as that of another key.
        raise FrontMatterError(key.start_mark.line + 1, f"'{name}' must be a single text")
    before = "".join(lines[: first.line]) + lines[first.line][: first.column]
    after = lines[last.line][last.column :] + "".join(lines[last.line + 1 :])
    if first.index == last.index:
        scalar = f" {scalar}"  # nothing stood there, perhaps not even a space
    elif last.column == 0:
        scalar += _end(lines[first.line])  # a block ends with its line
    return before + scalar + after


def _end(line: str) -> str:
    found = _END.search(line)
    return found.group() if found is not None else ""


def _scalar(value: str) -> str:
    return value if _PLAIN.fullmatch(value) else json.dumps(value, ensure_ascii=False)

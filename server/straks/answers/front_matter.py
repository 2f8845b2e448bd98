"""YAML front matter, read with the line of every value.

Values are kept as they are written: ``lang: no`` is Norwegian, not false.
"""

from __future__ import annotations

import re
from collections.abc import Set
from dataclasses import dataclass
from typing import Final

import yaml

__all__ = ["Document", "Field", "FrontMatterError", "fields", "split"]

_FENCE: Final = "---"
_BREAK: Final = re.compile(r"\r\n?|\n")


class FrontMatterError(Exception):
    """The front matter cannot be used; ``line`` counts from 1 in the whole file."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


@dataclass(frozen=True, slots=True)
class Document:
    """A file in its two parts."""

    front: str
    """The YAML, with one empty line in place of the fence, so that its lines count from 1."""
    body: str
    body_line: int


@dataclass(frozen=True, slots=True)
class Field:
    """A value of the front matter with where it stands."""

    name: str
    line: int
    node: yaml.Node

    def scalar(self) -> str:
        """The value as a single text.

        Raises:
            FrontMatterError: it is a list or a mapping.
        """
        if not isinstance(self.node, yaml.ScalarNode):
            raise FrontMatterError(self.line, f"'{self.name}' must be a single text")
        return str(self.node.value)

    def items(self) -> list[tuple[str, int]]:
        """The value as a list of texts with their lines; a value left empty is an empty list.

        Raises:
            FrontMatterError: it is anything else.
        """
        if isinstance(self.node, yaml.ScalarNode) and not self.node.value:
            return []
        if not isinstance(self.node, yaml.SequenceNode):
            raise FrontMatterError(self.line, f"'{self.name}' must be a list")
        items: list[tuple[str, int]] = []
        for node in self.node.value:
            line = node.start_mark.line + 1
            if not isinstance(node, yaml.ScalarNode):
                raise FrontMatterError(
                    line, f"'{self.name}' must be a list of texts; put quotes around this one"
                )
            items.append((node.value.strip(), line))
        return items


def split(source: str) -> Document:
    """Part a file's front matter from its body.

    Raises:
        FrontMatterError: it does not start with front matter, or that never ends.
    """
    lines = _BREAK.split(source)
    if lines[0].rstrip() != _FENCE:
        raise FrontMatterError(1, f"must start with front matter between two lines of {_FENCE}")
    for number, line in enumerate(lines[1:], start=2):
        if line.rstrip() == _FENCE:
            front = "\n".join(["", *lines[1 : number - 1]])
            return Document(front, "\n".join(lines[number:]), number + 1)
    raise FrontMatterError(1, f"the front matter has no closing line of {_FENCE}")


def fields(front: str, *, known: Set[str]) -> dict[str, Field]:
    """Read the YAML of a front matter.

    Raises:
        FrontMatterError: it is not YAML, not a mapping, or has a key twice or one not ``known``.
    """
    root = _compose(front)
    if root is None:
        return {}
    if not isinstance(root, yaml.MappingNode):
        raise FrontMatterError(
            root.start_mark.line + 1, "the front matter must be 'key: value' lines"
        )
    found: dict[str, Field] = {}
    for key, value in root.value:
        line = key.start_mark.line + 1
        name = str(key.value)
        if not isinstance(key, yaml.ScalarNode) or name not in known:
            raise FrontMatterError(
                line, f"unknown key {name[:40]!r}; known are {', '.join(sorted(known))}"
            )
        if name in found:
            raise FrontMatterError(line, f"'{name}' is there twice")
        found[name] = Field(name, line, value)
    return found


def _compose(front: str) -> yaml.Node | None:
    try:
        node: yaml.Node | None = yaml.compose(front, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark is not None else 1
        raise FrontMatterError(line, f"not YAML: {error.problem or error.context}") from error
    except yaml.reader.ReaderError as error:
        line = front.count("\n", 0, error.position) + 1
        raise FrontMatterError(line, "not YAML: a control character") from error
    except (ValueError, OverflowError, RecursionError) as error:
        # PyYAML lets these through for absurd escapes, version numbers or nesting.
        raise FrontMatterError(1, "not YAML that can be read") from error
    return node

"""What an answer asks of a visitor, and what of it is left to ask."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml

from straks.answers import languages
from straks.answers.front_matter import Field, FrontMatterError

__all__ = ["Asked", "asked", "is_known", "left_to_ask"]

MAX_FIELDS: Final = 10
MAX_LABEL: Final = 80

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,31}", re.ASCII)
_TYPES: Final = ("text", "email", "tel", "number", "date")
_KEYS: Final = frozenset({"name", "label", "type", "optional"})
_YES: Final = {"yes": True, "true": True, "no": False, "false": False}
_OWN_TYPES: Final = {"email": "email", "phone": "tel"}
_SURE: Final = frozenset({"email", "name"})
"""What earlier conversations say of these still holds."""
_LABELS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {"email": "Your email address", "name": "Your name", "phone": "Your phone number"},
    "sv": {"email": "Din e-postadress", "name": "Ditt namn", "phone": "Ditt telefonnummer"},
    "da": {"email": "Din e-mailadresse", "name": "Dit navn", "phone": "Dit telefonnummer"},
    "nb": {"email": "E-postadressen din", "name": "Navnet ditt", "phone": "Telefonnummeret ditt"},
    "nl": {"email": "Je e-mailadres", "name": "Je naam", "phone": "Je telefoonnummer"},
    "pl": {"email": "Twój adres e-mail", "name": "Twoje imię", "phone": "Twój numer telefonu"},
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A fact that an answer needs of the visitor."""

    name: str
    label: str
    type: str = "text"
    optional: bool = False


def asked(field: Field | None, lang: str) -> tuple[Asked, ...]:
    """Read the ``ask`` of an answer in the language ``lang``.

    Raises:
        FrontMatterError: it is no list of fields.
    """
    if field is None:
        return ()
    if not isinstance(field.node, yaml.SequenceNode) or not field.node.value:
        raise FrontMatterError(field.line, "'ask' must be a list of fields")
    found: dict[str, Asked] = {}
    for node in field.node.value:
        line = node.start_mark.line + 1
        each = _field(node, line, lang)
        if each.name in found:
            raise FrontMatterError(line, f"'ask' has {each.name!r} twice")
        if len(found) == MAX_FIELDS:
            raise FrontMatterError(line, f"'ask' has more than {MAX_FIELDS} fields")
        found[each.name] = each
    return tuple(found.values())


def is_known(name: str, facts: Collection[str], earlier: Collection[str]) -> bool:
    """Tell whether a fact needs no asking; one that only earlier conversations said may be old."""
    return name in facts and (name in _SURE or name not in earlier)


def left_to_ask(
    fields: Sequence[Asked], facts: Mapping[str, str], earlier: Collection[str], *, again: bool
) -> list[dict[str, Any]]:
    """Give the form that asks for what is not known (PROTOCOL.md §6); empty: all is.

    ``earlier``: the facts that only earlier conversations have said. ``again``: the visitor has
    filled in a form of this answer; what may be left empty is not asked for once more.
    """
    return [
        _shown(field, facts.get(field.name))
        for field in fields
        if not is_known(field.name, facts, earlier) and not (again and field.optional)
    ]


def _shown(field: Asked, value: str | None) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": field.name, "label": field.label, "type": field.type}
    if value is not None:
        shown["value"] = value
    if field.optional:
        shown["optional"] = True
    return shown


def _field(node: yaml.Node, line: int, lang: str) -> Asked:
    if isinstance(node, yaml.ScalarNode):
        return _made(line, lang, {"name": str(node.value).strip()})
    if not isinstance(node, yaml.MappingNode):
        raise FrontMatterError(line, "a field of 'ask' is a name, or 'name: label'")
    given: dict[str, str] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode) or not isinstance(value, yaml.ScalarNode):
            raise FrontMatterError(key.start_mark.line + 1, "a field of 'ask' has texts only")
        given[str(key.value)] = str(value.value).strip()
    if len(given) == 1:
        ((name, label),) = given.items()
        return _made(line, lang, {"name": name, "label": label})
    for name in given.keys() - _KEYS:
        known = ", ".join(sorted(_KEYS))
        raise FrontMatterError(line, f"unknown key {name[:40]!r} in 'ask'; known are {known}")
    return _made(line, lang, given)


def _made(line: int, lang: str, given: Mapping[str, str]) -> Asked:
    name = given.get("name", "")
    if not _NAME.fullmatch(name):
        message = f"a field's name has 1 to 32 of a-z, 0-9 and _, a letter first: {name[:40]!r}"
        raise FrontMatterError(line, message)
    label = given.get("label") or _LABELS.get(languages.base(lang), {}).get(name)
    if label is None:
        raise FrontMatterError(line, f"no label: what is {name!r} called? Write '{name}: …'")
    if not label.isprintable() or len(label) > MAX_LABEL:
        raise FrontMatterError(line, f"a label is one line of 1 to {MAX_LABEL} characters")
    kind = given.get("type", _OWN_TYPES.get(name, "text"))
    if kind not in _TYPES:
        raise FrontMatterError(line, f"'type' is one of {', '.join(_TYPES)}, not {kind[:40]!r}")
    optional = _YES.get(given.get("optional", "no").lower())
    if optional is None:
        raise FrontMatterError(line, "'optional' is yes or no")
    return Asked(name, label, kind, optional)

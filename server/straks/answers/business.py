"""What the operator tells of the business: values, opening hours, look-ups."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final
from urllib.parse import urlsplit

import msgspec
import yaml
from msgspec import Meta, Struct

from straks.answers.answer import Answer
from straks.answers.files import AnswerBook
from straks.answers.hours import HOURS, HoursError, OpeningHours
from straks.answers.lookup import Lookup
from straks.answers.source import AnswerFileError
from straks.answers.variables import MAX_VALUE, filled, missing, templated
from straks.errors import StartError

__all__ = ["Business", "look_at"]

MAX_FILE: Final = 64 * 1024

_Name = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,31}\Z")]
_Seconds = Annotated[float, Meta(gt=0, le=30)]


class _LookupFile(Struct, forbid_unknown_fields=True):
    url: Annotated[str, Meta(max_length=2048)]
    secret: Annotated[str, Meta(min_length=16, max_length=1000)] | None = None
    seconds: _Seconds = 2.0
    sends: Annotated[list[_Name], Meta(max_length=20)] = []


class _File(Struct, forbid_unknown_fields=True):
    variables: Annotated[dict[_Name, str], Meta(max_length=200)] = {}
    opening_hours: Annotated[dict[str, str], Meta(max_length=100)] = {}
    lookups: Annotated[dict[_Name, _LookupFile], Meta(max_length=50)] = {}


@dataclass(frozen=True, slots=True)
class Business:
    """What fills in answers whoever asks."""

    values: Mapping[str, str] = field(default_factory=dict)
    hours: OpeningHours | None = None
    lookups: Mapping[str, Lookup] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> Business:
        """Read the operator's file.

        Raises:
            StartError: it cannot be read, or used.
        """
        try:
            with path.open("rb") as stream:
                raw = stream.read(MAX_FILE + 1)
        except OSError as error:
            raise StartError(f"{path} cannot be read: {error.strerror}.") from error
        try:
            return cls._of(raw)
        except _MistakeError as mistake:
            raise StartError(f"{path}: {mistake}.") from None

    @classmethod
    def _of(cls, raw: bytes) -> Business:
        if len(raw) > MAX_FILE:
            raise _MistakeError(f"larger than {MAX_FILE // 1024} KiB")
        try:
            # Every value is kept as it is written.
            written = yaml.load(raw, Loader=yaml.BaseLoader)  # it makes texts only
            file = msgspec.convert(written or {}, _File, strict=False)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise _MistakeError(f"line {line}: not YAML: {error.problem}") from None
        except msgspec.ValidationError as error:
            # It names the place and not the value, which may be a secret.
            raise _MistakeError(str(error)) from None
        except (yaml.YAMLError, ValueError, RecursionError):
            raise _MistakeError("not YAML that can be read") from None
        for name, value in file.variables.items():
            if not value.isprintable() or not 1 <= len(value) <= MAX_VALUE:
                raise _MistakeError(f"{name}: one line of 1 to {MAX_VALUE} characters")
            if name in HOURS:
                raise _MistakeError(f"{name}: the opening hours give it")
        try:
            hours = OpeningHours.read(file.opening_hours) if file.opening_hours else None
        except HoursError as error:
            raise _MistakeError(f"opening_hours: {error}") from None
        lookups = {name: _lookup(name, each) for name, each in file.lookups.items()}
        return cls(file.variables, hours, lookups)

    def settled(self, book: AnswerBook) -> AnswerBook:
        """Fill its own values in, and leave out answers that nobody could ever fill in."""
        answers: list[Answer] = []
        errors = list(book.errors)
        for answer in book.answers:
            mistake = self.mistake(answer)
            if mistake is None:
                answers.append(self._filled(answer))
            else:
                errors.append(mistake)
        errors.sort(key=lambda error: (error.file, error.line))
        return AnswerBook(tuple(answers), tuple(errors))

    def mistake(self, answer: Answer) -> AnswerFileError | None:
        """Tell what of an answer nobody could ever fill in, if anything."""
        return next(self._mistakes(answer), None)

    def now(self, at: float, lang: str) -> Mapping[str, str]:
        """Give the values that change with the time."""
        return {} if self.hours is None else self.hours.values(at, lang)

    def _mistakes(self, answer: Answer) -> Iterator[AnswerFileError]:
        if answer.lookup is not None:
            if answer.lookup not in self.lookups:
                message = f"there is no look-up {answer.lookup!r}; the operator's file names them"
                yield AnswerFileError(answer.file, answer.lookup_line, message)
            return  # its result may have any name
        known = {*self.values, *(each.name for each in answer.ask if not each.optional)}
        if self.hours is not None:
            known |= HOURS
        for variable in missing(answer.template or answer, known):
            message = (
                f"nobody knows {{{{{variable.name}}}}} for certain: ask for it, give it in the "
                f"operator's file, or write {{{{{variable.name}|what stands there then}}}}"
            )
            yield AnswerFileError(answer.file, variable.line, message)

    def _filled(self, answer: Answer) -> Answer:
        template = answer.template
        if template is None:
            return answer
        asked = {each.name for each in answer.ask}
        own = {name: value for name, value in self.values.items() if name not in asked}
        partly = filled(template, own)
        if all(variable.name in own for variable in template.variables):
            return dataclasses.replace(partly, variables=())
        return templated(partly)


def look_at(path: Path) -> frozenset[tuple[str, int, int, int]]:
    """Tell the operator's file apart from what it was or will be."""
    try:
        status = path.stat()
    except OSError:
        return frozenset({(str(path), 0, 0, 0)})  # it is told of when it is read
    return frozenset({(str(path), status.st_mtime_ns, status.st_size, status.st_ino)})


class _MistakeError(Exception):
    """Something in the operator's file cannot be used."""


def _lookup(name: str, written: _LookupFile) -> Lookup:
    try:
        url = urlsplit(written.url)
        port = url.port
    except ValueError:
        raise _MistakeError(f"lookups.{name}.url: no address") from None
    if url.scheme not in {"http", "https"} or not url.hostname or port == 0:
        raise _MistakeError(f"lookups.{name}.url: must begin with https:// or http:// and a host")
    if url.username or url.password or url.fragment or not written.url.isascii():
        raise _MistakeError(
            f"lookups.{name}.url: no password, no #, ASCII only; sign with 'secret'"
        )
    secret = None if written.secret is None else written.secret.encode()
    return Lookup(name, written.url, secret, written.seconds, tuple(written.sends))

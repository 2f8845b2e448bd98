"""How much somebody's words say that they know the trade, and why one may think so.

Each kind of evidence counts once, with a weight that stands here. In English, Swedish, Danish,
Norwegian, Dutch and Polish, whatever the page's language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from straks.answers.text import MAX_MATCHED, clean
from straks.answers.trade import DONE, DONE_BY_PHRASE, NONE, TRIED, WORDS, YET, Lexicon

__all__ = ["MOST_OF_EARLIER", "Evidence", "Expertise", "evidence", "expertise"]

_LOOKED_AT: Final = 2_000
"""Characters of a message in which signs are looked for."""
_LONGEST_QUOTE: Final = 60
_MOST_REASONS: Final = 10
_OF_WORDS: Final = (0.0, 0.2, 0.4, 0.5)
"""By how many words of the trade there are."""
_OF_TRIES: Final = (0.0, 0.3, 0.4, 0.5)
_OF_READING: Final = (0.0, 0.1, 0.2, 0.3)
_OF_UNHELPFUL: Final = (0.0, 0.15, 0.3)
_OF_EARLIER: Final = (0.0, 0.05, 0.1, 0.15, 0.2)
MOST_OF_EARLIER: Final = _OF_EARLIER[-1]
"""The most that conversations before this one count."""
_TRIED_SOMETHING: Final = 0.15
_SAID_BY_PAGE: Final = 1.0


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason to think so, and what it counts."""

    weight: float
    reason: str


@dataclass(frozen=True, slots=True)
class Expertise:
    """What all the evidence comes to: ``score`` is in 0…1."""

    score: float
    reasons: tuple[str, ...]


def expertise(
    said: Iterable[Evidence],
    *,
    flagged: bool = False,
    read: Sequence[str] = (),
    unhelpful: int = 0,
    earlier: int = 0,
) -> Expertise:
    """Add up what somebody said with what is known of them beside it.

    ``flagged``: the page says that they are an expert. ``read``: the titles of what they have
    read. ``unhelpful``: answers that did not help them. ``earlier``: conversations before this one,
    which say nothing by themselves.
    """
    found = list(said)
    if flagged:
        found.append(Evidence(_SAID_BY_PAGE, "the page says so"))
    if read:
        titles = ", ".join(_quote(title) for title in read[:3])
        found.append(Evidence(_of(_OF_READING, len(read)), f"has read {titles}"))
    if unhelpful > 0:
        reason = "an answer did not help" if unhelpful == 1 else f"{unhelpful} answers did not help"
        found.append(Evidence(_of(_OF_UNHELPFUL, unhelpful), reason))
    if earlier > 0 and found:
        chats = "a conversation" if earlier == 1 else f"{earlier} conversations"
        found.append(Evidence(_of(_OF_EARLIER, earlier), f"had {chats} before"))
    found.sort(key=lambda each: -each.weight)
    score = min(1.0, sum(each.weight for each in found))
    return Expertise(round(score, 3), tuple(each.reason for each in found[:_MOST_REASONS]))


def evidence(text: str, words: Lexicon = NONE) -> tuple[Evidence, ...]:
    """Find what in a text speaks for an expert; ``words``: more words of the trade."""
    return (*_signs(text[:_LOOKED_AT]), *_said(text, words))


# --- what has a form of its own -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Sign:
    """Something that is recognised by its form."""

    weight: float
    reason: str
    needs: frozenset[str]
    """Characters of which it has at least one: most texts are not searched at all."""
    patterns: tuple[re.Pattern[str], ...]
    worded: tuple[re.Pattern[str], ...] = ()
    """Those that begin with a word of :data:`_TELLING`, which is not far before a number."""

    def find(self, text: str, *, told: bool) -> str | None:
        """Give the first that there is of it; ``told``: there is such a word."""
        for pattern in (*self.patterns, *self.worded) if told else self.patterns:
            found = pattern.search(text)
            if found is not None:
                return found[0]
        return None


def _listed(words: str) -> list[str]:
    return words.split()


_ERRORS: Final = _listed(
    "errors error err felkod fel fejlkode fejl feilkode feil foutcode foutmelding fout"
    " błąd blad błędu bledu"
)
_SYSTEM_NAMES: Final = _listed(
    "windows macos ios ipados android ubuntu debian fedora linux kernel chrome firefox safari edge"
    " python php node java openssl nginx postgres postgresql mysql redis docker bluetooth usb"
)
_VERSIONS: Final = _listed(
    "versionen version versjon versie wersja wersji wersję wersje firmware fw build release ver"
)
_TELLING: Final = frozenset(
    (*_ERRORS, *_SYSTEM_NAMES, *_VERSIONS, "status", "code", "kode", "kod")
) | {"port", "poort", "porcie", "porten"}
"""Words that say what the number after them is."""

_ERROR_WORD: Final = f"(?:{'|'.join(_ERRORS)})"
_SYSTEMS: Final = f"(?:{'|'.join(_SYSTEM_NAMES)})"
_VERSION_WORD: Final = rf"(?:{'|'.join(_VERSIONS)})\.?"
_DIGITS: Final = frozenset("0123456789")

_SIGNS: Final = (
    _Sign(
        0.35,
        "names the error code {}",
        _DIGITS,
        (
            re.compile(
                r"\b(?:0x[0-9a-fA-F]{4,16}|HTTP[ /]?[1-5]\d\d|[EF]-\d{1,4}|ORA-\d{5})\b"
                r"|\b[45]\d\d (?i:bad gateway|forbidden|unauthorized|internal server error"
                r"|service unavailable|gateway time-?out)\b"
            ),
        ),
        (
            re.compile(
                rf"\b(?i:{_ERROR_WORD}(?:[ -]?(?:code|kode|kod|nr|no|nummer|numer))?)[ :#.]{{0,3}}"
                r"[A-Z]{0,4}-?\d{1,6}\b|\b(?i:status(?:[ -]?(?:code|kode|kod))?) ?[45]\d\d\b"
            ),
        ),
    ),
    _Sign(
        0.4,
        "names the error {}",
        frozenset("ETGS_"),
        (
            re.compile(
                r"\b(?:[A-Z][A-Za-z]{2,40}(?:Error|Exception)|E(?:CONN|TIMEDOUT|ADDR|ACCES|HOST)[A-Z]*"
                r"|SIG(?:SEGV|KILL|ABRT|TERM)|[A-Z][A-Z0-9]{1,30}(?:_[A-Z0-9]{1,30}){1,8})\b"
            ),
        ),
    ),
    _Sign(
        0.5,
        "shows a log or a stack trace",
        frozenset("(:[\n"),
        (
            re.compile(
                r"Traceback \(most recent|^\s{1,8}at [\w.$<>]{1,80}\(|File \"[^\"\n]{1,200}\", line"
                r"|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d|\[(?i:error|warn|warning|fatal|debug|info)\]"
                r"|^(?:ERROR|WARN|WARNING|FATAL|DEBUG|CRITICAL)\b|\b\w{1,40}\.\w{1,4}:\d{1,6}\b",
                re.MULTILINE,
            ),
        ),
    ),
    _Sign(
        0.4,
        "shows code",
        frozenset("`$<{("),
        (
            re.compile(
                r"`[^`\n]{2,200}`|```|(?m:^\$ \w)|\b\w{2,40}\(\)"
                r"|</?[a-z][a-z0-9-]{0,20}(?: [^<>\n]{1,80})?>|\{\s?\"[\w-]{1,40}\":"
            ),
        ),
    ),
    _Sign(
        0.4,
        "names the command {}",
        frozenset("-./kqstn"),
        (
            re.compile(
                r"(?<!\S)--[a-z][a-z-]{2,30}\b|\bsudo \w{1,40}\b"
                r"|\b(?:curl|npm|pip|git|apt|docker|kubectl|ssh|ping|traceroute|tracert|nslookup|dig"
                r"|openssl|systemctl|chmod|ipconfig|ifconfig) (?:-\w{1,40}|[a-z0-9-]+[./]\w{1,40}"
                r"|install|run|pull|push|status|restart|exec|logs)\b"
            ),
        ),
    ),
    _Sign(
        0.3,
        "names the file {}",
        frozenset("./\\"),
        (
            re.compile(
                r"(?<![\w/:])(?:[A-Za-z]:\\[\w\\.-]{1,80}|~/[\w./-]{1,80}|/(?:etc|var|usr|home|opt"
                r"|tmp|dev|proc|mnt|srv)/[\w./-]{1,80})"
                r"|\b[\w-]{1,40}\.(?:log|conf|cfg|ini|dll|exe|json|xml|ya?ml|py|js|ts|php|sql|bin"
                r"|sys|bat|sh|hex|ko|so|env|toml)\b(?![/@])"
            ),
        ),
    ),
    _Sign(
        0.3,
        "names the address {}",
        _DIGITS,
        (
            re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?:[:/]\d{1,5})?(?![\d.])"),
            re.compile(r"\b(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}\b"),
        ),
        (re.compile(r"\b(?i:port|poort|porcie|porten) \d{2,5}\b"),),
    ),
    _Sign(
        0.25,
        "names the version {}",
        _DIGITS,
        (
            re.compile(
                r"\bv\d{1,4}(?:\.\d{1,5}){1,3}\b|(?<![\d.])\d{1,3}\.\d{1,4}\.\d(?![\d.])(?:-\w{1,12})?"
            ),
        ),
        (
            re.compile(
                rf"\b(?i:{_VERSION_WORD}) ?v?\d{{1,5}}(?:\.\d{{1,5}}){{0,3}}\w?\b"
                rf"|\b(?i:{_SYSTEMS}) v?\d{{1,4}}(?:\.\d{{1,4}}){{0,3}}\b"
            ),
        ),
    ),
    _Sign(
        0.15,
        "names the model {}",
        _DIGITS,
        (re.compile(r"\b[A-Z]{2,5}-?\d{2,5}[A-Z]{0,3}(?:-[A-Z0-9]{1,6})?\b"),),
    ),
)
_UNIT: Final = re.compile(
    r"\d ?(mV|kV|V|mA|kW|W|kHz|MHz|GHz|Hz|Ω|k?ohm|dBm?|nm|lm|kbit/s|Mbit/s|Gbit/s|Mbps|kbps|ms"
    r"|rpm|psi|Nm|mm²|µF|uF|baud|fps)(?![\w])"
)
_NUMBER: Final = re.compile(r"[0-9]+")
_WORD: Final = re.compile(r"[^\W\d_]+")
_MOST_NUMBERS: Final = 100
_AROUND: Final = 24
"""Characters beside a number that may say what it is."""
_OF_UNITS: Final = (0.0, 0.15, 0.3)


def _signs(text: str) -> Iterator[Evidence]:
    characters = set(text)
    numbers, told = ("", False) if _DIGITS.isdisjoint(characters) else _around_numbers(text)
    for sign in _SIGNS:
        if sign.needs.isdisjoint(characters):
            continue
        found = sign.find(numbers if sign.needs is _DIGITS else text, told=told)
        if found is not None:
            yield Evidence(sign.weight, sign.reason.format(_quote(found)))
    units = dict.fromkeys(_UNIT.findall(numbers)) if numbers else {}
    if units:
        yield Evidence(_of(_OF_UNITS, len(units)), f"measures in {', '.join(list(units)[:3])}")


def _around_numbers(text: str) -> tuple[str, bool]:
    """Cut off what is far before the first number, and after the last: it takes time to search.

    Tells, too, whether one of them has a word before it that says what it is.
    """
    places = [found.start() for found in _NUMBER.finditer(text)]
    start = text.rfind(" ", 0, max(0, places[0] - _AROUND)) + 1
    end = text.find(" ", places[-1] + _AROUND)
    told = any(
        not _TELLING.isdisjoint(_WORD.findall(text[max(0, place - _AROUND) : place].lower())[-2:])
        for place in places[:_MOST_NUMBERS]
    )
    return text[start:] if end < 0 else text[start:end], told


# --- what is said in words ------------------------------------------------------------------------


def _said(text: str, words: Lexicon) -> Iterator[Evidence]:
    said = clean(text)
    if len(text) > MAX_MATCHED:
        # What somebody says stands before what they have pasted, or after it.
        said = f"{said} {clean(text[-MAX_MATCHED:])}"
    spoken = said.split()
    line = f" {said} "
    known = list(dict.fromkeys((*WORDS.find(spoken, line), *words.find(spoken, line))))
    if known:
        yield Evidence(_of(_OF_WORDS, len(known)), f"speaks of {', '.join(known[:3])}")
    tried = list(dict.fromkeys(DONE[phrase] for phrase in DONE_BY_PHRASE.find(spoken, line)))
    if tried:
        yield Evidence(_of(_OF_TRIES, len(tried)), f"has tried {' and '.join(tried[:3])} already")
    elif not TRIED.isdisjoint(spoken) and not YET.isdisjoint(spoken):
        yield Evidence(_TRIED_SOMETHING, "has tried something already")


def _of(weights: Sequence[float], count: int) -> float:
    return weights[min(count, len(weights) - 1)]


def _quote(text: str) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line if len(line) <= _LONGEST_QUOTE else line[: _LONGEST_QUOTE - 1].rstrip() + "…"

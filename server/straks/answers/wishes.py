"""Whether a visitor asks for a person in so many words.

In English, Swedish, Danish, Norwegian, Dutch and Polish, whatever the page's language. When in
doubt it is no such wish: an answer with the offer of a person does less harm.
"""

from __future__ import annotations

from typing import Final

from straks.answers.text import clean

__all__ = ["wants_person"]

_MOST_WORDS: Final = 40
_NEAR: Final = 5
"""Words between the verb and the person, at most."""


def _words(lines: str) -> frozenset[str]:
    return frozenset(clean(lines).split())


_PEOPLE: Final = _words("""
    human humans agent operator representative rep employee
    människa medarbetare kundtjänstmedarbetare handläggare
    menneske medarbejder kundemedarbejder kundebehandler medarbeider
    mens medewerker
    człowiek człowiekiem człowieka konsultant konsultantem konsultanta konsultantka konsultantką
    pracownik pracownikiem pracownika
""")
"""Said with a wish, these can mean nothing else; said alone they are a wish."""

_PERHAPS: Final = _words("""
    person people someone somebody staff advisor support team
    någon personal person personen kundtjänst
    nogen person kundeservice personale
    noen person kundeservice
    iemand persoon klantenservice
    kimś osobą osoba ktoś
""")
"""Said with a verb of talking, these mean a person too."""

_TALK: Final = _words("""
    talk speak chat talking speaking chatting
    prata tala chatta
    tale snakke chatte snak
    prate
    praten spreken chatten
    rozmawiać porozmawiać pogadać
""")

_WISH: Final = _words("""
    want need give get connect transfer pass real live actual
    vill behöver koppla riktig
    vil gerne ønsker rigtig rigtigt
    trenger ekte
    wil graag echt echte
    chcę proszę połącz połączyć żywy żywym prawdziwy
""")

_FILLERS: Final = _WISH | _words("""
    a an the to with i me my you can could please now just hello hi hey some one is there any
    would like of for instead not bot robot no put through
    en ett jag tack hej med få att
    et jeg mig tak gerne må venligst
    meg takk vær så snill
    een ik met een alstublieft graag hoi hallo mag kan
    z ze do cześć
""")

_NOT: Final = _words("dont not no without never inte ikke niet nie geen ingen")
_MACHINE: Final = _words("bot bots robot robots chatbot machine computer ai automat maskin maskine")
_ELSEWHERE: Final = _words(
    "phone call telephone ring ringa ringe telefon telefonu bellen email mail number nummer numer"
)
"""These are about another way to reach the shop, which has an answer of its own."""
_MEANT: Final = _PEOPLE | _PERHAPS | _MACHINE
"""Whoever wishes for a person names one of these."""


def wants_person(text: str) -> bool:
    """Tell whether ``text`` is a direct wish for a person."""
    words = clean(text).split()
    if _MEANT.isdisjoint(words) or len(words) > _MOST_WORDS or not _ELSEWHERE.isdisjoint(words):
        return False
    if _alone(words):
        return True
    if _near(words, _TALK | _WISH, _MACHINE) and _negated(words, _MACHINE):
        return True
    if not (_near(words, _TALK, _PEOPLE | _PERHAPS) or _near(words, _WISH, _PEOPLE)):
        return False
    return not _negated(words, _PEOPLE | _PERHAPS)


def _alone(words: list[str]) -> bool:
    return (
        not _PEOPLE.isdisjoint(words)
        and set(words) <= _FILLERS | _PEOPLE | _TALK
        and not (_negated(words, _PEOPLE))
    )


def _near(words: list[str], verbs: frozenset[str], nouns: frozenset[str]) -> bool:
    said = [place for place, word in enumerate(words) if word in verbs]
    meant = [place for place, word in enumerate(words) if word in nouns]
    return any(0 < abs(one - two) <= _NEAR for one in said for two in meant)


def _negated(words: list[str], nouns: frozenset[str]) -> bool:
    """Whether a "not" stands shortly before the noun, with no machine in between."""
    for place, word in enumerate(words):
        if word in nouns:
            before = words[max(0, place - _NEAR - 1) : place]
            if nouns is not _MACHINE and not _MACHINE.isdisjoint(before):
                continue
            if not _NOT.isdisjoint(before):
                return True
    return False

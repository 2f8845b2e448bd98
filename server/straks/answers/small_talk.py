"""Whether a visitor only greets, thanks or nods.

In English, Swedish, Danish, Norwegian, Dutch and Polish, whatever the page's language. When in
doubt it is no small talk: whoever asks something must never be left without an answer.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from straks.answers.text import clean

__all__ = ["SmallTalk", "small_talk"]

_MOST_WORDS: Final = 8


class SmallTalk(Enum):
    """What was said without asking anything."""

    GREETING = "greeting"
    """It waits for a word back."""
    THANKS = "thanks"
    """It ends something: thanks, or a nod."""


def _phrases(lines: str) -> frozenset[str]:
    return frozenset(clean(phrase) for phrase in lines.replace("\n", ",").split(",")) - {""}


_GREETINGS: Final = _phrases("""
    hi, hii, hello, hey, heyy, hiya, heya, howdy, helo, hello there, hi there, hey there, greetings
    good morning, good afternoon, good evening, good day, morning
    hej, hejsan, hallå, tjena, tja, god morgon, god dag, god kväll, godmorgon, goddag
    heisa, dav, davs, halløj, god morgen, god eftermiddag, god aften, godmorgen, godaften
    hei, heisann, hallo, god kveld, morn
    hoi, dag, goedemorgen, goedemiddag, goedenavond, goedendag, goeiedag, goede morgen
    goede middag, goede avond
    cześć, hej hej, witam, witaj, siema, dzień dobry, dobry wieczór, dobry
""")

_THANKS: Final = _phrases("""
    thanks, thank you, thank u, thankyou, thx, ty, tnx, cheers, many thanks, thanks a lot
    thank you very much, thank you so much, much appreciated, that helps, that helped
    ok, okay, okey, k, kk, oki, alright, all right, great, perfect, super, cool, nice, got it
    i see, understood, fine, good, very good, wonderful, awesome, excellent
    bye, goodbye, bye bye, see you, no thanks, no thank you
    tack, tackar, tack så mycket, stort tack, tusen tack, okej, jaha, bra, toppen, jättebra
    vad bra, hej då, hejdå, nej tack
    tak, mange tak, tusind tak, tak for hjælpen, tak skal du have, fint, godt, perfekt, farvel
    nej tak
    takk, tusen takk, mange takk, takk for hjelpen, takk skal du ha, flott, topp, ha det, nei takk
    dank je, dank je wel, dankjewel, dank u, dank u wel, bedankt, hartelijk dank, prima, oké
    top, goed, mooi, fijn, doei, tot ziens, nee dank je, nee bedankt
    dziękuję, dziękuje, dzięki, dzięks, dziękuję bardzo, bardzo dziękuję, wielkie dzięki
    dobrze, w porządku, rozumiem, świetnie, jasne, do widzenia, nie dziękuję, nie dzięki
""")

_FILLERS: Final = _phrases("""
    there, all, everyone, everybody, team, sir, madam, again, so, very, much, for, your, the
    help, you, then, allihopa, igen, så, mycket, för, hjälpen, alle, for, hjælpen, hjelpen
    allemaal, voor, hulp, je, uw, de, bardzo, za, pomoc, państwu, panu, pani
""")
"""Words that change nothing beside the others; alone they are nothing."""

_SIGNS: Final = frozenset("👍👌🙏🙂😊😀😃😄❤♥👏🎉✅")
_COLOURS: Final = frozenset("\ufe0f🏻🏼🏽🏾🏿")


def small_talk(text: str) -> SmallTalk | None:
    """Tell what ``text`` is when it asks nothing at all; None when it may ask something."""
    if "?" in text:
        return None
    words = clean(text).split()
    if not words:
        signs = set("".join(text.split())) - _COLOURS
        return SmallTalk.THANKS if signs and signs <= _SIGNS else None
    if len(words) > _MOST_WORDS:
        return None
    greets = thanks = False
    place = 0
    while place < len(words):
        length = _longest(words, place)
        if not length:
            return None
        phrase = " ".join(words[place : place + length])
        greets = greets or phrase in _GREETINGS
        thanks = thanks or phrase in _THANKS
        place += length
    if greets:
        return SmallTalk.GREETING
    return SmallTalk.THANKS if thanks else None


_KNOWN: Final = _GREETINGS | _THANKS | _FILLERS
_LONGEST: Final = max(len(phrase.split()) for phrase in _KNOWN)


def _longest(words: list[str], place: int) -> int:
    """Count the words of the longest phrase that begins at ``place``; 0 when there is none."""
    for length in range(min(_LONGEST, len(words) - place), 0, -1):
        if " ".join(words[place : place + length]) in _KNOWN:
            return length
    return 0

"""The words by which people of the trade are known, and what they say that they have tried."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from straks.answers.text import clean

__all__ = ["DONE", "DONE_BY_PHRASE", "NONE", "TRIED", "WORDS", "YET", "Lexicon"]

_SHORTEST_STEM: Final = 4
_ENDING: Final = 3
"""Letters that a word may have at its end, beside those in the list: the languages bend theirs."""


class Lexicon:
    """Words and phrases that are looked for in what somebody says."""

    def __init__(self, phrases: Iterable[str], *, bent: bool = False) -> None:
        """``phrases``: cleaned. ``bent``: words are known with another ending, too."""
        self._words: set[str] = set()
        self._stems: set[str] = set()
        self._phrases: dict[str, tuple[str, ...]] = {}
        for phrase in phrases:
            first, _, more = phrase.partition(" ")
            if more:
                self._phrases[first] = (*self._phrases.get(first, ()), phrase)
            else:
                self._words.add(phrase)
                if bent and len(phrase) >= _SHORTEST_STEM:
                    self._stems.add(phrase[:_SHORTEST_STEM])

    def find(self, spoken: Sequence[str], line: str) -> Iterator[str]:
        """Give what there is, in the order of the words.

        ``line``: the words with a space between them and around.
        """
        for word in spoken:
            if word in self._words:
                yield word
            elif word[:_SHORTEST_STEM] in self._stems:
                yield from self._unbent(word)
            for phrase in self._phrases.get(word, ()):
                if f" {phrase} " in line:
                    yield phrase

    def _unbent(self, word: str) -> Iterator[str]:
        for length in range(len(word) - 1, max(len(word) - _ENDING, _SHORTEST_STEM) - 1, -1):
            if word[:length] in self._words:
                yield word[:length]
                return


NONE: Final = Lexicon(())


def _phrases(lines: str) -> frozenset[str]:
    return frozenset(clean(phrase) for phrase in lines.replace("\n", ",").split(",")) - {""}


WORDS: Final = Lexicon(
    bent=True,
    phrases=_phrases("""
    api, apis, rest api, graphql, endpoint, endpoints, webhook, json, xml, yaml, sql, csv export
    sdk
    dns, dhcp, tcp, udp, tls, ssl, ssh, sftp, vpn, vlan, ipv4, ipv6, subnet, gateway, firewall
    brandvägg, brannmur, zapora sieciowa, zapory sieciowej, reverse proxy, proxy, cname, mx record
    a record, ttl, handshake, cipher, websocket, socket timeout, oauth, saml, jwt, csrf, cors
    cookie header, user agent, rate limit, rate limiting, payload, regex, cron, crontab, nginx
    apache, redis, postgres, postgresql, mysql, sqlite, mongodb, docker, kubernetes, kubectl, helm
    ansible, terraform, smtp, imap, dkim, dmarc, spf record, latency, packet loss, throughput
    traceroute, wireshark, pcap, timeout, time-out, stack trace, stacktrace, traceback
    null pointer, segfault, segmentation fault, bearer token, rest call, server log, upstream
    spf, safe mode, device manager, uncaught, stderr, stdout, capacitive, kapacitive, kapacitiv
    startström, startstrøm, inrush, locale, core dump, memory leak, deadlock
    race condition, debugger, debug, bug
    kernel, bios, uefi, firmware, bootloader, checksum, hash mismatch, registry key, systemd
    daemon, log file, log files, logfile, logfil, loggfil, loggfilen, logfilen, logbestand, logs
    plik dziennika, logi, logach, logów, syslog, event viewer, devtools, network tab, dev console
    javascript console, changelog, release notes, regression, rollback, localhost, staging
    sandbox, plugin, repository, pull request, compile, compiler, runtime, backend, frontend
    middleware, encoding, utf 8, unicode, base64, mutex, thread pool, garbage collector
    gpio, uart, rs485, rs 485, i2c, modbus, canbus, can bus, zigbee, z wave, mqtt, knx, dali, dmx
    pwm, triac, mosfet, multimeter, multimètre, oscilloscope, oscilloskop, impedance, impedans
    capacitor, kondensator, condensator, resistor, weerstand, modstand, rezystor, rectifier
    voltage drop, ballast, inverter, solenoid, potentiometer, short circuit, ground fault, rcd
    residual current, leakage current, phase angle, leading edge, trailing edge, bakkant, framkant
    inrush current, duty cycle, flicker, polarity, polaritet, polariteit, kortslutning
    kortsluiting, zwarcie, jordfel, jordfelsbrytare, spændingsfald, spenningsfall, spanningsval
    spadek napięcia, strömmätare, drivrutin, drivrutinen, drivrutiner
    felsöka, felsökning, feilsøking, fejlfinding, debugować, sterownik, sterowniki, sterownika
    kompilator, serwer proxy, certificate chain, certifikatkedja, certificaatketen
    self signed, root certificate, torque, calibration, kalibrering, kalibratie, kalibracja
    telemetry, telemetri, bitrate, codec, sample rate, buffer overflow
    baud rate, parity, serial console, factory firmware, bricked, unbrick, hotfix, workaround
"""),
)
"""What those say who know the trade; what others say as well is not here."""

TRIED: Final = _phrases("""
    tried, testat, provat, försökt, prøvet, forsøgt, testet, prøvd, prøvde, forsøkt, geprobeerd
    getest, uitgeprobeerd, próbowałem, próbowałam, spróbowałem, spróbowałam, wypróbowałem
    wypróbowałam
""")
YET: Final = _phrases("""
    already, everything, redan, allt, allerede, alt, al, alles, reeds, już, wszystko
""")
"""With these, having tried something is said to be over and done with."""

_DONE: Final[Mapping[str, str]] = {
    "a restart": """
        restarted, rebooted, power cycled
        startat om, omstartat, startade om, startat om den, startat om routern
        genstartet, genstartede, genstartet den, startet om
        restartet, startet på nytt, startet den på nytt, restarta, omstart
        herstart, herstarten, opnieuw opgestart, opnieuw gestart, gereboot
        zrestartowałem, zrestartowałam, restartowałem, restartowałam, uruchomiłem ponownie
        uruchomiłam ponownie, ponownie uruchomiłem, restart nie
    """,
    "a reset": """
        factory reset, hard reset, did a reset, have reset, already reset, fabriksåterställt
        återställt, fabriksåterställning, nulstillet, fabriksnulstillet, fabriksnulstilling
        fabrikknullstilt, nullstilt, tilbakestilt, gereset, teruggezet, fabrieksinstellingen
        zresetowałem, zresetowałam, reset fabryczny, ustawienia fabryczne, ustawień fabrycznych
    """,
    "a new installation": """
        reinstalled, re installed, fresh install, clean install, ominstallerat
        installerat om, avinstallerat, geninstalleret, installeret igen, afinstalleret
        reinstallert, installert på nytt, avinstallert, herinstalleerd, opnieuw geïnstalleerd
        geherinstalleerd, przeinstalowałem, przeinstalowałam, zainstalowałem ponownie
        zainstalowałam ponownie, reinstalowałem, reflashed, flashed, flashat, flashet, geflasht
    """,
    "an update": """
        updated the firmware, updated firmware, updated the driver, updated the drivers, upgraded to
        upgraded the firmware, uppdaterat, uppgraderat, opdateret, opgraderet, oppdatert
        oppgradert, bijgewerkt, geüpdatet, geupdate, geüpgraded, zaktualizowałem, zaktualizowałam
        downgraded, rolled back, rullat tillbaka, rullet tilbage, rullet tilbake, teruggedraaid
    """,
    "an emptied cache": """
        cleared the cache, cleared cache, cleared my cache, cleared cookies, cleared the cookies
        flushed the cache, flushed dns, emptied the cache, incognito, private window, rensat cachen
        rensat cache, tömt cachen, tömt cache, ryddet cachen, ryddet cache, slettet cache
        tømt cachen, tømt cache, slettet cookies, cache geleegd, cache gewist, cache leeggemaakt
        cookies verwijderd, wyczyściłem cache, wyczyściłam cache, wyczyściłem pamięć podręczną
        wyczyściłam pamięć podręczną, inkognito, inkognitoläge
    """,
    "other parts": """
        swapped the cable, swapped cables, swapped the, swapped out, another cable, different cable
        another browser, different browser, another device, other device, two browsers
        bytt kabel, annan kabel, annan webbläsare, bytt ut, skiftet kabel, udskiftet, anden kabel
        andet kabel, anden browser, byttet kabel, byttet ut, annen kabel, annen nettleser
        andere kabel, andere browser, kabel vervangen, al vervangen, wymieniłem, wymieniłam
        inny kabel, innym kablem, innej przeglądarce, inna przeglądarka, w innej przeglądarce
    """,
    "a measurement": """
        measured, multimeter shows, har mätt, mätt med, mätt upp, mätt till, uppmätt, uppmätta
        mätte, målt, målte, måler jeg
        gemeten, meet ik, zmierzyłem, zmierzyłam, zmierzone
    """,
    "the manual": """
        read the manual, read the docs, read the documentation, read the guide, read your guide
        read the faq, followed the guide, followed the manual, followed the instructions
        followed your guide, läst manualen, läst dokumentationen, läst guiden, följt guiden
        läst bruksanvisningen, følgt vejledningen, læst manualen, læst vejledningen
        læst dokumentationen, fulgt veiledningen, lest manualen, lest veiledningen
        lest dokumentasjonen, fulgt guiden, handleiding gelezen, handleiding gevolgd
        documentatie gelezen, przeczytałem instrukcję, przeczytałam instrukcję
        przeczytałem dokumentację, przeczytałam dokumentację, zgodnie z dokumentacją
        czytałem dokumentację, czytałam dokumentację, per the docs, according to the docs
    """,
}

DONE: Final = {phrase: what for what, lines in _DONE.items() for phrase in _phrases(lines)}
"""What somebody has done about it by themselves, by how they say it."""
DONE_BY_PHRASE: Final = Lexicon(DONE)

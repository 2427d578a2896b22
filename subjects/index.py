"""The index of an exported archive: what is in it, in plain words, in Polish and in English."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

INDEX = "README.txt"

# Of each kind: in Polish and in English.
KINDS = {
    "profile": ("profil: identyfikator, stan, data utworzenia", "your profile: identifier, state, since when"),
    "mandates": ("pełnomocnictwa (bez numerów płatników)", "mandates (without the numbers of payers)"),
    "attempts": (
        "próby uwierzytelnienia Państwa identyfikatorem",
        "attempts to authenticate with your identifier",
    ),
    "attempts_failed": (
        "nieudane próby pod rząd i kiedy była ostatnia",
        "failed attempts one after another, and when the last one was",
    ),
    "calls": ("połączenia: kiedy, skąd, dokąd, jak długo", "calls: when, from where, to which number, how long"),
    "turns": (
        "przebieg połączeń: co było słychać i jakie klawisze naciśnięto",
        "what happened in calls: what was heard, and which keys were pressed",
    ),
    "consents": ("zgody na nagrywanie i ich brzmienie", "consents to be recorded, and their wording"),
    "waiting": ("oczekiwanie w kolejkach i rozmowy z konsultantami", "waiting in queues, and talks to consultants"),
    "told_waits": ("podane przewidywane czasy oczekiwania", "how long you were told that you would wait"),
    "callbacks": ("zamówione oddzwonienia", "callbacks"),
    "messages": (
        "wiadomości SMS: kiedy, na jaki numer, która treść, czy doręczone",
        "text messages: when, to which number, which text, whether delivered",
    ),
    "surveys": ("ankiety po rozmowie i odpowiedzi", "surveys after a conversation, and your answers"),
    "recordings": (
        "nagrania rozmów: dane; dźwięk w folderze sound/",
        "recorded conversations: their data; the sound is in the folder sound/",
    ),
    "transcripts": (
        "zapisy nagrań sporządzone automatycznie, z błędami",
        "transcripts of recordings, made by a program and with its errors",
    ),
    "not_taken_in": (
        "rozmowy nagrane, a jeszcze nieprzyjęte do archiwum lub uszkodzone (folder damaged/)",
        "recorded conversations that are not archived yet, or are damaged (folder damaged/)",
    ),
    "audit": (
        "kto (w jakiej roli) i kiedy sięgał po Państwa dane",
        "who (in which role) has used your data, and when",
    ),
}

_POLISH = """\
DANE OSOBOWE PRZECHOWYWANE PRZEZ INFOLINIĘ
Stan na {at}. (English below.)

Archiwum zawiera wszystko, co infolinia przechowuje na Państwa temat. Pliki .json są zwykłym tekstem: jeden wpis
w wierszu, godziny w czasie UTC. Nagrania można odtworzyć w każdym odtwarzaczu: jeden kanał to Państwo, drugi
konsultant. Konsultanci i operatorzy są nazwani tylko rolą (consultant, operator). PIN nie jest przechowywany:
jest tylko jego nieodwracalny skrót, którego nie podajemy.
"""
_ENGLISH = """\
PERSONAL DATA HELD BY THE HELPLINE
As of {at}.

This archive holds everything that the helpline keeps about you. The .json files are plain text: an entry a line, times
in UTC. Recordings play in any player: one channel is you, the other the consultant. Consultants and operators are named
by their role only. No PIN is kept, but for a digest that cannot be reversed and is not given here.
"""
_LEFT_OUT = (
    "Pominięto połączenia z tego numeru, w których uwierzytelnił się ktoś, kto ma profil: {number}.",
    "Left out: calls from this number in which somebody with a profile was authenticated: {number}.",
)
_UNHEARD = ("Nagrania bez dźwięku w tym archiwum:", "Recordings whose sound is not in this archive:")


def index(counts: Mapping[str, int], unheard: Mapping[str, str], left_out: int, at: datetime) -> str:
    """The whole text."""
    moment = f"{at:%Y-%m-%d %H:%M %Z}"
    parts = (_part(words, place, counts, unheard, left_out, moment) for place, words in enumerate((_POLISH, _ENGLISH)))
    return f"\n{'-' * 60}\n\n".join(parts)


def _part(
    words: str, place: int, counts: Mapping[str, int], unheard: Mapping[str, str], left_out: int, moment: str
) -> str:
    lines = [words.format(at=moment)]
    lines += [_row(name, counts.get(name, 0), meaning[place]) for name, meaning in KINDS.items()]
    if left_out:
        lines += ["", _LEFT_OUT[place].format(number=left_out)]
    if unheard:
        lines += ["", _UNHEARD[place], *(f"  {id}: {why}" for id, why in unheard.items())]
    return "\n".join(lines) + "\n"


def _row(name: str, number: int, meaning: str) -> str:
    file = f"{name}.json" if number else "-"
    return f"  {file:<20} {number:>6}  {meaning}"

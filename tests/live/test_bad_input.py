"""Callers who key at random, fall silent, hang up at any moment, and call themselves the strangest things."""

from __future__ import annotations

import random
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from demo.phone import EndedBy, Phone, Settings, sounds
from demo.phone.outgoing import OutgoingCall
from ivr import calls
from tests.live import tones
from tests.live.stations import NUMBER, Live
from tests.live.stories import nothing_stays, unfinished

Numbers = Callable[[], str]

CALLS = 250
AT_ONCE = 60
LONGEST_SECONDS = 4.0
KEYS = "0123456789*#"
SANE_NUMBER = re.compile(r"[0-9A-Za-z+*#._-]{0,80}")
FORGED = "00000000-0000-4000-8000-000000000000"


class Whim:
    """What a caller does who does not listen; the same seed does the same."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)
        self._over = threading.Event()

    def play(self, call: OutgoingCall) -> None:
        """Do something, some of it several times, and hang up at some moment."""
        deeds = [self._keys, self._flood, self._silence, self._info]
        for _ in range(self._random.randint(1, 3)):
            self._random.choice(deeds)(call)
        call.hang_up()

    def _pause(self, longest: float) -> None:
        self._over.wait(self._random.uniform(0, longest))

    def _keys(self, call: OutgoingCall) -> None:
        for _ in range(self._random.randint(1, 5)):
            call.press(self._any_keys(3), duration=self._random.uniform(0.04, 0.2), gap=0.06)
            self._pause(0.8)

    def _flood(self, call: OutgoingCall) -> None:
        call.press(self._any_keys(60, 60), duration=0.04, gap=0.02)
        self._pause(LONGEST_SECONDS)

    def _silence(self, call: OutgoingCall) -> None:
        self._pause(LONGEST_SECONDS)

    def _info(self, call: OutgoingCall) -> None:
        for key in self._any_keys(6):
            call.send_info(key)
        self._pause(0.5)

    def _any_keys(self, most: int, fewest: int = 1) -> str:
        return "".join(self._random.choices(KEYS, k=self._random.randint(fewest, most)))


def test_hundreds_who_do_not_listen_leave_nothing_undone(helpline: Live, numbers: Numbers) -> None:
    """Random keys, floods, silence, hang-ups at random moments, sixty at once: every call ends in a stated way."""
    anis = [numbers() for _ in range(CALLS)]

    def be_called_by(ani: str) -> None:
        phone = Phone(helpline.exchange, ani, helpline.sip)
        call = phone.dial(NUMBER, ani=ani)
        call.play(sounds.tone(tones.CALLER_VOICE))
        Whim(ani).play(call)
        call.wait_ended(30)
        phone.close()

    with nothing_stays(helpline), ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(be_called_by, anis))

    rows = [row for row in _rows(helpline) if row.ani in set(anis)]
    assert len(rows) > CALLS // 2
    assert [] == [row for row in rows if row.ended_at is None or row.cause not in ("caller", "completed", "closed")]
    assert len({row.ended_where for row in rows}) > 4
    assert [] == unfinished(helpline)


def _rows(live: Live) -> tuple[calls.CallRow, ...]:
    with live.database.reading() as connection:
        return calls.newest(connection, 5000)


FORGERY = f"agi_arg_1: {FORGED}".encode()
NAMES: tuple[bytes, ...] = (
    b"",
    rb"O'Brien \"the\" caller",
    b"'; DROP TABLE calls; --",
    b"carriage\rreturn",
    b"tab\tand\x01\x02\x07\x1b[31m",
    b"zero\x00byte",
    b"\xff\xfe\x80 broken \xc3",
    "Zażółć gęślą jaźń Україна 🙂".encode(),
    b"n" * 10_000,
    "ż".encode() * 5_000,
    b"${SHELL(id)} ${GLOBAL(NODES)} $[1+1]",
    b"a,b|c;d^e&f",
    b"%0a%0d%00%22" + FORGERY,
)
NUMBERS: tuple[bytes, ...] = (
    b"%0a" + FORGERY.replace(b" ", b"%20"),
    b"6001%0d%0a%0d%0a200",
    b"6001%00200300",
    b"%00",
    b"6001%22%27200",
    b"6001%ff%fe%c3",
    b"6" * 500,
    b"anonymous",
    b"unknown",
    b"+48%20600",
    b"$%7bSHELL(id)%7d",
    b"../../etc/passwd",
    b"-",
)
# Headers that networks tell of callers by, forged likewise.
_FORGED = '"x" <sip:%0a' + FORGERY.decode().replace(" ", "%20") + "@127.0.0.1>"
HEADERS = (
    *((name, _FORGED) for name in ("P-Asserted-Identity", "Remote-Party-ID", "Diversion", "Referred-By")),
    ("X-Long", "x" * 5000),
    ("User-to-User", "%0a" + FORGED),
)
# What makes an INVITE unreadable: Asterisk does not answer it.
NO_SIP: tuple[tuple[bytes, bytes], ...] = (
    (b"line\nbreak", b"600100201"),
    (b"x\n" + FORGERY, b"600100202"),
    (b"x\r\n" + FORGERY + b"\r\n\r\n", b"600100203"),
    (b"caller", b"600,100|200;300^400"),
    (b'a"b', b"600100204"),
)


def test_the_strangest_callers_are_served_and_kept_sanely(helpline: Live, numbers: Numbers) -> None:
    """Quotes, line breaks, zero bytes, broken UTF-8, ten thousand letters, forged AGI lines: just callers."""
    before = {row.id for row in _rows(helpline)}
    callers = [(name, numbers().encode()) for name in NAMES] + [(b"caller", number) for number in NUMBERS]

    with nothing_stays(helpline), ThreadPoolExecutor(len(callers)) as pool:
        list(pool.map(lambda caller: _hear_the_menu(helpline, *caller), callers))

    rows = [row for row in _rows(helpline) if row.id not in before]
    assert len(callers) == len(rows)
    assert [] == [row.ani for row in rows if not SANE_NUMBER.fullmatch(row.ani)]
    assert {("main", "caller")} == {(row.ended_where, row.cause) for row in rows}
    assert {NUMBER} == {row.dnis for row in rows}
    assert FORGED not in {row.id for row in rows}
    assert [] == unfinished(helpline)


def _hear_the_menu(live: Live, name: bytes, number: bytes) -> None:
    call = Phone(live.exchange, "600100200", live.sip).dial(NUMBER, ani=number, display_name=name, headers=HEADERS)
    ear = tones.Ear(call, live.table)
    call.wait_up()
    ear.wait_for("pl:main")
    call.hang_up()
    call.wait_ended()


def test_what_is_no_telephone_call_does_no_harm(helpline: Live, numbers: Numbers) -> None:
    """An INVITE that cannot be read is not answered, leaves no row, and the next caller is served."""
    before = {row.id for row in _rows(helpline)}
    with nothing_stays(helpline):
        unread = [_dial_in_vain(helpline, name, number) for name, number in NO_SIP]
        assert {EndedBy.TIMEOUT} == {call.wait_ended(20).by for call in unread}
        assert before == {row.id for row in _rows(helpline)}
        _hear_the_menu(helpline, b"next", numbers().encode())


def _dial_in_vain(live: Live, name: bytes, number: bytes) -> OutgoingCall:
    impatient = Settings(t1=0.05)
    return Phone(live.exchange, "600100200", live.sip, settings=impatient).dial(NUMBER, ani=number, display_name=name)

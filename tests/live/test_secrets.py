"""What callers key to prove who they are is found nowhere afterwards, whatever became of the call."""

from __future__ import annotations

import resource
import signal
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest

import provision
from auth_pin import pin_policy
from auth_pin.identifiers import claim
from demo.asterisk_process import free_port
from tests.live import dtmf, tones
from tests.live.callers import PATIENCE, account, press, recorded, recorded_files, talk
from tests.live.conftest import SHORT_TIMEOUT
from tests.live.logins import sings
from tests.live.manager_tap import ManagerTap
from tests.live.stations import Live, hears, hears_caller, live, menus_with
from tests.live.stories import Caller, channels, node, stand_up, wait_for
from tests.live.traces import PIECE, Places, files, holding, left_behind, tables

# As long as may be: what is found of them is not there by chance.
IDENTIFIER, PIN = "806359274158", "9357260842"
STRANGER, WRONG = "570493816265", "6184937025"
UNKEYED = "3850617294"
PINS, IDENTIFIERS = (PIN, WRONG), (IDENTIFIER, STRANGER)
# What somebody keys while the conversation is recorded.
ALOUD = "4826"
AT = {name: f"60030{number:04}" for number, name in enumerate(("right", "refused", "silent", "crash", "midway"), 1)}
# Of the login, and of the change of the PIN.
LONGER_PINS = ("    pin_digits: 6\n", f"    pin_digits: {len(PIN)}\n")
# What somebody at Asterisk's console may switch on. Not `agi set debug on`: it shows there the code
# of each key that the IVR is told, since it shows all that is said between the two.
LOUD = (
    "core set verbose 10",
    "core set debug 10",
    "pjsip set logger on",
    "rtp set debug on",
)


@dataclass(slots=True)
class Run:
    """What was found before anything was keyed, what was recorded, sent and left behind, and limits of processes."""

    live: Live
    before: Places
    manager: bytearray = field(default_factory=bytearray)
    sides: dict[str, tones.Samples] = field(default_factory=dict)
    headers: tuple[str, ...] = ()
    limits: list[tuple[int, int]] = field(default_factory=list)
    after: Places = field(default_factory=dict)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def run(
    request: pytest.FixtureRequest, asterisk: provision.Asterisk, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Run]:
    """Callers log in, are refused, fall silent, lose their process, and log in while they talk."""
    folder = tmp_path_factory.mktemp("secrets")
    settings = {
        "queues": {"wrap_up_seconds": 0},
        "authentication": {"pin_digits": len(PIN)},
        "metrics": {"port": free_port(socket.SOCK_STREAM)},
    }
    menus = menus_with(folder, SHORT_TIMEOUT, LONGER_PINS, LONGER_PINS)
    url = None
    if request.param == "postgresql":
        url = request.getfixturevalue("postgresql_server").create_database("secrets")
    with cores_allowed(), live(folder / "home", menus, nodes=2, database_url=url, settings=settings) as running:
        running.staff("1201", "1202")
        running.station.centrala("profiles", "add", stdin=f"{IDENTIFIER}\n{PIN}\n")
        made = Run(running, left_behind(running))
        with console(running), ManagerTap(running, made.manager):
            logs_in(running)
            is_refused(running)
            falls_silent(running)
            loses_the_process(running, made)
            stand_up(running)
            logs_in_midway(running, made)
            take_in(running)
            wait_for(lambda: channels(running) == 0, "all channels gone")
            for ani in AT.values():
                account(running, ani)
            wait_for(lambda: not list((running.station.home / "spool").glob("*")), "every note taken in")
        made.after = {**left_behind(running), "manager": bytes(made.manager)}
        yield made


@contextmanager
def cores_allowed() -> Iterator[None]:
    """Processes that are started meanwhile may leave core files unless they see to it themselves."""
    before = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (before[1], before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CORE, before)


@contextmanager
def console(running: Live) -> Iterator[None]:
    """Somebody watches Asterisk's console and has switched everything on; what is shown goes to a file in the home."""
    assert running.station.asterisk is not None
    command = (*provision.asterisk().command, "-C", str(running.station.home / "asterisk" / "etc" / "asterisk.conf"))
    shown = running.station.home / "console-watched.log"
    with shown.open("wb") as output:
        attached = [*command, "-rvvvvvvvvvvddddd"]
        watching = subprocess.Popen(attached, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT)
    try:
        wait_for(shown.read_bytes, "the console")
        for words in LOUD:
            running.station.asterisk.rx(words)
        yield
    finally:
        watching.kill()
        watching.wait()


def logs_in(running: Live) -> None:
    """With what is right."""
    keys(running, "right", f"{IDENTIFIER}#", f"{PIN}#", "authenticated")


def is_refused(running: Live) -> None:
    """As nobody has that identifier."""
    keys(running, "refused", f"{STRANGER}#", f"{WRONG}#", "wrong-pin")


def falls_silent(running: Live) -> None:
    """In the middle of the PIN, until the time for it is over."""
    keys(running, "silent", f"{STRANGER}#", WRONG[:PIECE], "no-match")


def keys(running: Live, who: str, identifier: str, pin: str, told: str) -> None:
    """A caller keys both as they are asked for, hears what came of it, and hangs up."""
    caller = Caller(running, AT[who])
    caller.dials()
    caller.comes_to(("main", "2"), ("identifier", identifier), ("pin", pin))
    caller.hears(told)
    caller.hangs_up()


def loses_the_process(running: Live, made: Run) -> None:
    """In the middle of the PIN, to a crash and not to a kill, of which no core file would be written anyway."""
    caller = Caller(running, AT["crash"])
    caller.dials()
    caller.comes_to(("main", "2"), ("identifier", f"{IDENTIFIER}#"), ("pin", PIN[:PIECE]))
    process = node(running, 0).process
    made.limits = [psutil.Process(process.pid).rlimit(psutil.RLIMIT_CORE)]
    process.send_signal(signal.SIGABRT)
    process.wait(PATIENCE)
    caller.hears("pin", times=2)
    caller.keys(f"{PIN}#")
    caller.hears("authenticated")
    caller.hangs_up()


def logs_in_midway(running: Live, made: Run) -> None:
    """In a conversation that is recorded, and with a telephone that also sends keys as sound."""
    there = talk(running, AT["midway"], "2")
    sings(there.call, ALOUD)
    press(there.consultant, "*4")
    there.ear.wait_for("pl:identifier")
    press(there.call, f"{IDENTIFIER}#")
    there.ear.wait_for("pl:pin")
    sings(there.call, PIN)
    press(there.call, f"{PIN}#")
    tones.Ear(there.consultant, running.table).wait_end_of("pl:whisper-pensions-pl-full", timeout=PATIENCE)
    there.consultant.wait_until(lambda: hears_caller(there.consultant), PATIENCE, "the caller's voice")
    there.call.wait_until(lambda: hears(there.call, tones.CONSULTANT_VOICES[0]), PATIENCE, "the consultant's voice")
    there.wait(1)
    there.end()
    made.headers = tuple(there.consultant.headers.all("X-Centrala"))
    (part,) = account(running, AT["midway"]).parts
    made.sides = {"caller": recorded(running, part.caller_file), "consultant": recorded(running, part.agent_file)}


def take_in(running: Live) -> None:
    """Have what was recorded taken in by the process that does it."""
    kept = account(running, AT["midway"])
    intake = running.station.start_intake()
    wait_for(lambda: not recorded_files(running, kept.row.id), "the recording to be taken in")
    intake.stop()


def test_a_pin_that_may_be_given_is_not_there_by_chance(run: Run) -> None:
    """Before anything is keyed none of the numbers is found; the profile that was added left none either."""
    for pin in (*PINS, UNKEYED):
        pin_policy.check(pin, len(pin))
    assert [] == holding(run.before, *PINS, *IDENTIFIERS, UNKEYED)
    numbers = {str(number): number.encode() for number in AT.values()}
    assert [] == holding(numbers, *PINS, *IDENTIFIERS, UNKEYED)


def test_everything_happened_as_told(run: Run) -> None:
    """Who was right has a level, and who was not has none: the PINs did arrive."""
    levels = {name: account(run.live, ani).row.auth_level for name, ani in AT.items()}
    assert {"right": "full", "refused": "none", "silent": "none", "crash": "full", "midway": "full"} == levels
    names = {Path(name).name for name in run.after}
    is_sqlite = run.live.database.engine.dialect.name == "sqlite"
    assert ({"centrala.db", "centrala.db-wal"} if is_sqlite else {"PG_VERSION"}) <= names
    assert {"ivr-0.log", "ivr-1.log", "intake.log", "messages.log"} <= names
    assert {"astdb.sqlite3", "console.log", "console-watched.log", "metrics", "table calls"} <= names
    assert claim(run.live.installation.key("identifier"), IDENTIFIER).encode() in run.after["table profiles"]
    assert b"AgentComplete" in run.manager


def test_no_pin_is_left_anywhere(run: Run) -> None:
    """Right, wrong or cut off: no table, file, log, note, metric or event of the manager's has a piece of one."""
    assert [] == holding(run.after, *PINS, UNKEYED)


def test_no_identifier_is_left_anywhere_but_on_displays(run: Run) -> None:
    """The consultant is shown who has logged in, and the manager tells what displays show; nothing else has it."""
    assert [] == holding({name: held for name, held in run.after.items() if name != "manager"}, *IDENTIFIERS)
    displays = {"ConnectedLineName", "DestConnectedLineName", "CallerIDName", "DestCallerIDName"}
    lines = [line.partition(": ") for line in run.manager.decode().splitlines()]
    assert {name for name, _, value in lines if holding({"": value.encode()}, *IDENTIFIERS)} <= displays
    assert [] == holding({"": bytes(run.manager)}, STRANGER)


def test_nothing_of_a_login_is_heard_in_a_recording(run: Run) -> None:
    """Neither side has a key's sound but those that the caller keyed aloud before it, which are found."""
    assert {"caller": ALOUD, "consultant": ""} == {side: dtmf.decoded(sound) for side, sound in run.sides.items()}


def test_a_crash_leaves_no_core_file(run: Run) -> None:
    """Whatever limit the process was started with, it has none of its own."""
    assert [(0, 0)] == run.limits
    folders = (Path.cwd(), run.live.station.home)
    assert [] == [path for folder in folders for path in folder.glob("core*") if path.is_file()]


@pytest.mark.parametrize("way", [PIN, PIN[::-1], PIN[:PIECE], ", ".join(PIN), "\n".join(PIN)])
def test_what_is_left_would_be_found(tmp_path: Path, way: str) -> None:
    """In a row of a database, in its bytes, and in a line of a log."""
    with closing(sqlite3.connect(tmp_path / "leaks.db")) as connection:
        connection.execute("CREATE TABLE leaks (leak TEXT)")
        connection.execute("INSERT INTO leaks VALUES (?)", (way,))
        connection.commit()
    (tmp_path / "leaks.log").write_text(f"2026-11-23 10:00:00 keyed {way}.\n", "utf-8")
    assert {str(tmp_path / "leaks.db"), str(tmp_path / "leaks.log")} == set(holding(files(tmp_path), PIN))
    assert [] == holding(files(tmp_path), UNKEYED)


def test_a_planted_row_would_be_found(run: Run) -> None:
    """By the same reading of the same database."""
    with run.live.database.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE planted (leak BIGINT)")
        connection.exec_driver_sql(f"INSERT INTO planted VALUES ({UNKEYED})")
    assert ["table planted"] == holding(tables(run.live.database), UNKEYED)


@pytest.mark.parametrize("keys", ["0123456789*#ABCD", "11", PIN])
def test_keys_are_read_back_from_their_sound(keys: str) -> None:
    """So that a recording which had them would be told from one which has not."""
    assert keys == dtmf.decoded(dtmf.keyed(keys))

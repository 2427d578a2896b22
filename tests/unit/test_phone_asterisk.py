"""The telephone, the tones and the Asterisk process together: real calls on loopback."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

import provision
from demo.asterisk_process import AsteriskError, AsteriskProcess, free_port, free_ports, free_udp_range
from demo.phone import Answer, EndedBy, Exchange, Phone, Refuse, Ring, sounds
from tests.live import tones

pytestmark = pytest.mark.live

TABLE = tones.assign(["welcome", "menu", "goodbye"])
CALLER, CONSULTANT = tones.CALLER_VOICE, tones.CONSULTANT_VOICES[0]

MODULES = """
pbx_config chan_pjsip res_pjproject res_pjsip res_pjsip_session res_pjsip_sdp_rtp res_pjsip_caller_id
res_pjsip_dtmf_info res_pjsip_rfc3326 res_pjsip_endpoint_identifier_ip res_pjsip_endpoint_identifier_user
res_pjsip_pubsub res_pjsip_registrar res_pjsip_authenticator_digest res_rtp_asterisk res_sorcery_config
res_sorcery_memory res_sorcery_astdb res_timing_timerfd codec_ulaw codec_alaw format_wav bridge_simple app_dial
app_playback app_read app_echo app_senddtmf func_callerid
"""

DIALPLAN = """
[in]
exten => 100,1,Answer()
 same => n,Playback({sounds}/welcome&{sounds}/welcome)
 same => n,Read(KEYS,{sounds}/menu,4,,1,5)
 same => n,SendDTMF(${{KEYS}})
 same => n,Playback({sounds}/goodbye)
 same => n,Hangup(16)
exten => 200,1,Dial(PJSIP/desk,20)
 same => n,Hangup()
exten => 404,1,Hangup(1)
exten => 600,1,Answer()
 same => n,Echo()
"""

PJSIP = """
[global]
type=global
endpoint_identifier_order=auth_username,username,ip
[udp]
type=transport
protocol=udp
bind=127.0.0.1:{sip}
[trunk]
type=endpoint
context=in
allow=!all,ulaw
dtmf_mode=auto_info
direct_media=no
[trunk]
type=identify
endpoint=trunk
match=127.0.0.1
[desk]
type=endpoint
allow=!all,alaw
direct_media=no
auth=desk
aors=desk
[desk]
type=auth
auth_type=digest
username=desk
password=correct horse
[desk]
type=aor
max_contacts=1
"""


STARTER = """
import sys, pathlib, demo.asterisk_process
asterisk = demo.asterisk_process.AsteriskProcess(sys.argv[2:], pathlib.Path(sys.argv[1]))
asterisk.start()
print(asterisk.pid, flush=True)
sys.stdin.read()
"""


@dataclass(frozen=True, slots=True)
class Station:
    """An Asterisk that runs, and where it listens."""

    asterisk: AsteriskProcess
    address: tuple[str, int]


def write_configuration(home: Path, sip: int) -> Path:
    """Write the least configuration that takes these calls; return its asterisk.conf."""
    asterisk, rtp = provision.asterisk(), free_udp_range(400)
    folders = "".join(f"ast{name}dir => {home}\n" for name in ("etc", "varlib", "db", "key", "spool", "run", "log"))
    data = f"astmoddir => {asterisk.modules}\nastdatadir => {asterisk.data}\n"
    files = {
        "asterisk.conf": f"[directories]\n{folders}{data}",
        "modules.conf": "[modules]\nautoload=no\n" + "".join(f"load => {name}.so\n" for name in MODULES.split()),
        "rtp.conf": f"[general]\nrtpstart={rtp.start}\nrtpend={rtp.stop - 1}\n",
        "pjsip.conf": PJSIP.format(sip=sip),
        "extensions.conf": DIALPLAN.format(sounds=home),
        "logger.conf": "[logfiles]\nconsole => notice,warning,error\n",
    }
    for name, text in files.items():
        (home / name).write_text(text)
    for key, pair in TABLE.items():
        tones.write_wav(home / f"{key}.wav", tones.render(pair))
    return home / "asterisk.conf"


@pytest.fixture(scope="module")
def station(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Station]:
    """One Asterisk for all the calls."""
    sip = free_port(socket.SOCK_DGRAM)
    configuration = write_configuration(tmp_path_factory.mktemp("asterisk"), sip)
    with AsteriskProcess(provision.asterisk().command, configuration) as asterisk:
        yield Station(asterisk, ("127.0.0.1", sip))


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    """An exchange that must end without a fault."""
    with Exchange() as exchange:
        yield exchange


@pytest.fixture
def caller(exchange: Exchange, station: Station) -> Phone:
    """A telephone on the trunk."""
    return Phone(exchange, "600100200", station.address)


@pytest.fixture
def desk(exchange: Exchange, station: Station) -> Phone:
    """A consultant's telephone, registered."""
    desk = Phone(exchange, "desk", station.address, password="correct horse")
    assert 200 == desk.register()
    return desk


def until(condition: Callable[[], bool], seconds: float = 10) -> bool:
    """Ask again and again until it holds; False where it never does."""
    deadline = time.monotonic() + seconds
    while not (held := condition()) and time.monotonic() < deadline:
        time.sleep(0.05)
    return held


def through_the_menu(caller: Phone, keys: str) -> tuple[list[str], list[bool], str]:
    """Call, key something into the menu as it begins, and return what was heard of it all."""
    call = caller.dial("100")
    ear = tones.Ear(call, TABLE)
    ear.wait_for("menu", timeout=30)
    call.press(keys)
    call.wait_ended(30)
    heard = ear.heard()
    return [one.key for one in heard], [one.cut for one in heard], call.keys


def test_prompts_are_heard_and_keys_arrive(caller: Phone) -> None:
    """The caller hears each prompt once, whole but for the menu keyed into; Asterisk got the keys it sends back."""
    keys, cut, returned = through_the_menu(caller, "1590")

    assert ["welcome", "welcome", "menu", "goodbye"] == keys
    assert [False, False, False] == [*cut[:2], cut[3]]
    assert "1590" == returned


def test_keys_by_info_arrive(caller: Phone) -> None:
    """Keys sent by SIP INFO reach the same menu."""
    call = caller.dial("100")
    tones.Ear(call, TABLE).wait_for("menu")
    for key in "2468":
        call.send_info(key)

    assert 16 == call.wait_ended().cause
    assert "2468" == call.keys


def test_fifty_calls_at_once_are_heard_exactly(caller: Phone, station: Station) -> None:
    """Fifty callers with keys of their own each hear their own call, whole; no channel stays."""
    expected = {f"{number:04d}": ["welcome", "welcome", "menu", "goodbye"] for number in range(50)}
    with ThreadPoolExecutor(len(expected)) as pool:
        calls = list(pool.map(lambda keys: through_the_menu(caller, keys), expected))

    assert expected == {returned: heard for heard, _, returned in calls}
    assert until(lambda: "0 active channels" in station.asterisk.rx("core show channels count"))


def test_a_registered_desk_and_a_caller_hear_each_other(caller: Phone, desk: Phone) -> None:
    """A call through Asterisk reaches the desk and carries sound both ways, though their codecs differ."""
    desk.when_called = Answer(after=0.1)
    here = caller.dial("200", ani="601602603", display_name="Zażółć")
    there = desk.wait_for_call()
    there.play(sounds.tone(CONSULTANT))
    here.play(sounds.tone(CALLER))
    here.wait_up()
    there.wait_until(lambda: there.recording.seconds > 1)
    here.wait_until(lambda: here.recording.seconds > 1)

    assert ("601602603", "Zażółć") == (there.caller, there.remote.name)
    for call, voice, own in ((here, CONSULTANT, CALLER), (there, CALLER, CONSULTANT)):
        heard = call.recording.pcm(4000)
        assert tones.loudness(heard, voice) > 1000 > 100 > tones.loudness(heard, own)


@pytest.mark.parametrize("who", ["caller", "desk"])
def test_either_side_can_hang_up(caller: Phone, desk: Phone, who: str) -> None:
    """Whoever hangs up, the other side learns it."""
    here = caller.dial("200")
    there = desk.wait_for_call()
    here.wait_up()
    (here if who == "caller" else there).hang_up()

    assert (EndedBy.US if who == "caller" else EndedBy.THEM) is here.wait_ended().by
    assert (EndedBy.THEM if who == "caller" else EndedBy.US) is there.wait_ended().by


def test_a_caller_can_give_up_while_it_rings(caller: Phone, desk: Phone) -> None:
    """A CANCEL goes through Asterisk to the desk that rings."""
    desk.when_called = Ring()
    here = caller.dial("200")
    there = desk.wait_for_call()
    here.wait_until(lambda: 180 in here.provisional)
    here.hang_up()

    assert 487 == here.wait_ended().status
    assert EndedBy.THEM is there.wait_ended().by


def test_a_busy_desk_is_told_to_the_caller(caller: Phone, desk: Phone) -> None:
    """The desk's 486 ends the caller's call with the cause for busy."""
    desk.when_called = Refuse()

    assert 17 == caller.dial("200").wait_ended().cause


def test_a_number_that_does_not_exist_is_told(caller: Phone) -> None:
    """Refusals of Asterisk's own carry their cause."""
    assert (404, 1) == ((ending := caller.dial("404").wait_ended()).status, ending.cause)


def test_calls_ended_at_once_leave_nothing(caller: Phone, station: Station) -> None:
    """Twenty calls hung up before, as and after they are answered: all end, no channel stays."""
    calls = [caller.dial("600") for _ in range(20)]
    for number, call in enumerate(calls):
        if number % 3:
            call.wait_until(lambda call=call: call.provisional or call.up)  # type: ignore[misc]
        if number % 3 == 2:
            call.wait_up()
        call.hang_up()

    assert {EndedBy.US} == {call.wait_ended().by for call in calls}
    assert until(lambda: "0 active channels" in station.asterisk.rx("core show channels count"))


def test_a_wrong_password_is_refused(exchange: Exchange, station: Station) -> None:
    """The desk's account is closed to whoever does not know its password."""
    assert 401 == Phone(exchange, "desk", station.address, password="wrong").register()


def test_a_desk_that_closes_is_no_longer_registered(desk: Phone, station: Station) -> None:
    """Closing a registered phone takes its contact away."""
    assert desk.uri in station.asterisk.rx("pjsip show contacts")
    desk.close()

    assert desk.uri not in station.asterisk.rx("pjsip show contacts")


def test_an_asterisk_that_does_not_start_says_why(tmp_path: Path) -> None:
    """Its last words are in the error, and nothing of it stays."""
    configuration = write_configuration(tmp_path, free_port(socket.SOCK_DGRAM))
    (tmp_path / "modules.conf").write_text("[modules]\nautoload=no\nrequire => no_such_module.so\n")
    asterisk = AsteriskProcess(provision.asterisk().command, configuration)
    with pytest.raises(AsteriskError, match="no_such_module"):
        asterisk.start()

    assert not asterisk.running


def test_a_stopped_asterisk_is_gone(tmp_path: Path) -> None:
    """After `stop` no process of its group is left; stopping again is harmless, asking it is an error."""
    configuration = write_configuration(tmp_path, free_port(socket.SOCK_DGRAM))
    asterisk = AsteriskProcess(provision.asterisk().command, configuration)
    asterisk.start()
    family = [asterisk.pid, *(child.pid for child in psutil.Process(asterisk.pid).children(recursive=True))]
    asterisk.stop()
    asterisk.stop()

    assert not [pid for pid in family if psutil.pid_exists(pid)]
    with pytest.raises(AsteriskError, match="did not answer"):
        asterisk.rx("core show version")


@pytest.mark.parametrize("in_real_time", [False, True])
def test_an_asterisk_goes_before_other_processes_where_the_system_allows_it(tmp_path: Path, in_real_time: bool) -> None:
    """All its threads do, or none of them."""
    configuration = write_configuration(tmp_path, free_port(socket.SOCK_DGRAM))
    allowed = subprocess.run(["chrt", "--rr", "10", "true"], check=False).returncode == 0
    wanted = os.SCHED_RR if in_real_time and allowed else os.SCHED_OTHER
    with AsteriskProcess(provision.asterisk().command, configuration, in_real_time=in_real_time) as asterisk:
        threads = [thread.id for thread in psutil.Process(asterisk.pid).threads()]
        assert (wanted == os.SCHED_RR) is asterisk.in_real_time
        assert {wanted} == set(_schedulers(threads))


def _schedulers(threads: list[int]) -> Iterator[int]:
    """Of those that are still there."""
    for thread in threads:
        with contextlib.suppress(ProcessLookupError):
            yield os.sched_getscheduler(thread)


def test_asterisk_dies_with_whoever_started_it(tmp_path: Path) -> None:
    """When the process that started it is killed, Asterisk goes too."""
    configuration = write_configuration(tmp_path, free_port(socket.SOCK_DGRAM))
    command = [sys.executable, "-c", STARTER, str(configuration), *provision.asterisk().command]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        running = psutil.Process(pid)
        parent.kill()

    assert until(lambda: not running.is_running() or running.status() == psutil.STATUS_ZOMBIE)


def test_free_ports_differ_and_can_be_used() -> None:
    """Ports come without repetition; a range starts even and below what the system gives away."""
    assert 20 == len(set(free_ports(20)))
    ports = free_udp_range(100)

    assert 0 == ports.start % 2
    assert ports.stop <= 30_000
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", ports[50]))

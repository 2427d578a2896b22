"""Two telephones call each other over real sockets."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator

import pytest

from demo.phone import (
    Answer,
    CallState,
    Codec,
    EndedBy,
    Ending,
    Exchange,
    IncomingCall,
    OutgoingCall,
    Phone,
    PhoneTimeoutError,
    Reaction,
    Refuse,
    Ring,
    Settings,
    sounds,
)
from tests.live.tones import CALLER_VOICE, CONSULTANT_VOICES, loudness

NOBODY = ("127.0.0.1", 9)


@pytest.fixture
def exchange() -> Iterator[Exchange]:
    """An exchange that must end without a fault."""
    with Exchange() as exchange:
        yield exchange


@pytest.fixture
def callee(exchange: Exchange) -> Phone:
    """A telephone that answers at once."""
    return Phone(exchange, "callee", NOBODY)


@pytest.fixture
def caller(exchange: Exchange, callee: Phone) -> Phone:
    """A telephone whose every call reaches the callee."""
    return Phone(exchange, "600100200", callee.address)


def connected(caller: Phone, callee: Phone) -> tuple[OutgoingCall, IncomingCall]:
    """Both ends of a call that is up."""
    before = len(callee.incoming)
    here = caller.dial("225601600")
    there = callee.wait_for_call(after=before)
    here.wait_up()
    there.wait_up()
    return here, there


@pytest.mark.parametrize("codec", Codec)
def test_both_hear_each_other(exchange: Exchange, codec: Codec) -> None:
    """Each side hears the other's voice and not its own, in either codec."""
    callee = Phone(exchange, "callee", NOBODY, settings=Settings(codecs=(codec,)))
    caller = Phone(exchange, "caller", callee.address)
    here, there = connected(caller, callee)
    here.play(sounds.tone(CALLER_VOICE))
    there.play(sounds.tone(CONSULTANT_VOICES[0]))
    here.wait_until(lambda: here.recording.seconds > 1)
    there.wait_until(lambda: there.recording.seconds > 1)

    assert codec is here.recording.codec
    for call, voice in ((here, CONSULTANT_VOICES[0]), (there, CALLER_VOICE)):
        heard = call.recording.pcm(4000)
        assert loudness(heard, voice) > 4000
        assert loudness(heard, CALLER_VOICE + CONSULTANT_VOICES[0] - voice) < 100


def test_keys_arrive_in_order_and_length(caller: Phone, callee: Phone) -> None:
    """Every key comes once, as long as it was held."""
    here, there = connected(caller, callee)
    here.press("159*#", duration=0.08, gap=0.06)
    there.wait_until(lambda: there.keys == "159*#" and not here.pressing)

    assert [640] * 5 == [heard.duration for heard in there.heard_keys]


def test_the_same_key_twice_is_two_keys(caller: Phone, callee: Phone) -> None:
    """A repeated key is told from a repeated packet."""
    here, there = connected(caller, callee)
    here.press("00")
    here.press("0")

    there.wait_until(lambda: there.keys == "000")


def test_keys_use_the_number_that_was_offered(exchange: Exchange) -> None:
    """A phone that answers takes over the payload type of events from the offer, in both directions."""
    callee = Phone(exchange, "callee", NOBODY, settings=Settings(event_type=96))
    caller = Phone(exchange, "caller", callee.address, settings=Settings(event_type=110))
    here, there = connected(caller, callee)
    here.press("7")
    there.press("8")

    there.wait_until(lambda: there.keys == "7")
    here.wait_until(lambda: here.keys == "8")


def test_a_phone_without_events_gets_none(exchange: Exchange) -> None:
    """Pressing keys towards a phone that takes no telephone events is refused, INFO still reaches it."""
    callee = Phone(exchange, "callee", NOBODY, settings=Settings(event_type=None))
    here, there = connected(Phone(exchange, "caller", callee.address), callee)
    with pytest.raises(ValueError, match="takes no telephone events"):
        here.press("1")
    here.send_info("1")
    there.wait_until(lambda: there.infos)

    assert there.infos[0].body.startswith(b"Signal=1\r\n")


def test_what_is_no_key_is_refused(caller: Phone, callee: Phone) -> None:
    """A letter that no keypad has raises."""
    here, _ = connected(caller, callee)
    with pytest.raises(ValueError, match="not a key: 'x'"):
        here.press("1x")


def test_who_calls_can_be_read(caller: Phone, callee: Phone) -> None:
    """Number, display name and headers of the INVITE arrive as they were given."""
    caller.dial("1", ani="601", display_name='Jan "Ż" \\', headers=(("X-Level", "full"),))
    there = callee.wait_for_call()

    assert ("601", 'Jan "Ż" \\') == (there.caller, there.remote.name)
    assert "full" == there.headers.text("x-level")


@pytest.mark.parametrize("name", [b"\xff\xfe", b'a\\"b', b"tab\tnul\0bell\7", b"%s${EXTEN}", b"'; DROP TABLE"])
def test_any_bytes_can_be_a_name(caller: Phone, callee: Phone, name: bytes) -> None:
    """A display name given as bytes arrives byte for byte."""
    caller.dial("1", display_name=name)
    there = callee.wait_for_call()

    assert name == there.remote.display.encode("latin-1")


def test_ringing_comes_before_the_answer(caller: Phone, callee: Phone) -> None:
    """A delayed answer is a 180 first."""
    callee.when_called = Answer(after=0.05)
    here, _ = connected(caller, callee)

    assert [180] == here.provisional
    assert 200 == here.status


@pytest.mark.parametrize("after", [0.0, 0.05])
def test_a_refusal_tells_its_status(caller: Phone, callee: Phone, after: float) -> None:
    """Refused at once or after ringing, both sides know by what."""
    callee.when_called = Refuse(603, "Decline", after)
    ending = caller.dial("1").wait_ended()

    assert Ending(EndedBy.THEM, 603, None, "603 Decline") == ending
    assert EndedBy.US is callee.wait_for_call().wait_ended().by


def test_a_busy_phone_says_so(caller: Phone, callee: Phone) -> None:
    """A second call on a phone with one line gets 486, and the first goes on."""
    here, _ = connected(caller, callee)
    ending = caller.dial("1").wait_ended()

    assert 486 == ending.status
    assert here.up
    assert 2 == callee.offered


def test_a_function_can_decide(caller: Phone, callee: Phone) -> None:
    """What to do with a call may depend on who calls."""

    def only_602(call: IncomingCall) -> Reaction:
        return Answer() if call.caller == "602" else Refuse()

    callee.when_called = only_602
    assert 486 == caller.dial("1", ani="601").wait_ended().status
    caller.dial("1", ani="602").wait_up()


@pytest.mark.parametrize("reaction", [Answer(), Answer(0.02), Ring()])
@pytest.mark.parametrize("moment", ["at once", "first answer", "up", "sound"])
@pytest.mark.parametrize("side", ["caller", "callee"])
def test_a_call_can_end_at_any_moment(caller: Phone, callee: Phone, reaction: Reaction, moment: str, side: str) -> None:
    """Whoever hangs up, and whenever: both sides end, and know who it was."""
    callee.when_called = reaction
    here = caller.dial("1")
    if side == "callee" or moment != "at once":
        there = callee.wait_for_call()
    if moment == "first answer":
        here.wait_until(lambda: here.provisional or here.status)
    elif moment in ("up", "sound"):
        there.answer()
        here.wait_up()
    if moment == "sound":
        there.wait_until(lambda: there.recording.seconds > 0.1)
    (here if side == "caller" else there).hang_up()

    assert (EndedBy.US if side == "caller" else EndedBy.THEM) is here.wait_ended().by
    assert (EndedBy.THEM if side == "caller" else EndedBy.US) is callee.wait_for_call().wait_ended().by


def test_both_may_hang_up_at_once(caller: Phone, callee: Phone) -> None:
    """Crossing BYEs end the call on both sides."""
    here, there = connected(caller, callee)
    with caller.changed:  # the same lock holds both back
        here.hang_up()
        there.hang_up()

    here.wait_ended()
    there.wait_ended()


def test_hanging_up_twice_is_harmless(caller: Phone, callee: Phone) -> None:
    """A call that is over stays as it ended."""
    here, _ = connected(caller, callee)
    here.hang_up()
    ending = here.wait_ended()
    here.hang_up()

    assert ending == here.wait_ended()
    assert CallState.ENDED is here.state


def test_a_sound_ends_and_tells(caller: Phone, callee: Phone) -> None:
    """After its last sample a sound is followed by silence, and waiting for its end works."""
    here, there = connected(caller, callee)
    here.play(sounds.tone(CALLER_VOICE, 0.2))
    here.wait_until(lambda: not here.playing)
    ended = there.recording.seconds
    there.wait_until(lambda: there.recording.seconds > ended + 0.3)

    assert loudness(there.recording.pcm()[-2 * 1600 :], CALLER_VOICE) < 10


def test_each_frame_can_be_watched(caller: Phone, callee: Phone) -> None:
    """A callback gets the bytes that the recording keeps."""
    here, there = connected(caller, callee)
    frames: list[bytes] = []
    there.on_frame(frames.append)
    here.play(sounds.tone(CALLER_VOICE))
    there.wait_until(lambda: len(frames) > 20)

    assert {160} == {len(frame) for frame in frames}
    assert b"".join(frames[:20]) in bytes(there.recording.sound)


def test_many_calls_at_once(exchange: Exchange) -> None:
    """Fifty calls between two phones, each with keys of its own, do not mix."""
    callee = Phone(exchange, "callee", NOBODY, settings=Settings(lines=50))
    caller = Phone(exchange, "caller", callee.address)
    calls = [caller.dial("1", ani=str(600 + number)) for number in range(50)]
    for number, call in enumerate(calls):
        call.wait_up()
        call.press(f"{number:02d}", duration=0.04, gap=0.06)
    callee.wait_until(lambda: all(len(call.keys) == 2 for call in callee.incoming), 20)

    assert {f"{600 + n}": f"{n:02d}" for n in range(50)} == {c.caller: c.keys for c in callee.incoming}


def test_waiting_in_vain_tells_the_story(caller: Phone, callee: Phone) -> None:
    """A timeout says what was waited for and what happened to the call."""
    here, _ = connected(caller, callee)
    with pytest.raises(PhoneTimeoutError, match=r"(?s)a miracle: not within 0.01 s.*invited.*was answered"):
        here.wait_until(lambda: False, 0.01, "a miracle")
    with pytest.raises(PhoneTimeoutError, match="a call to come in"):
        callee.wait_for_call(timeout=0.01, after=1)


def test_an_end_instead_of_an_answer_is_told_at_once(caller: Phone, callee: Phone) -> None:
    """Waiting for an answer ends with the call."""
    callee.when_called = Refuse()
    with pytest.raises(PhoneTimeoutError, match="ended and was not answered"):
        caller.dial("1").wait_up(timeout=60)


def test_junk_is_counted_and_ignored(caller: Phone, callee: Phone) -> None:
    """Broken datagrams, on either socket, change nothing; keep-alives are not even counted."""
    here, there = connected(caller, callee)
    junk = [b"\0\xff junk", b"INVITE", b"SIP/2.0 200 OK\r\nVia: x\r\n\r\n", b"INVITE a SIP/2.0\r\n:\r\n\r\n", b"\r\n"]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for datagram in junk:
            stranger.sendto(datagram, callee.address)
    callee.wait_until(lambda: callee.malformed == 4 or here.ended)
    here.press("5")
    there.wait_until(lambda: there.keys == "5")

    assert 4 == callee.malformed


def test_a_fault_in_a_callback_is_kept_and_told() -> None:
    """An exception on the exchange's thread ends nothing, and is raised when the exchange closes."""
    exchange, done = Exchange(), threading.Event()
    exchange.after(0, lambda: print(1 // 0))
    exchange.after(0.01, done.set)
    assert done.wait(10)
    with pytest.raises(RuntimeError, match="ZeroDivisionError"):
        exchange.__exit__(None, None, None)


def test_a_fault_in_a_sound_silences_it() -> None:
    """A sound that raises is a fault once, and the call goes on in silence."""

    def broken() -> sounds.Sound:
        yield bytes(320)
        raise OSError("the tape tore")

    exchange = Exchange()
    callee = Phone(exchange, "callee", NOBODY)
    here, there = connected(Phone(exchange, "caller", callee.address), callee)
    here.play(broken())
    there.wait_until(lambda: not here.playing and there.recording.seconds > 0.2)
    exchange.close()

    assert 1 == len(exchange.faults)
    assert "the tape tore" in exchange.faults[0]


def test_a_cancelled_timer_does_nothing(exchange: Exchange) -> None:
    """Of two timers the cancelled one is not run."""
    done = threading.Event()
    ran: list[str] = []
    exchange.after(0.01, lambda: ran.append("cancelled")).cancel()
    exchange.after(0.02, lambda: ran.append("kept"))
    exchange.after(0.03, done.set)
    assert done.wait(10)

    assert ["kept"] == ran


def test_a_phone_that_vanishes_says_nothing(caller: Phone, callee: Phone) -> None:
    """When the cable is pulled the other side hears no BYE, only silence."""
    here, _ = connected(caller, callee)
    callee.vanish()
    heard = here.recording.seconds

    with pytest.raises(PhoneTimeoutError):
        here.wait_until(lambda: here.ended or here.recording.seconds > heard + 0.1, 0.3)


def test_closing_ends_every_call_and_thread() -> None:
    """Leaving the exchange hangs up what is up and leaves no thread."""
    before = threading.enumerate()  # exchanges of services that run for the whole test run, too
    with Exchange() as exchange:
        callee = Phone(exchange, "callee", NOBODY)
        here, there = connected(Phone(exchange, "caller", callee.address), callee)

    assert here.ended
    assert there.ended
    assert [] == [thread for thread in threading.enumerate() if thread.name == "exchange" and thread not in before]

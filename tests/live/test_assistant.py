"""The virtual assistant on a real Asterisk, heard by the real recogniser: spoken to, answering, recorded as agreed.

Callers speak in voices that no model has learnt from.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import pytest

import provision
from centrala.speech_measuring import spoken
from demo.asterisk_process import free_ports
from demo.phone import sounds
from demo.phone.outgoing import OutgoingCall
from recordings.catalogue import Purpose
from speech.models import shipped
from speech.voices import HELD_OUT
from tests.live import tones
from tests.live.callers import (
    PATIENCE,
    account,
    picked_up,
    press,
    recorded,
    recorded_files,
    row_of,
)
from tests.live.stations import Live, live, menus_with
from tests.live.stories import IDENTIFIER, PIN, node, stand_up, wait_for

BENEFITS = ("1301", "1302")
# A subject that leads to the login.
ADDRESSES = "          en: [addresses, address, offices]\n        to: offices\n    consultant:"
TO_THE_LOGIN = (ADDRESSES, ADDRESSES.replace("to: offices", "to: authentication"))
LOUDEST_SILENCE = 200


@pytest.fixture(scope="module")
def assisting(asterisk: provision.Asterisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A service that listens, with consultants for benefits."""
    if not shipped("pl").is_dir():
        pytest.skip("no model to hear with")
    folder = tmp_path_factory.mktemp("assisting")
    (port,) = free_ports(1)
    settings = {"speech": {"listen": f"127.0.0.1:{port}"}, "queues": {"wrap_up_seconds": 0}}
    with live(folder / "home", menus_with(folder, TO_THE_LOGIN), settings=settings) as running:
        running.staff(*BENEFITS)
        yield running


def says(call: OutgoingCall, words: str, voice: str) -> None:
    """Say something in one of the voices, and be silent."""
    call.play(sounds.pcm(spoken("pl", words, voice)))


def asked(live: Live, ani: str) -> tuple[OutgoingCall, tones.Ear]:
    """A caller who has come to the assistant and hears its question for consent."""
    call, ear = live.dial(ani)
    call.play(None)
    ear.wait_for("pl:main")
    press(call, "4")
    ear.wait_for("pl:assistant-consent", timeout=PATIENCE)
    return call, ear


def agreed(live: Live, ani: str, voice: str) -> tuple[OutgoingCall, tones.Ear]:
    """A caller who has said yes, and has heard the question what it is about."""
    call, ear = asked(live, ani)
    says(call, "tak", voice)
    ear.wait_for("pl:assistant", timeout=PATIENCE)
    return call, ear


def call_id(live: Live, ani: str) -> str:
    """The call from that number."""
    row = row_of(live, ani)
    assert row is not None
    return row.id


def keys_of(live: Live, name: str) -> list[str]:
    """The prompts that are heard in a recorded file."""
    return [heard.key for heard in tones.decode(recorded(live, name), live.table)]


def test_a_conversation_with_the_assistant(assisting: Live, ani: str) -> None:
    """Yes, a subject, its message, a person: each said, and recorded from the first question to the last word."""
    call, ear = agreed(assisting, ani, HELD_OUT[0])
    says(call, "zasiłki", HELD_OUT[0])
    ear.wait_for("pl:assistant", times=2, timeout=PATIENCE)
    says(call, "konsultant", HELD_OUT[0])
    ear.wait_for("pl:choose-topic", timeout=PATIENCE)
    press(call, "3")
    picked_up(assisting, ani, call, ear).end()

    kept = account(assisting, ani)
    assert {("virtual_assistant", True, "2026-1"), ("consultant_call", True, "2026-2")} == {
        (one.purpose, one.given, one.wording) for one in kept.consents
    }
    with_assistant, with_consultant = kept.parts
    assert (Purpose.VIRTUAL_ASSISTANT, Purpose.CONSULTANT_CALL) == (with_assistant.purpose, with_consultant.purpose)
    assert with_assistant.started_at < with_assistant.ended_at <= with_consultant.started_at
    heard = ["assistant-question", "assistant", "about-benefits", "assistant-next-question", "assistant"]
    assert [f"pl:{name}" for name in heard] == keys_of(assisting, with_assistant.agent_file)
    assert LOUDEST_SILENCE < np.abs(recorded(assisting, with_assistant.caller_file)).max()

    taken_in(assisting, 2)
    assert [
        ("kept", "consultant_call", with_consultant.agent),
        ("kept", "virtual_assistant", None),
    ] == recordings_of(assisting, kept.row.id)
    assert [] == recorded_files(assisting, kept.row.id)


def taken_in(live: Live, number: int) -> None:
    """Take in what is over."""
    assert {"taken_in": number} == json.loads(live.station.centrala("recordings", "intake", "--json"))


def recordings_of(live: Live, call: str) -> list[tuple[object, object, object]]:
    """What is kept, or was, of a call: how it stands, its purpose and its consultant."""
    told = live.station.centrala("recordings", "list", "--call", call, "--json").splitlines()
    return sorted((one["status"], one["purpose"], one["consultant"]) for one in map(json.loads, told))


@pytest.mark.parametrize("answer", ["nie", "2", "9"])
def test_who_does_not_agree_is_not_recorded(assisting: Live, ani: str, answer: str) -> None:
    """By word, by its key, by another one: on by key, and no file is there, nor ever was."""
    call, ear = asked(assisting, ani)
    if answer.isdecimal():
        press(call, answer)
    else:
        says(call, answer, HELD_OUT[2])
    ear.wait_for("pl:information", timeout=PATIENCE)
    assert [] == recorded_files(assisting, call_id(assisting, ani))
    call.hang_up()

    kept = account(assisting, ani)
    assert [] == [one for one in kept.consents if one.given]
    assert () == kept.parts
    assert [] == recorded_files(assisting, kept.row.id)


def test_nothing_secret_is_recorded(assisting: Live, ani: str) -> None:
    """Before the login asks, its files are closed; what is keyed and heard there is not in them."""
    assisting.station.centrala("profiles", "add", stdin=f"{IDENTIFIER}\n{PIN}\n")
    call, ear = agreed(assisting, ani, HELD_OUT[4])
    says(call, "adresy", HELD_OUT[4])
    ear.wait_for("pl:identifier", timeout=PATIENCE)
    call.play(sounds.tone(tones.CALLER_VOICE))
    files = recorded_files(assisting, call_id(assisting, ani))
    closed = [recorded(assisting, name) for name in files]
    press(call, f"{IDENTIFIER}#")
    ear.wait_for("pl:pin", timeout=PATIENCE)
    press(call, f"{PIN}#")
    ear.wait_for("pl:authenticated", timeout=PATIENCE)
    assert files == recorded_files(assisting, call_id(assisting, ani))
    assert all(np.array_equal(before, recorded(assisting, name)) for before, name in zip(closed, files, strict=True))
    call.hang_up()

    (part,) = account(assisting, ani).parts
    assert ["pl:assistant-question", "pl:assistant"] == keys_of(assisting, part.agent_file)
    assert (
        tones.loudness(recorded(assisting, part.caller_file)[-tones.RATE // 5 :], tones.CALLER_VOICE) < LOUDEST_SILENCE
    )


def test_a_process_that_dies_leaves_no_recording_running(assisting: Live, ani: str) -> None:
    """Asterisk closes its files while the call goes on, here to a consultant without the IVR."""
    call, ear = agreed(assisting, ani, HELD_OUT[6])
    wait_for(lambda: recorded_files(assisting, call_id(assisting, ani)), "a recording")
    files = recorded_files(assisting, call_id(assisting, ani))
    node(assisting, 0).kill()
    assert all(len(recorded(assisting, name)) for name in files)
    assert call.up
    ear.wait_for("pl:connecting", timeout=PATIENCE)
    call.hang_up()
    stand_up(assisting)

    (part,) = account(assisting, ani).parts
    assert set(files) == {part.caller_file, part.agent_file}
    assert part.started_at < part.ended_at


def test_consent_to_the_assistant_is_withdrawn(assisting: Live, ani: str) -> None:
    """By the command, as of any recording: nothing of the call stays."""
    call, ear = agreed(assisting, ani, HELD_OUT[8])
    says(call, "zasiłki", HELD_OUT[8])
    ear.wait_for("pl:about-benefits", timeout=PATIENCE)
    call.hang_up()
    kept = account(assisting, ani)
    for name in recorded_files(assisting, kept.row.id):
        recorded(assisting, name)
    assisting.station.centrala("recordings", "intake")
    assert [("kept", "virtual_assistant", None)] == recordings_of(assisting, kept.row.id)
    assisting.station.centrala("recordings", "withdraw", "--call", kept.row.id, "--yes")
    assert [] == recordings_of(assisting, kept.row.id)

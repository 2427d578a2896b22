from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import provision
from ivr.audio import AudioError, PromptStore, wav
from ivr.audio.saying import sequences_of
from ivr.audio.speech import Speech
from ivr.definition import Flow
from ivr.prompts import Prompt
from tests.menu_files import OFFICES, SMALL

pytestmark = pytest.mark.live

VOICES = {"pl": "pl", "uk": "uk", "en": "en-gb"}
GREETINGS = {"pl": "Dzień dobry, tu infolinia.", "uk": "Добрий день, це інфолінія.", "en": "Hello, this is a helpline."}
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def espeak() -> provision.Program:
    """espeak-ng; where it cannot be had, the tests say why they are skipped."""
    try:
        return provision.espeak_ng()
    except provision.ProvisionError as error:
        pytest.skip(f"no espeak-ng: {error}")


@pytest.fixture
def speech(espeak: provision.Program) -> Speech:
    """The voices that are usual here."""
    return Speech(VOICES, 150, lambda: espeak)


@pytest.mark.parametrize("lang", ["pl", "uk", "en"])
def test_each_language_is_spoken(speech: Speech, lang: str) -> None:
    """A greeting lasts as long as a person would take for it, and is neither a hum nor noise."""
    samples = np.frombuffer(speech.say(Prompt("greeting", lang, GREETINGS[lang])), np.int16) / 32768
    assert 1.0 < len(samples) / wav.RATE < 4.0
    assert 0.02 < np.sqrt(np.mean(samples**2)) < 0.2
    power = np.abs(np.fft.rfft(samples)) ** 2
    speech_band = power[(300 * len(samples)) // wav.RATE : (3400 * len(samples)) // wav.RATE]
    assert 0.5 < speech_band.sum() / power.sum()


def test_the_same_words_sound_the_same(speech: Speech) -> None:
    """Speech does not depend on when or where it is made, so one copy will do."""
    greeting = Prompt("greeting", "pl", GREETINGS["pl"])
    assert speech.say(greeting) == speech.say(greeting)


def test_fewer_words_per_minute_last_longer(espeak: provision.Program) -> None:
    """The pace is a setting."""
    greeting = Prompt("greeting", "pl", GREETINGS["pl"])
    lengths = [len(Speech(VOICES, pace, lambda: espeak).say(greeting)) for pace in (200, 150, 100)]
    assert sorted(lengths) == lengths


@pytest.mark.parametrize("text", ["-w /tmp/x", "<speak>Raz.</speak>", "$(reboot) `id` ; raz", '"Raz" i \\dwa\\'])
def test_words_are_never_anything_else(speech: Speech, text: str) -> None:
    """What looks like an option, a mark-up or a command is words to be said."""
    assert len(speech.say(Prompt("words", "pl", text))) > 0


@pytest.mark.parametrize("text", ["…", "--", "."])
def test_what_cannot_be_said_is_named(speech: Speech, text: str) -> None:
    """A text without a word in it is told by its prompt's name."""
    with pytest.raises(AudioError, match=r'prompt "dots" \(pl\): espeak-ng says nothing'):
        speech.say(Prompt("dots", "pl", text))


def test_an_unknown_voice_is_told_with_where_to_choose(espeak: provision.Program) -> None:
    """The message says which language, which voice, and where it is set."""
    with pytest.raises(AudioError, match=r'cannot speak "pl" with the voice "nobody".*prompts: voices:'):
        Speech({"pl": "nobody"}, 150, lambda: espeak).say(Prompt("greeting", "pl", "Raz."))


def test_a_flow_is_spoken_whole(speech: Speech, small: Flow, tmp_path: Path) -> None:
    """A build speaks every prompt in every language; afterwards nothing is left to be made."""
    store = PromptStore(tmp_path, speech=speech)
    report = store.build(small)
    assert (report.prompts, 0) == (report.rendered, report.recorded)
    nobody = provision.Program(("/nonexistent/espeak-ng",), "0")
    later = PromptStore(tmp_path, speech=Speech(VOICES, 150, lambda: nobody))
    assert report.seconds == later.build(small).seconds
    assert all(later.sound(said).seconds > 0 for said in sequences_of(small))


def centrala(folder: Path, *arguments: str, voice: str = "pl") -> subprocess.CompletedProcess[str]:
    """Run the command line with the small service, in an installation of its own, with a Polish voice."""
    (folder / "menus.yaml").write_text(SMALL)
    (folder / "offices.csv").write_bytes(OFFICES)
    (folder / "settings.yaml").write_text(f"prompts:\n  voices: {{pl: {voice}, en: en}}\n")
    own = {"CENTRALA_HOME": str(folder / "home"), "CENTRALA_SETTINGS": str(folder / "settings.yaml")}
    environment = {**os.environ, **own, "CENTRALA_DATABASE_URL": ""}
    command = [sys.executable, "-m", "centrala", "prompts", "build", "--menus", str(folder / "menus.yaml"), *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)


def test_the_command_tells_what_it_made(tmp_path: Path, espeak: provision.Program) -> None:
    """`prompts build` ends with a line of counts; once more, and nothing is made."""
    first = centrala(tmp_path)
    assert (0, 1) == (first.returncode, len(first.stdout.splitlines())), first.stderr
    assert "0 rendered, 0 joined" not in first.stdout
    assert "0 rendered, 0 joined, the rest was there" in centrala(tmp_path).stdout


def test_the_command_speaks_json(tmp_path: Path, espeak: provision.Program) -> None:
    """With --json stdout is one object and nothing else, even while an installation is being made."""
    told = centrala(tmp_path, "--json")
    report = json.loads(told.stdout)
    assert ["prompts", "recorded", "sequences", "rendered", "joined", "seconds"] == list(report)
    assert report["prompts"] == report["rendered"]
    assert "making the database" in told.stderr


def test_the_command_tells_faults_without_a_traceback(tmp_path: Path, espeak: provision.Program) -> None:
    """A voice that does not exist is a line for people, and the exit code says that it failed."""
    told = centrala(tmp_path, voice="nobody")
    assert (2, "") == (told.returncode, told.stdout)
    assert 'with the voice "nobody"' in told.stderr
    assert "Traceback" not in told.stderr

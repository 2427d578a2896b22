"""`centrala recordings play`: through a pipe to a player, which may be missing, fail, or be left at any moment."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from centrala.commands.recording_playback import PLAYERS
from recordings.catalogue import State
from recordings.purge import Places
from tests.cli.conftest import ROOT, Run
from tests.cli.keeping import environment, opened
from tests.cli.terminal import Terminal
from tests.recordings.kept import a_recording, id_of, keep, keep_sound
from tests.recordings.sounds import RATE, tone

PLAY = (sys.executable, "-W", "ignore", "-m", "centrala", "recordings", "play", id_of(1))
HEAD = f"#!{sys.executable} -I\nimport hashlib, json, os, signal, sys\nsound = sys.stdin.buffer\n"
# Tells what it heard, from where, and what files whoever sends it holds open for writing meanwhile.
LISTENS = """
begin = sound.read(1000)
parent = f"/proc/{os.getppid()}"
written = [
    (os.readlink(f"{parent}/fd/{one}"), os.stat(f"{parent}/fd/{one}").st_size)
    for one in os.listdir(f"{parent}/fd")
    if os.readlink(f"{parent}/fd/{one}").startswith("/") and not os.readlink(f"{parent}/fd/{one}").startswith("/dev/")
    if int(open(f"{parent}/fdinfo/{one}").read().split("flags:")[1].split()[0], 8) & 3
]
whole = hashlib.sha256(begin + sound.read()).hexdigest()
told = {"words": sys.argv[1:], "from": os.readlink("/proc/self/fd/0"), "sha256": whole, "written": written}
print(json.dumps(told))
"""
DIES = "sound.read(1000)\nprint('a library: no such card\\nplayer: no card', file=sys.stderr)\nsys.exit(1)\n"
IS_KILLED = "sound.read(1000)\nos.kill(os.getpid(), signal.SIGKILL)\n"
HAS_HEARD_ENOUGH = "sound.read(1000)\n"
HANGS = "signal.signal(signal.SIGINT, signal.SIG_IGN)\nprint(f'hangs {os.getpid()}.', flush=True)\nsignal.pause()\n"


@dataclass(frozen=True, slots=True)
class Desk:
    """A supervisor's machine with a recording of a minute, and a folder of programs, which are all that it has."""

    home: Path
    plain: Path
    programs: Path

    def has(self, player: str, does: str) -> None:
        """Put a player there, which does that."""
        path = self.programs / player
        path.write_text(HEAD + does)
        path.chmod(0o700)

    def plays(self, *words: str) -> Terminal:
        """Play the recording in a terminal."""
        return Terminal((*PLAY, *words), environment(self.home) | {"PATH": str(self.programs)})

    def hears(self, *words: str) -> tuple[str, int]:
        """Play it to its end: what is shown, and the exit code."""
        return self.plays(*words).finish()

    def pipes(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        """Play it where standard output is no terminal."""
        return subprocess.run((*PLAY, *words), cwd=ROOT, env=environment(self.home), capture_output=True, check=False)


@pytest.fixture
def places(tmp_path: Path, run: Run) -> Iterator[Places]:
    """Where recordings lie."""
    with opened(tmp_path / "home") as made:
        yield made


@pytest.fixture
def desk(tmp_path: Path, places: Places) -> Desk:
    """A machine without any player yet."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for needed in ("env", "setsid"):
        (programs / needed).symlink_to(shutil.which(needed) or needed)
    return Desk(tmp_path / "home", keep_sound(places, a_recording(1), tone(60), tone(50, hertz=700)), programs)


def later(plain: Path, seconds: int) -> bytes:
    """The samples of a file from that second on."""
    with wave.open(str(plain)) as file:
        file.setpos(seconds * RATE)
        return bytes(file.readframes(file.getnframes()))


@pytest.mark.parametrize(
    ("player", "words"),
    [
        ("play", ["-q", "-t", "wav", "-"]),
        ("aplay", ["-q", "-"]),
        ("ffplay", ["-nodisp", "-autoexit", "-loglevel", "error", "-i", "-"]),
    ],
)
def test_a_player_hears_it_through_a_pipe(desk: Desk, player: str, words: list[str]) -> None:
    """Byte by byte; and while it plays nothing of it is on the disk."""
    desk.has(player, LISTENS)
    shown, code = desk.hears()
    told = json.loads(shown)
    expected = hashlib.sha256(desk.plain.read_bytes()).hexdigest()
    assert (0, words, expected) == (code, told["words"], told["sha256"])
    assert told["from"].startswith("pipe:")
    assert [] == [path for path, size in told["written"] if size and not path.startswith(str(desk.home))]
    plain = desk.plain.read_bytes()[10_000:11_000]
    assert [] == [path for path in desk.home.rglob("*") if path.is_file() and plain in path.read_bytes()]


def test_without_a_player_it_is_said_what_to_do(desk: Desk) -> None:
    """Install one, or hear it where one is."""
    shown, code = desk.hears()
    assert 2 == code
    assert "centrala: no player is here (play, aplay or ffplay); install one, or hear it" in shown
    assert f"centrala recordings play {id_of(1)} | ffplay" in shown


@pytest.mark.parametrize(
    ("does", "told"),
    [(DIES, "did not play it (player: no card)"), (IS_KILLED, "did not play it (it ended without a word)")],
)
def test_a_player_that_dies_in_the_middle_is_told(desk: Desk, does: str, told: str) -> None:
    """No sound card, or a crash: in its own last words."""
    desk.has("aplay", does)
    shown, code = desk.hears()
    assert (2, True) == (code, told in shown)
    assert "Traceback" not in shown


def test_who_has_heard_enough_closes_the_player(desk: Desk) -> None:
    """That is no fault."""
    desk.has("ffplay", HAS_HEARD_ENOUGH)
    assert ("", 0) == desk.hears()


def test_an_interruption_ends_the_player_too(desk: Desk) -> None:
    """Even one that does not heed it and does not read."""
    desk.has("play", HANGS)
    terminal = desk.plays()
    terminal.wait_for(".")
    terminal.type("\x03")
    shown, code = terminal.finish()
    assert (130, True) == (code, "centrala: interrupted" in shown)
    with pytest.raises(ProcessLookupError):
        os.kill(int(shown.partition("hangs ")[2].partition(".")[0]), 0)


def test_a_seal_that_is_broken_at_the_end_stops_the_player(desk: Desk) -> None:
    """What was heard until then was whole."""
    desk.has("play", LISTENS)
    (path,) = (desk.home / "archive").rglob("*.sealed")
    path.write_bytes(path.read_bytes()[:-1])
    shown, code = desk.hears()
    assert (2, True) == (code, "centrala: changed, cut short" in shown)
    assert "sha256" not in shown


def test_it_begins_later(desk: Desk) -> None:
    """At whichever second; players get a sound that begins there, and a pipe as well."""
    desk.has("aplay", LISTENS)
    shown, code = desk.hears("--from", "30")
    piped = desk.pipes("--from", "30")
    with wave.open(io.BytesIO(piped.stdout)) as file:
        assert later(desk.plain, 30) == file.readframes(file.getnframes())
    assert (0, hashlib.sha256(piped.stdout).hexdigest()) == (code, json.loads(shown)["sha256"])


def test_nothing_begins_after_its_end(desk: Desk) -> None:
    """It is said how long it is."""
    done = desk.pipes("--from", "60")
    assert (2, True) == (done.returncode, b"the recording is over after 60 seconds" in done.stderr)


def test_compressed_sound_begins_later_in_a_player_alone(desk: Desk, places: Places) -> None:
    """SoX and ffplay know how; aplay plays no compressed sound at all."""
    words = {player.words[0]: player.command("flac", 30) for player in PLAYERS if not player.wav_alone}
    assert {
        "play": ["play", "-q", "-t", "flac", "-", "trim", "30"],
        "ffplay": [*("ffplay", "-nodisp", "-autoexit", "-loglevel", "error", "-i", "-"), "-af", "atrim=start=30"],
    } == words
    keep(places, a_recording(2, format="flac"))
    done = subprocess.run(
        (*PLAY[:-1], id_of(2), "--from", "30"), cwd=ROOT, env=environment(desk.home), capture_output=True, check=False
    )
    assert (2, True) == (done.returncode, b"only wav can begin later in a pipe, and this is flac" in done.stderr)


def test_a_pipe_that_is_closed_ends_it(desk: Desk) -> None:
    """Without a word, and with the exit code of its own."""
    with subprocess.Popen(
        PLAY, cwd=ROOT, env=environment(desk.home), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert b"RIFF" == process.stdout.read(4)
        process.stdout.close()
        assert (b"", 141) == (process.stderr.read(), process.wait())


def test_what_is_being_destroyed_is_not_heard(run: Run, places: Places) -> None:
    """Though its key may still be there."""
    keep(places, a_recording(1, state=State.PURGING))
    result = run("recordings", "play", id_of(1))
    assert (2, True) == (result.exit_code, f"recording {id_of(1)} cannot be played" in result.stderr)
    result = run("recordings", "play", "nobody")
    assert (2, True) == (result.exit_code, "there is no recording nobody" in result.stderr)

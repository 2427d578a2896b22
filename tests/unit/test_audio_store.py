from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import wave
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import provision
from ivr.audio import AudioError, PromptStore, Sound, wav
from ivr.audio.keys import PAUSE_SECONDS, Keys, sequence_key
from ivr.audio.recordings import Recordings
from ivr.audio.saying import prompts_of, sequences_of
from ivr.audio.speech import Speech
from ivr.definition import Flow
from ivr.prompts import Prompt
from tests.live.tones import Pair, assign, decode, render, write_wav

HELLO = Prompt("hello", "pl", "Dzień dobry.")
MENU = Prompt("menu", "pl", "Wybierz.")
BYE = Prompt("bye", "pl", "Do widzenia.")

# Another process that builds the small service's prompts, from tones that lie there already.
BUILDER = """
import sys
from pathlib import Path
from tests.menu_files import SMALL, load_text
from tests.unit.test_audio_store import silent_store
report = silent_store(Path(sys.argv[1])).build(load_text(SMALL).flow)
print(report.rendered)
"""
# Another process that may not write more than a little into any file.
CRAMPED = """
import resource, sys
from pathlib import Path
from ivr.audio import AudioError, wav
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    wav.write(Path(sys.argv[1]) / "a.wav", bytes(5000))
except AudioError as error:
    print(error)
"""
ROOT = Path(__file__).parents[2]


@pytest.fixture
def store(tmp_path: Path) -> PromptStore:
    """An empty store whose espeak-ng is not there, so that nothing can be spoken unnoticed."""
    return silent_store(tmp_path)


def silent_store(folder: Path) -> PromptStore:
    """A store in a folder, without a voice."""
    nobody = provision.Program(("/nonexistent/espeak-ng",), "0")
    return PromptStore(folder, speech=Speech({}, 150, lambda: nobody))


def fill(store: PromptStore, prompts: Iterable[Prompt]) -> dict[str, Pair]:
    """Put a pair of tones in the place of each prompt; which pair is which prompt."""
    wanted = {f"{prompt.name} {prompt.lang} {prompt.text}": prompt for prompt in prompts}
    pairs = assign(wanted)
    for name, prompt in wanted.items():
        store.file_of(prompt).parent.mkdir(exist_ok=True)
        write_wav(store.file_of(prompt), render(pairs[name]))
    return pairs


def fill_for(store: PromptStore, flow: Flow) -> dict[str, Pair]:
    """Tones for all that a flow can say."""
    return fill(store, prompts_of(flow, sequences_of(flow)))


def samples(sound: Sound) -> bytes:
    """The samples of a sound's file."""
    return wav.read(Path(f"{sound.path}.wav"))


# What a turn says is one file


def test_prompts_are_heard_one_after_another(store: PromptStore) -> None:
    """The file of three prompts sounds like the first, then the second, then the third."""
    pairs = fill(store, [HELLO, MENU, BYE])
    heard = decode(samples(store.sound((BYE, HELLO, MENU))), pairs)
    assert ["bye", "hello", "menu"] == [piece.key.split()[0] for piece in heard]
    assert not any(piece.cut for piece in heard)
    assert store.sound((BYE, HELLO)) != store.sound((HELLO, BYE))


def test_a_short_pause_parts_prompts(store: PromptStore) -> None:
    """Nothing is added to the prompts but a quarter of a second of silence between them."""
    fill(store, [HELLO, MENU])
    hello, menu, both = (samples(store.sound(said)) for said in ((HELLO,), (MENU,), (HELLO, MENU)))
    assert hello + wav.silence(PAUSE_SECONDS) + menu == both
    assert 0.25 == PAUSE_SECONDS


def test_a_sound_knows_its_length(store: PromptStore) -> None:
    """Its seconds are those of the file that Asterisk plays: 8 kHz, mono, 16 bits."""
    fill(store, [HELLO, MENU])
    sound = store.sound((HELLO, MENU))
    with wave.open(f"{sound.path}.wav") as file:
        assert (8000, 1, 2) == (file.getframerate(), file.getnchannels(), file.getsampwidth())
        assert file.getnframes() / 8000 == sound.seconds


def test_a_single_prompt_is_its_own_file(store: PromptStore) -> None:
    """One prompt alone is not copied."""
    fill(store, [HELLO])
    assert store.file_of(HELLO) == Path(f"{store.sound((HELLO,)).path}.wav")


def test_where_nothing_is_said_there_is_a_file_too(store: PromptStore) -> None:
    """A gather without prompts still needs something to play: a moment of silence."""
    sound = store.sound(())
    assert (bytes(1600), 0.1) == (samples(sound), sound.seconds)


def test_a_known_sound_needs_no_disk(store: PromptStore) -> None:
    """Once asked for, a sound is answered from memory."""
    fill(store, [HELLO, MENU])
    sound = store.sound((HELLO, MENU))
    Path(f"{sound.path}.wav").unlink()
    assert sound == store.sound((HELLO, MENU))


# Keys


def key_of(prompt: Prompt, voice: str = "pl", words_per_minute: int = 150) -> str:
    """The prompt's key with a voice."""
    return Keys(Speech({prompt.lang: voice}, words_per_minute), Recordings(None)).of(prompt)


def test_whatever_changes_the_sound_changes_the_key() -> None:
    """Text, language, voice and speed each make another file; the prompt's name does not."""
    keys = [
        key_of(HELLO),
        key_of(Prompt("hello", "pl", "Dzień dobry")),
        key_of(Prompt("hello", "uk", "Dzień dobry.")),
        key_of(HELLO, voice="pl+f2"),
        key_of(HELLO, words_per_minute=140),
    ]
    assert len(keys) == len(set(keys))
    assert key_of(HELLO) == key_of(Prompt("welcome", "pl", "Dzień dobry."))


words = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), min_size=1)


@given(st.lists(st.lists(words.map(lambda text: Prompt("any", "pl", text)), min_size=1).map(tuple), unique=True))
def test_each_sequence_has_its_own_key(sequences: list[tuple[Prompt, ...]]) -> None:
    """However texts are cut into prompts and prompts into sequences, no two share a file."""
    keys = {sequence_key([key_of(prompt) for prompt in said]) for said in sequences}
    assert len(sequences) == len(keys)


# Building


def test_a_build_makes_all_that_can_be_said(store: PromptStore, small: Flow) -> None:
    """After a build no sequence of the flow is missing, in any language."""
    fill_for(store, small)
    report = store.build(small)
    sequences = sequences_of(small)
    assert (0, len(sequences)) == (report.rendered, report.sequences)
    assert sum(len(said) > 1 for said in sequences) == report.joined
    files = set(store.file_of(HELLO).parent.iterdir())
    for said in sequences:
        store.sound(said)
    assert files == set(store.file_of(HELLO).parent.iterdir())


def test_a_second_build_makes_nothing(store: PromptStore, small: Flow, tmp_path: Path) -> None:
    """What is there stays as it is, to the last modification time; another process finds it too."""
    fill_for(store, small)
    first = store.build(small)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    second = silent_store(tmp_path).build(small)
    assert (0, 0, first.prompts, first.sequences) == (second.rendered, second.joined, second.prompts, second.sequences)
    assert before == {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}


def test_a_changed_text_costs_only_itself(store: PromptStore, small: Flow) -> None:
    """Only what says the new words is made again."""
    fill_for(store, small)
    store.build(small)
    news = Prompt("news", "pl", "Inna nowina.")
    fill(store, [news])
    assert 1 == store.build(replace(small, prompts={**small.prompts, ("news", "pl"): news})).joined


def test_progress_goes_from_nothing_to_all(store: PromptStore, small: Flow) -> None:
    """Each thing that is found or made is one step, up to as many as were announced."""
    fill_for(store, small)
    steps: list[tuple[int, int]] = []
    report = store.build(small, lambda done, total: steps.append((done, total)))
    total = report.prompts + report.sequences
    assert [(done, total) for done in range(1, total + 1)] == steps


def test_every_address_of_the_table_is_said(store: PromptStore, small: Flow) -> None:
    """Addresses are prompts like any other once a build is done; the bare template is not."""
    said = {prompt.text for prompt in prompts_of(small, sequences_of(small)) if prompt.name == "address"}
    assert {"Oddział, Prosta 1, 00-001 Warszawa", "Inspektorat, Krzywa 2, 50-001 Wrocław"} == said


# Several at once


def test_builders_do_not_clash(store: PromptStore, small: Flow, tmp_path: Path) -> None:
    """Three processes that build into one folder at once leave what one would have left."""
    pairs = fill_for(store, small)
    command = [sys.executable, "-c", BUILDER, str(tmp_path)]
    builders = [subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) for _ in range(3)]
    assert ["0\n"] * 3 == [builder.communicate(timeout=120)[0] for builder in builders]
    assert [] == [path.name for path in tmp_path.rglob(".*")]
    for said in sequences_of(small):
        heard = [piece.key for piece in decode(samples(store.sound(said)), pairs)]
        assert [f"{prompt.name} {prompt.lang} {prompt.text}" for prompt in said] == heard


def test_many_calls_may_ask_at_once(store: PromptStore) -> None:
    """Threads that want the same sound, not yet joined, all get the same whole file."""
    fill(store, [HELLO, MENU, BYE])
    together = threading.Barrier(8)

    def ask(_number: int) -> Sound:
        together.wait(timeout=30)
        return store.sound((HELLO, MENU, BYE))

    with ThreadPoolExecutor(8) as pool:
        sounds = set(pool.map(ask, range(8)))
    assert 1 == len(sounds)
    assert wav.find(Path(f"{sounds.copy().pop().path}.wav")) in sounds


def test_nobody_sees_half_a_file(tmp_path: Path) -> None:
    """While a file is written over and over, whoever looks finds a whole one."""
    path, done = tmp_path / "sound.wav", threading.Event()
    wav.write(path, bytes(16000))

    def keep_writing() -> None:
        for length in range(200):
            wav.write(path, bytes(2 * (8000 + length)))
        done.set()

    with ThreadPoolExecutor(1) as pool:
        writing = pool.submit(keep_writing)
        looks = 0
        while not done.is_set() and looks < 100_000:
            found = wav.find(path)
            assert found is not None
            assert 1.0 <= found.seconds <= 1.1
            looks += 1
        writing.result()


# What can be wrong


def test_a_truncated_file_is_named(store: PromptStore) -> None:
    """A cached file that lost its end is an error that says which file, and that deleting it mends it."""
    fill(store, [HELLO])
    path = store.file_of(HELLO)
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(AudioError, match=r"unusable sound \(it is cut short\); delete it") as caught:
        store.sound((HELLO,))
    assert str(path) in str(caught.value)


def test_a_file_of_another_format_is_named(store: PromptStore) -> None:
    """A file that Asterisk would play at the wrong speed is refused."""
    store.file_of(HELLO).parent.mkdir(exist_ok=True)
    with wave.open(str(store.file_of(HELLO)), "wb") as file:
        file.setparams((2, 2, 44100, 0, "NONE", ""))
        file.writeframes(bytes(4000))
    with pytest.raises(AudioError, match="it is not wav 8000 Hz mono 16 bit"):
        store.sound((HELLO,))


@given(st.binary(max_size=200), st.integers(0, 60), st.integers(0, 60))
def test_whatever_lies_in_the_cache_is_a_sound_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, noise: bytes, start: int, length: int
) -> None:
    """Bytes of any kind in the place of a file, or in the middle of one, never do more than be refused."""
    path = tmp_path_factory.mktemp("noise") / "sound.wav"
    wav.write(path, bytes(400))
    whole = path.read_bytes()
    for damaged in (noise, whole[:start] + noise[:length] + whole[start + length :]):
        path.write_bytes(damaged)
        with contextlib.suppress(AudioError):
            assert wav.find(path) is not None


def test_what_is_no_file_is_an_error(tmp_path: Path) -> None:
    """A folder where a sound should be cannot be read, and says so."""
    (tmp_path / "sound.wav").mkdir()
    with pytest.raises(AudioError, match=r"sound\.wav: cannot be read"):
        wav.find(tmp_path / "sound.wav")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """Where a file stands in the way of the folder, the message names it."""
    (tmp_path / "prompts").write_text("in the way")
    with pytest.raises(AudioError, match=r"prompts: sound cannot be kept here \((File exists|Not a directory)\)"):
        wav.write(tmp_path / "prompts" / "sound.wav", bytes(2))


def test_a_full_disk_leaves_nothing_behind(tmp_path: Path) -> None:
    """When a file cannot be written to its end, there is an error for people, and no half of it."""
    command = [sys.executable, "-c", CRAMPED, str(tmp_path)]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert f"{tmp_path}: sound cannot be kept here (File too large)\n" == told.stdout
    assert [] == os.listdir(tmp_path)


def test_without_a_voice_the_build_says_what_to_install(store: PromptStore, small: Flow) -> None:
    """espeak-ng that is not there is an error for people, and nothing is half-built."""
    with pytest.raises(AudioError, match=r"espeak-ng does not run .* install the package espeak-ng"):
        store.build(small)

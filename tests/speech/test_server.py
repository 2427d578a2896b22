"""The recogniser as Asterisk speaks to it: real sound, and peers that send nonsense, stall and vanish."""

from __future__ import annotations

import json
import math
import random
import socket
import struct
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from centrala.speech_measuring import spoken
from speech.messages import GRAMMAR, NOTHING, Listening
from speech.probing import fault_of
from speech.recognition import Listener, Model
from tests.speech.peers import SILENCE, Address, Line

TOPICS = ("emerytury", "zasiłki", "pomoc techniczna", "inny temat", "dwa")
SECONDS = 2
PACKET = 320

pytestmark = pytest.mark.usefixtures("voices")


def waves(*hertz: float, amplitude: int = 8000) -> bytes:
    """Some seconds of tones, each hertz at once with the others."""
    return b"".join(
        struct.pack("<h", round(sum(amplitude / len(hertz) * math.sin(2 * math.pi * f * n / 8000) for f in hertz)))
        for n in range(8000 * SECONDS)
    )


def melody() -> bytes:
    """Something like music: chords that change twice a second."""
    chance = random.Random(3)
    notes = [262 * 2 ** (chance.randrange(24) / 12) for _ in range(8)]
    return b"".join(waves(note, note * 1.25, note * 1.5)[:8000] for note in notes)


def test_a_phrase_comes_back_with_its_score(recogniser: Address) -> None:
    """By its words, sure of itself; then nothing is heard until somebody asks again."""
    with Line(recogniser) as line:
        assert [{"name": "slin"}] == line.set_up()["codecs"]
        line.listen_for("pl", *TOPICS)
        line.play(spoken("pl", "emerytury", "klatt"))
        text, score = line.result()
        assert ("emerytury", True) == (text, score >= 80)
        line.play(spoken("pl", "zasiłki", "klatt"))
        line.listen_for("pl", *TOPICS)
        line.play(spoken("pl", "pomoc techniczna", "klatt"))
        assert "pomoc techniczna" == line.result()[0]


def test_each_stream_has_words_and_a_language_of_its_own(recogniser: Address) -> None:
    """Twenty at once; one model serves all of a language."""

    def call(number: int) -> bool:
        lang, word = [("pl", "emerytury"), ("uk", "пенсії")][number % 2]
        with Line(recogniser) as line:
            line.set_up()
            line.listen_for(lang, word, *(TOPICS if lang == "pl" else ()))
            line.play(spoken(lang, word, "anika"))
            return line.result()[0] == word

    with ThreadPoolExecutor(20) as pool:
        assert [True] * 20 == list(pool.map(call, range(20)))


def test_what_is_no_phrase_is_told_once_the_prompt_is_over(recogniser: Address) -> None:
    """Not before: a cough over the prompt cuts nobody short."""
    with Line(recogniser) as line:
        line.set_up()
        line.listen_for("pl", *TOPICS, prompt=1.5)
        line.play_slowly(spoken("pl", "poniedziałek", "klatt") + spoken("pl", "samochód", "klatt") + SILENCE)
        assert (NOTHING, 0) == line.result()
        with pytest.raises(TimeoutError):
            line.receive(0.3)


@pytest.mark.parametrize(
    ("skips", "told"),
    [
        ((0.0, 0.0), False),
        # The word begins between the second and the third second of what is heard.
        ((0.5, 0.5), False),
        ((1.5, 1.0), True),
        ((9.0, 0.0), True),
    ],
)
def test_a_prompt_goes_on_while_sound_is_skipped(
    models: Mapping[str, Model], skips: tuple[float, float], told: bool
) -> None:
    """What is said behind the sound that a slow machine skipped may be said after the prompt."""
    listener = Listener(models["pl"], Listening("pl", TOPICS, 4.0))
    sound = SILENCE + spoken("pl", "poniedziałek", "klatt") + SILENCE
    heard = [listener.hear(SILENCE[:PACKET], skipped) for skipped in skips]
    assert [None, None, told] == [*heard, listener.hear(sound) is not None]


def test_sound_that_is_skipped_behind_the_prompt_changes_nothing(models: Mapping[str, Model]) -> None:
    """The prompt is over by then, where it was."""
    listener = Listener(models["pl"], Listening("pl", TOPICS, 4.0))
    noise, rest = SILENCE + spoken("pl", "poniedziałek", "klatt") + SILENCE, SILENCE + SILENCE
    assert [None, None] == [listener.hear(noise), listener.hear(rest)]
    assert listener.hear(spoken("pl", "poniedziałek", "klatt") + SILENCE, 60.0) is not None


def test_whoever_takes_leave_is_answered_and_the_recogniser_closes(recogniser: Address) -> None:
    """In this order; also while it still listens."""
    with Line(recogniser) as line:
        line.set_up()
        line.listen_for("pl", *TOPICS)
        assert "error_msg" not in line.take_leave()
        assert line.is_closed()


def test_a_telephone_that_sends_no_silence_is_understood(recogniser: Address) -> None:
    """Silence is what nothing comes of."""
    with Line(recogniser) as line:
        line.set_up()
        line.listen_for("pl", *TOPICS)
        line.play(spoken("pl", "zasiłki", "klatt")[: -8000 * 2 * 3 // 2])
        assert "zasiłki" == line.result()[0]


@pytest.mark.parametrize(
    "sound",
    [
        bytes(8000 * 2 * SECONDS),
        random.Random(1).randbytes(8000 * 2 * SECONDS),
        waves(440),
        waves(425, amplitude=20000),
        waves(697, 1209),
        melody(),
        b"\x7f",
    ],
    ids=["silence", "noise", "a tone", "ringing", "a key", "music", "half a sample"],
)
def test_what_is_no_speech_is_no_phrase(recogniser: Address, sound: bytes) -> None:
    """Nothing of it is ever an option, however loud."""
    with Line(recogniser) as line:
        line.set_up()
        line.listen_for("pl", *TOPICS)
        line.play_slowly(sound + SILENCE)
        # Whatever is pushed comes before the answer to the next request.
        assert {NOTHING} >= {text for text, _ in line.results_before_an_answer()}


def test_what_cannot_be_listened_for_is_refused(recogniser: Address) -> None:
    """No phrases, unknown words, a language without a model, another codec: nothing of it reaches libvosk."""
    with Line(recogniser) as line:
        assert "error_msg" in line.ask("setup", codecs=[{"name": "opus"}])
        for phrases in ((), ("słoń",), ("[unk]",), ("]", '"')):
            assert "error_msg" in line.listen_for("pl", *phrases)
        assert "error_msg" in line.listen_for("en", "pensions")
        assert "error_msg" in line.ask("dance")
        assert {"results": []} == line.ask("get", params=["results"])["params"]
        line.play(SILENCE)
        line.listen_for("pl", "dwa")
        line.play(spoken("pl", "dwa", "klatt"))
        assert "dwa" == line.result()[0]


nonsense = st.one_of(
    st.text(),
    st.binary(),
    st.recursive(st.none() | st.integers() | st.text(), lambda inner: st.lists(inner)).map(json.dumps),
    st.fixed_dictionaries({"request": st.text() | st.integers(), "id": st.text(), "params": st.none() | st.text()}).map(
        json.dumps
    ),
    st.text().map(lambda text: json.dumps({"request": "set", "id": "1", "params": {GRAMMAR: text}})),
    st.text().map(
        lambda text: json.dumps(
            {"request": "set", "id": "1", "params": {GRAMMAR: f'{{"lang":"pl","phrases":["{text}"],"prompt":0}}'}}
        )
    ),
)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(nonsense, max_size=4))
def test_nonsense_ends_its_own_connection_at_worst(recogniser: Address, messages: list[str | bytes]) -> None:
    """The next peer is served as ever."""
    with Line(recogniser) as line:
        try:
            for message in messages:
                line.send(message)
        except Exception:
            assert line.is_closed()
    assert "" == fault_of(f"{recogniser[0]}:{recogniser[1]}")


def test_whoever_vanishes_in_mid_word_leaves_nothing(recogniser: Address) -> None:
    """Nor does who says nothing at all, or what is no WebSocket."""
    stalled = socket.create_connection(recogniser)
    for _ in range(20):
        line = Line(recogniser)
        line.set_up()
        line.listen_for("pl", *TOPICS)
        line.play(spoken("pl", "emerytury", "klatt")[:6400])
        line.drop()
    with socket.create_connection(recogniser) as raw:
        raw.sendall(b"\x00\xff nonsense \r\n\r\n")
    assert "" == fault_of(f"{recogniser[0]}:{recogniser[1]}")
    stalled.close()


def test_a_message_that_is_too_long_is_the_last_one(recogniser: Address) -> None:
    """A megabyte is no frame of sound."""
    with Line(recogniser) as line:
        line.set_up()
        line.send(bytes(1_000_000))
        assert line.is_closed()

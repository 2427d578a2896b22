"""Prompts as tones: what is rendered is read back, through a telephone line and whatever it does to sound."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demo.phone import Codec, Recording
from demo.phone.rtp import Packet
from tests.live import tones
from tests.live.tones import RATE, Decoder, Heard, Samples

PROMPTS = tuple(f"prompt-{number}" for number in range(len(tones.PAIRS)))
TABLE = tones.assign(PROMPTS)

sequences = st.lists(st.sampled_from(PROMPTS), max_size=8)
codecs = st.sampled_from(Codec)
gaps = st.integers(0, RATE)
unhurried = settings(deadline=None)


def silence(samples: int) -> Samples:
    """So much silence."""
    return np.zeros(samples, np.int16)


def steady(hertz: int, samples: int, amplitude: int) -> Samples:
    """A steady tone."""
    wave = amplitude * np.sin(2 * np.pi * hertz * np.arange(samples) / RATE)
    return wave.astype(np.int16)


def spoken(sequence: list[str], gap: int = 0) -> Samples:
    """The prompts one after another, so many samples of silence before each."""
    return np.concatenate([silence(0), *(part for key in sequence for part in spoken_once(key, gap))])


def spoken_once(key: str, gap: int) -> tuple[Samples, Samples]:
    """A silence and a prompt."""
    return silence(gap), tones.render(TABLE[key])


def over_the_line(codec: Codec, sound: Samples) -> bytes:
    """What is left of a sound after its codec."""
    return codec.decode(codec.encode(sound.tobytes()))


def keys(heard: list[Heard]) -> list[str]:
    """The prompts without their times."""
    return [one.key for one in heard]


def added(*sounds: Samples) -> Samples:
    """Sounds at the same time, cut where they are too loud."""
    total = sum((sound.astype(np.int32) for sound in sounds), np.zeros(len(sounds[0]), np.int32))
    return np.clip(total, -32_000, 32_000).astype(np.int16)


@unhurried
@given(sequence=sequences, codec=codecs, gap=gaps)
def test_any_sequence_is_heard_as_it_was_spoken(sequence: list[str], codec: Codec, gap: int) -> None:
    """Any prompts in any order, repeated ones included, decode to themselves through either codec, uncut."""
    heard = tones.decode(over_the_line(codec, spoken(sequence, gap)), TABLE)

    assert sequence == keys(heard)
    assert not any(one.cut for one in heard)


@unhurried
@given(sequence=sequences, codec=codecs, sizes=st.lists(st.integers(80, 2000), min_size=1, max_size=20))
def test_it_does_not_matter_in_what_pieces_sound_arrives(sequence: list[str], codec: Codec, sizes: list[int]) -> None:
    """Sound fed piece by piece, of whatever sizes, is heard like sound fed at once."""
    sound = np.frombuffer(over_the_line(codec, spoken(sequence)), np.int16)
    decoder = Decoder(TABLE)
    for start, size in pieces(len(sound), sizes):
        decoder.feed(sound[start : start + size])

    assert sequence == keys(decoder.finish())


def pieces(total: int, sizes: list[int]) -> list[tuple[int, int]]:
    """Cut a length into pieces, the sizes used in turn."""
    cuts: list[tuple[int, int]] = []
    start = 0
    while start < total:
        size = sizes[len(cuts) % len(sizes)]
        cuts.append((start, size))
        start += size
    return cuts


@unhurried
@given(key=st.sampled_from(PROMPTS), after=st.sampled_from(PROMPTS), milliseconds=st.integers(80, 250))
def test_a_prompt_cut_by_a_key_still_counts(key: str, after: str, milliseconds: int) -> None:
    """A prompt of which 80 ms were heard is found and marked as cut, even when the same one follows at once."""
    whole = tones.render(TABLE[key])
    cut = whole[: round((tones.LEAD_SECONDS + milliseconds / 1000) * RATE)]
    heard = tones.decode(over_the_line(Codec.PCMU, np.concatenate([cut, spoken([key, after])])), TABLE)

    assert [key, key, after] == keys(heard)
    assert [True, False, False] == [one.cut for one in heard]


@unhurried
@given(sequence=sequences, voice=st.sampled_from(tones.RESERVED), codec=codecs)
def test_a_steady_voice_hides_nothing(sequence: list[str], voice: int, codec: Codec) -> None:
    """Prompts are heard under a steady tone that is louder than they are."""
    sound = spoken(sequence)
    heard = tones.decode(over_the_line(codec, added(sound, steady(voice, len(sound), 9000))), TABLE)

    assert sequence == keys(heard)


@unhurried
@given(sequence=sequences, seed=st.integers(0, 2**32 - 1))
def test_noise_hides_nothing(sequence: list[str], seed: int) -> None:
    """Prompts are heard through noise of a quarter of their power, and noise is no prompt."""
    sound = np.concatenate([silence(RATE // 2), spoken(sequence), silence(RATE // 2)])
    noise = np.random.default_rng(seed).normal(0, 3000, len(sound)).astype(np.int16)
    heard = tones.decode(over_the_line(Codec.PCMA, added(sound, noise)), TABLE)

    assert sequence == keys(heard)


@unhurried
@given(key=st.sampled_from(PROMPTS), lost=st.integers(0, 13))
def test_a_lost_packet_does_not_make_two_prompts_of_one(key: str, lost: int) -> None:
    """Where 20 ms of a prompt are missing it is still heard once."""
    sound = tones.render(TABLE[key])
    start = round(tones.LEAD_SECONDS * RATE) + 160 * lost
    sound[start : start + 160] = 0

    assert [key] == keys(tones.decode(sound, TABLE))


@unhurried
@given(key=st.sampled_from(PROMPTS), torn_at=st.integers(1, 20), seconds=st.floats(0.1, 2))
def test_a_prompt_torn_by_a_busy_machine_is_one(key: str, torn_at: int, seconds: float) -> None:
    """Where the sender stood still within a prompt, it is heard once, and lasts as long as it took."""
    recording, sound = Recording(), Codec.PCMU.encode(tones.render(TABLE[key]).tobytes())
    for number in range(len(sound) // 160):
        late = seconds if number >= torn_at else 0.0
        timestamp = number * 160 + round(late * RATE)
        payload = sound[number * 160 : (number + 1) * 160]
        recording.add(Packet(0, number == torn_at, number, timestamp, 1, payload), number * 0.02 + late)
    [heard] = tones.decode(recording.sent_pcm(), TABLE)

    assert key == heard.key
    assert not heard.cut
    assert recording.time_of_sent(heard.end) == pytest.approx(
        heard.end + (seconds if torn_at * 160 <= heard.end * RATE else 0), abs=0.01
    )


@pytest.mark.parametrize("low", [697, 770, 852, 941])
@pytest.mark.parametrize("high", [1209, 1336, 1477, 1633])
def test_no_key_of_a_telephone_is_a_prompt(low: int, high: int) -> None:
    """DTMF tones in the sound are never taken for a prompt."""
    assert [] == tones.decode(added(steady(low, RATE, 9000), steady(high, RATE, 9000)), TABLE)


@unhurried
@given(start=st.integers(0, RATE))
def test_times_are_those_of_the_sound(start: int) -> None:
    """A prompt's start and end are right to within 15 ms."""
    [heard] = tones.decode(np.concatenate([silence(start), tones.render(TABLE["prompt-7"])]), TABLE)
    begins = start / RATE + tones.LEAD_SECONDS

    assert heard.start == pytest.approx(begins, abs=0.015)
    assert heard.end == pytest.approx(begins + tones.TONE_SECONDS, abs=0.015)


def test_a_prompt_is_known_while_it_sounds() -> None:
    """What sounds now is among `sounding` before it has ended, and among `settled` some time after."""
    sound = np.concatenate([tones.render(TABLE["prompt-3"]), silence(RATE // 5)])
    decoder = Decoder(TABLE)

    decoder.feed(sound[: RATE // 4])
    assert (["prompt-3"], []) == (keys(decoder.sounding), keys(decoder.settled))

    decoder.feed(sound[RATE // 4 :])
    assert ([], ["prompt-3"]) == (keys(decoder.sounding), keys(decoder.settled))


def test_a_pair_nobody_assigned_is_named_by_its_tones() -> None:
    """A pair of tones outside the table is heard, not hidden: it would be a defect of the test's sounds."""
    pair = tones.PAIRS[-1]
    heard = tones.decode(tones.render(pair), tones.assign(["only"]))

    assert [f"unknown:{pair.low}+{pair.high}"] == keys(heard)


@unhurried
@given(names=st.sets(st.text(), max_size=200), data=st.data())
def test_every_prompt_has_a_pair_of_its_own(names: set[str], data: st.DataObject) -> None:
    """The same prompts, in whatever order, get the same pairs, no two alike."""
    shuffled = data.draw(st.permutations(sorted(names)))
    table = tones.assign(shuffled)

    assert tones.assign(names) == table
    assert len(names) == len(set(table.values()))


def test_there_are_pairs_enough_and_no_more_are_promised() -> None:
    """At least 500 prompts fit; one too many is refused."""
    assert len(tones.PAIRS) >= 500
    with pytest.raises(ValueError, match="only 816 pairs"):
        tones.assign(map(str, range(len(tones.PAIRS) + 1)))


def test_loudness_tells_one_voice_from_another() -> None:
    """Each reserved tone is measured at its own loudness, whoever else speaks."""
    sound = added(steady(tones.CALLER_VOICE, RATE, 6000), steady(tones.CONSULTANT_VOICES[0], RATE, 3000))

    assert tones.loudness(sound, tones.CALLER_VOICE) == pytest.approx(6000, rel=0.02)
    assert tones.loudness(sound, tones.CONSULTANT_VOICES[0]) == pytest.approx(3000, rel=0.02)
    assert tones.loudness(sound, tones.MUSIC) < 50
    assert tones.loudness(b"", tones.MUSIC) == 0

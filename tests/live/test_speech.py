"""Spoken choices in real calls: in voices that no training has heard, in noise, over prompts, with keys beside them."""

from __future__ import annotations

import contextlib
import json
import random
import signal
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

import psutil
import pytest

import provision
from centrala.speech_measuring import NOISY, QUIET, spoken
from demo.asterisk_process import free_ports
from demo.phone import sounds
from demo.phone.outgoing import OutgoingCall
from ivr import calls
from ivr.calls import LoggedTurn
from ivr.events import Heard, Keyed, NoInput
from ivr.state import AtConfirmation, AtMenu
from speech.voices import HELD_OUT
from tests.conftest import CLOSING_WORDS
from tests.live import tones
from tests.live.callers import PATIENCE, POLL_SECONDS, account, answered, choose, press, row_of
from tests.live.stations import Live, live, menus_with

CALLERS, AT_ONCE, CHOICES, FEWEST = 20, 10, 11, 200
LANGUAGES = {"pl": ("informacje", "tak", "nie"), "uk": ("інформація", "так", "ні")}
LONG_PROMPT = 3.0
# Of so many utterances in a hundred, on a quiet line and in noise: what must be understood at once.
UNDERSTOOD = {QUIET: 95, NOISY: 70}


@pytest.fixture(scope="module")
def aloud(asterisk: provision.Asterisk, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """The shipped service with the shipped models, and metrics."""
    folder = tmp_path_factory.mktemp("aloud")
    port, metrics = free_ports(2)
    settings = {"speech": {"listen": f"127.0.0.1:{port}"}, "metrics": {"port": metrics}}
    menus = menus_with(folder, ("  timeout: 6\n", "  timeout: 4\n"))
    with live(folder / "home", menus, settings=settings, lasting={"choose-topic": LONG_PROMPT}) as running:
        running.staff("1201", "1202")
        wait(lambda: metric(running, "centrala_speech_up") == 1)
        yield running


def wait(is_so: Callable[[], bool]) -> None:
    """Until something is so. Raises AssertionError."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(POLL_SECONDS)


def metric(running: Live, name: str) -> float:
    """A metric of the IVR process."""
    port = running.station.settings["metrics"]["port"]  # type: ignore[index]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as page:
        lines = page.read().decode().splitlines()
    return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(f"{name} "))


@cache
def voiced(text: str, lang: str = "pl", voice: str = "klatt", noise: int | None = QUIET) -> bytes:
    """It as it is said, in a voice that no training has heard. On a busy machine it takes a while: ask beforehand."""
    return spoken(lang, text, voice, noise)


def say(call: OutgoingCall, sound: bytes) -> None:
    """Say it, and be silent then."""
    call.play(sounds.pcm(sound))


@dataclass(slots=True)
class Talker:
    """A caller who says what they want, and looks at what came of it."""

    running: Live
    ani: str
    lang: str
    voice: str
    noise: int | None
    counts: Counter[str]

    def sound(self, text: str) -> bytes:
        """It in the caller's voice."""
        return voiced(text, self.lang, self.voice, self.noise)

    def prepare(self, phrases: list[tuple[str, str]]) -> None:
        """Know how everything is said."""
        for text in (*LANGUAGES[self.lang], *(phrase for phrase, _ in phrases)):
            self.sound(text)

    def call(self, phrases: list[tuple[str, str]]) -> None:
        """Be told all these recorded messages, each asked for by a word; `phrases` are words and their keys."""
        call, ear = self.running.dial(self.ani)
        call.play(None)
        ear.wait_for("pl:welcome")
        if self.lang != "pl":
            press(call, "7")
            self._turn_after(1)
        self._choose(call, LANGUAGES[self.lang][0], "1", "main")
        for phrase, key in phrases:
            self._choose(call, phrase, key, "information")
        call.hang_up()

    def _choose(self, call: OutgoingCall, phrase: str, key: str, menu: str) -> None:
        """Until it is done: by words, or by the key once nobody listens any more."""
        turn = self._last()
        while isinstance(turn.state.position, AtMenu) and turn.state.position.step == menu:
            if turn.state.misses >= 2:
                press(call, key)
                self._turn_after(turn.seq)
                return
            say(call, self.sound(phrase))
            turn = self._judged(self._turn_after(turn.seq), key)
            if isinstance(turn.state.position, AtConfirmation):
                _, yes, no = LANGUAGES[self.lang]
                say(call, self.sound(yes if turn.state.position.key == key else no))
                answered = self._turn_after(turn.seq)
                if not answered.state.misses:
                    return
                turn = answered
            elif not turn.state.misses:
                return

    def _judged(self, turn: LoggedTurn, key: str) -> LoggedTurn:
        match turn.events[-1] if len(turn.events) == 1 else turn.events[0]:
            case Heard(choices) if isinstance(turn.state.position, AtConfirmation) and choices:
                self.counts["asked back"] += 1
            case Heard(choices) if turn.state.misses == 0:
                self.counts["right" if choices == (key,) else "wrong"] += 1
            case Heard() | NoInput():
                self.counts["not understood"] += 1
            case event:
                raise AssertionError(f"{event} is nothing that was said")
        return turn

    def _last(self) -> LoggedTurn:
        row = row_of(self.running, self.ani)
        assert row is not None
        with self.running.database.reading() as connection:
            return calls.turns_of(connection, row.id)[-1]

    def _turn_after(self, seq: int) -> LoggedTurn:
        deadline = time.monotonic() + PATIENCE
        while (turn := self._last()).seq <= seq:
            assert time.monotonic() < deadline, f"{self.ani}: nothing came behind {turn}"
            time.sleep(POLL_SECONDS)
        return turn


def test_hundreds_of_choices_are_understood(
    aloud: Live, numbers: Callable[[], str], record_property: Callable[[str, object], None]
) -> None:
    """In fourteen voices, two languages, quietly and in noise, over prompts, ten callers at once."""
    assert aloud.flow.speech is not None
    tallies = {noise: Counter[str]() for noise in (QUIET, NOISY)}
    talkers = [
        Talker(
            aloud,
            numbers(),
            "uk" if number % 5 == 4 else "pl",
            HELD_OUT[number % len(HELD_OUT)],
            noise := NOISY if number % 4 == 3 else QUIET,
            tallies[noise],
        )
        for number in range(CALLERS)
    ]
    chance = random.Random(5)

    def words(talker: Talker) -> list[tuple[str, str]]:
        grammar = aloud.flow.speech.grammars["information", talker.lang] if aloud.flow.speech else {}
        return chance.choices([(phrase, key) for phrase, key in grammar.items() if key in "12345"], k=CHOICES)

    wanted = [(talker, words(talker)) for talker in talkers]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(lambda one: one[0].prepare(one[1]), wanted))
        list(pool.map(lambda one: one[0].call(one[1]), wanted))
    told = {("quiet" if noise is None else f"noise at {noise} dB"): dict(counts) for noise, counts in tallies.items()}
    record_property(CLOSING_WORDS, f"spoken choices, synthetic voices: {told}")
    assert FEWEST <= sum(counts.total() for counts in tallies.values())
    for noise, counts in tallies.items():
        assert UNDERSTOOD[noise] * counts.total() <= 100 * counts["right"], told
        assert 100 * counts["wrong"] <= 2 * counts.total(), told


def test_a_word_cuts_the_prompt_short(aloud: Live, ani: str) -> None:
    """As a key does."""
    pensions = voiced("emerytury")
    call, ear = choose(aloud, ani, ("welcome", "0"))
    call.play(None)
    ear.wait_for("pl:choose-topic")
    say(call, pensions)
    ear.wait_for("pl:recording-notice")
    call.hang_up()
    (prompt,) = [heard for heard in ear.heard() if heard.key == "pl:choose-topic"]
    assert prompt.end - prompt.start < LONG_PROMPT - 0.2
    assert ("Keyed", "Heard") == tuple(
        type(event).__name__ for event in account(aloud, ani).events if isinstance(event, Heard | Keyed)
    )


def test_whoever_has_spoken_is_kept_account_of_to_the_end(aloud: Live, ani: str) -> None:
    """Spoken from end to end, with a consultant, hung up there: all that the dialplan tells of it comes in."""
    consultant, pensions = voiced("konsultant"), voiced("emerytury")
    call, ear = aloud.dial(ani)
    call.play(None)
    ear.wait_for("pl:main")
    say(call, consultant)
    ear.wait_for("pl:choose-topic")
    say(call, pensions)
    ear.wait_for("pl:connecting", timeout=PATIENCE)
    call.play(sounds.tone(tones.CALLER_VOICE))
    answered(aloud, ani, call, ear)
    call.hang_up()
    kept = account(aloud, ani)
    assert ("caller", "answered") == (kept.row.cause, kept.visits[0].outcome)
    assert kept.visits[0].agent in ("1201", "1202")


def test_a_key_counts_where_words_do(aloud: Live, ani: str) -> None:
    """Over the prompt and behind it, ahead of menus, and whichever comes first."""
    consultant = voiced("konsultant")
    call, ear = choose(aloud, ani, ("welcome", "0"), ("choose-topic", "*"))
    ear.wait_for("pl:main", times=2)
    say(call, consultant)
    press(call, "1")
    ear.wait_for("pl:information")
    call.hang_up()
    events = account(aloud, ani).events
    assert ["0", "*", "1"] == [event.digits for event in events if isinstance(event, Keyed)]


def test_silence_and_music_choose_nothing(aloud: Live, ani: str) -> None:
    """Whoever says nothing is told so; a tone at the other end is no word."""
    call, ear = aloud.dial(ani)
    call.play(None)
    ear.wait_for("pl:no-input")
    call.play(sounds.tone(440, seconds=2.0))
    ear.wait_for("pl:main", times=3)
    call.hang_up()
    assert [] == [event for event in account(aloud, ani).events if isinstance(event, Heard) and event.choices]


def worker_of(running: Live) -> psutil.Process:
    """The process of the recogniser that works, not the one that looks after it."""
    assert running.station.speech is not None
    wait(lambda: bool(psutil.Process(running.station.speech.process.pid).children()))  # type: ignore[union-attr]
    (worker,) = psutil.Process(running.station.speech.process.pid).children()
    return worker


def test_keys_go_on_when_the_recogniser_crashes_in_mid_word(aloud: Live, ani: str) -> None:
    """Nobody's call ends; an operator is told, it is started again, and the next menu is spoken to."""
    lost, pensions, benefits = metric(aloud, "centrala_speech_lost_total"), voiced("emerytury"), voiced("zasiłki")
    call, ear = choose(aloud, ani, ("welcome", "0"))
    ear.wait_for("pl:choose-topic")
    say(call, pensions)
    worker_of(aloud).send_signal(signal.SIGSEGV)
    wait(lambda: metric(aloud, "centrala_speech_lost_total") > lost)
    press(call, "*")
    ear.wait_for("pl:main", times=2)
    press(call, "1")
    ear.wait_for("pl:information")
    wait(lambda: metric(aloud, "centrala_speech_up") == 1)
    press(call, "1")
    ear.wait_for("pl:information", times=2)
    say(call, benefits)
    ear.wait_for("pl:about-benefits")
    call.hang_up()
    assert "speech is away, keys go on" in (aloud.station.home / "ivr-0.log").read_text("utf-8")
    assert "a worker has ended" in (aloud.station.home / "speech.log").read_text("utf-8")


def test_keys_go_on_while_the_recogniser_stalls(aloud: Live, numbers: Callable[[], str]) -> None:
    """It is there and answers nothing: who is in a call waits a moment at most, others not at all."""
    worker = worker_of(aloud)
    worker.suspend()
    try:
        wait(lambda: metric(aloud, "centrala_speech_up") == 0)
        call, ear = choose(aloud, numbers(), ("welcome", "0"), ("choose-topic", "*"), ("main", "1"))
        ear.wait_for("pl:information")
        call.hang_up()
    finally:
        # Where the machine is slow it has been replaced by then.
        with contextlib.suppress(psutil.NoSuchProcess):
            worker.resume()
    wait(lambda: metric(aloud, "centrala_speech_up") == 1)


def test_a_recogniser_that_hangs_is_replaced_and_words_count_again(aloud: Live, numbers: Callable[[], str]) -> None:
    """A call in which it does goes on by keys, the next one is listened to; an operator reads which process it was."""
    benefits, hung = voiced("zasiłki"), worker_of(aloud)
    call, ear = choose(aloud, numbers(), ("welcome", "0"))
    ear.wait_for("pl:choose-topic")
    hung.suspend()
    wait(lambda: metric(aloud, "centrala_speech_up") == 0)
    press(call, "*")
    ear.wait_for("pl:main", times=2)
    call.hang_up()
    wait(lambda: not hung.is_running())
    wait(lambda: metric(aloud, "centrala_speech_up") == 1)
    call, ear = choose(aloud, numbers(), ("welcome", "1"))
    call.play(None)
    ear.wait_for("pl:information")
    say(call, benefits)
    ear.wait_for("pl:about-benefits")
    call.hang_up()
    told = [json.loads(line) for line in (aloud.station.home / "speech.log").read_text("utf-8").splitlines()]
    events = {line["event"] for line in told if line.get("process") == hung.pid}
    assert {"a process that hung was killed", "a worker has ended"} == events

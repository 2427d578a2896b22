"""`centrala speech`, `centrala check --speech`, and words in a terminal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from demo.asterisk_process import free_port
from speech.models import shipped
from speech.probing import fault_of
from tests.cli.conftest import ROOT, Run, kinds, lines

OPEN = "2026-11-23T10:00"
PATIENCE = 60.0

Settings = Callable[..., Path]


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Writes what stands under `speech:`, and has commands read it."""

    def write(**speech: object) -> Path:
        path = tmp_path / "settings.yaml"
        path.write_text(json.dumps({"speech": speech}), "utf-8")
        monkeypatch.setenv("CENTRALA_SETTINGS", str(path))
        return path

    return write


def test_words_are_typed_as_keys_are(run: Run) -> None:
    """The call goes the same way; what was heard is told by its keys."""
    said = run("call", "--at", OPEN, "--keys", "konsultant Inny_Temat", "--json")
    keyed = run("call", "--at", OPEN, "--keys", "0 0", "--json")
    assert kinds(keyed, "prompt", "transfer", "hangup") == kinds(said, "prompt", "transfer", "hangup")
    heard = {"type": "heard", "confidence": 100}
    assert [{**heard, "menu": "main", "choices": ["0"]}, {**heard, "menu": "topics", "choices": ["0"]}] == kinds(
        said, "heard"
    )


def test_words_come_from_a_pipe(run: Run) -> None:
    """A line for each question, in letters of any language."""
    result = run("call", "--at", OPEN, "--lang", "uk", "--json", stdin="консультант\nпенсії\n")
    assert ["pensions"] == [line["topic"] for line in kinds(result, "transfer")]


@pytest.mark.parametrize("words", ["pogoda pogoda *", "- -"], ids=["words", "silence"])
def test_words_where_nobody_listens_are_silence(run: Run, words: str) -> None:
    """At a gather for digits, as on a telephone."""
    told = kinds(run("call", "--at", OPEN, "--keys", f"3 {words}", "--json"), "gather")
    assert [("offices", ""), ("offices", "")] == [(line["menu"], line["digits"]) for line in told[1:3]]


def test_the_words_of_the_shipped_menus_are_known(run: Run, settings: Settings) -> None:
    """By the shipped models; where there is none keys alone count, and that is told."""
    settings()
    result = run("check", "--speech")
    assert (0, 1) == (result.exit_code, len(result.stdout.splitlines()))
    assert "en: there is no model, so that keys alone count" in result.stdout


def test_words_that_a_model_lacks_are_named(run: Run, settings: Settings) -> None:
    """Each of them; a Polish model knows no Ukrainian."""
    settings(models={"uk": str(shipped("pl"))})
    result = run("check", "--speech")
    assert 1 == result.exit_code
    assert 'uk: the model does not know "пенсії"' in result.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("speech",), "nobody listens"),
        (("speech", "worker"), "nobody listens"),
        (("speech", "build-model", "de", "x"), "nothing can be said in this language"),
        (("speech", "build-model", "pl", "x", "--python", "/bin/false"), "no model was made"),
        (("speech", "measure", "--lang", "de"), "there is no model"),
    ],
)
def test_what_cannot_be_done_is_told(run: Run, settings: Settings, words: tuple[str, ...], told: str) -> None:
    """In a line, and without a traceback."""
    settings()
    result = run(*words)
    assert 2 == result.exit_code
    assert told in result.stderr
    assert "Traceback" not in result.stderr


def test_a_model_that_will_not_do_ends_the_process_with_a_reason(run: Run, settings: Settings, tmp_path: Path) -> None:
    """It is not started again and again."""
    settings(listen=f"127.0.0.1:{free_port()}", models={"pl": str(tmp_path)})
    for words in (("speech",), ("speech", "worker"), ("speech", "measure"), ("check", "--speech")):
        result = run(*words)
        assert (2, True) == (result.exit_code, "am/final.mdl" in result.stderr)


def test_the_models_are_measured(run: Run, settings: Settings) -> None:
    """Phrases and other words, quietly and in noise, each line labelled as synthetic."""
    settings()
    told = lines(run("speech", "measure", "--lang", "pl", "--voices", "1", "--json"))
    assert {"synthetic"} == {line["voices"] for line in told}
    quiet = {line["said"]: line for line in told if line["noise_db"] is None}
    assert {"phrases", "other words"} == set(quiet)
    assert quiet["phrases"]["right"] >= 0.95 * quiet["phrases"]["total"]
    assert 0 == sum(line.get("wrong", 0) for line in quiet.values())


@contextmanager
def recogniser(settings: Path, address: str) -> Iterator[psutil.Process]:
    """`centrala speech` as a process of its own, once it answers."""
    environment = {**os.environ, "CENTRALA_SETTINGS": str(settings)}
    command = [sys.executable, "-m", "centrala", "speech"]
    process = subprocess.Popen(command, env=environment, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        wait(lambda: fault_of(address) == "")
        yield psutil.Process(process.pid)
    finally:
        process.kill()
        process.communicate()


def wait(is_so: Callable[[], bool]) -> None:
    """Until something is so. Raises AssertionError."""
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.05)


def test_a_worker_that_crashes_is_started_again(settings: Settings) -> None:
    """As libvosk ends its process; the other one serves meanwhile, and at the end nothing is left."""
    address = f"127.0.0.1:{free_port()}"
    with recogniser(settings(listen=address, workers=2), address) as parent:
        wait(lambda: len(parent.children()) == 2)
        first, second = parent.children()
        first.send_signal(signal.SIGABRT)
        wait(lambda: len({*parent.children()} - {first, second}) == 1)
        assert second in parent.children()
        wait(lambda: fault_of(address) == "")
        workers = parent.children()
        parent.kill()
    wait(lambda: not any(worker.is_running() for worker in workers))


def test_it_ends_in_good_order(settings: Settings) -> None:
    """At SIGTERM, its workers with it."""
    address = f"127.0.0.1:{free_port()}"
    with recogniser(settings(listen=address), address) as parent:
        workers = parent.children()
        parent.terminate()
        assert 0 == parent.wait(PATIENCE)
        assert [] == [worker for worker in workers if worker.is_running()]
    assert "nobody listens" == fault_of(address)

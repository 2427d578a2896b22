"""`make run`: the whole helpline from one command, and nothing left of it afterwards."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

import provision
from storage.volumes import exposure
from tests.live.stations import ROOT

HURRIED = {"prompts": {"words_per_minute": 300}}
PATIENCE_SECONDS = 600
LISTEN = re.compile(r"CENTRALA_HOME=\S+ \.venv/bin/centrala recordings play (\S+)")


@pytest.fixture
def demonstration(asterisk: provision.Asterisk, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """What `make run` runs, in a home of its own, with prompts spoken in a hurry."""
    settings = tmp_path / "settings.yaml"
    settings.write_text(json.dumps({"menus": str(ROOT / "menus.yaml"), **HURRIED}), "utf-8")
    environment = {**os.environ, "CENTRALA_HOME": str(tmp_path / "home"), "CENTRALA_SETTINGS": str(settings)}
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "demo"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        process_group=0,
    )
    yield process
    process.kill()
    process.wait()


@pytest.mark.timeout(PATIENCE_SECONDS)
def test_the_demonstration_plays_a_call_and_leaves_nothing_running(
    demonstration: subprocess.Popen[str], tmp_path: Path
) -> None:
    """A call to its end, told; how to hear it, and how to dial in; Ctrl-C ends every process that was started."""
    assert demonstration.stdout is not None
    told: list[str] = []
    for line in demonstration.stdout:
        told.append(line)
        if "Dial in with a softphone" in line:
            break
    played = _played("".join(told), tmp_path)
    started = psutil.Process(demonstration.pid).children(recursive=True)
    demonstration.send_signal(signal.SIGINT)
    rest = demonstration.stdout.read()

    text = "".join(told)
    assert "waits for a consultant: topic pensions, queue pensions" in text
    assert "agrees to be recorded" in text
    assert "call over   completed" in text
    assert b"RIFF" == played[:4]
    assert [] == list((tmp_path / "home" / "recordings").iterdir())
    exposed = exposure(tmp_path / "home" / "recordings")
    assert exposed is None or 1 == text.count(exposed)
    assert "sip:225601600@127.0.0.1:" in text
    assert "Stopped; nothing is left running." in rest
    assert 0 == demonstration.wait(30)
    assert len(started) >= 3
    assert [] == psutil.wait_procs(started, timeout=10)[1]


def _played(told: str, folder: Path) -> bytes:
    """What the command plays that is told."""
    (id,) = LISTEN.findall(told)
    environment = {**os.environ, "CENTRALA_HOME": str(folder / "home")}
    words = (sys.executable, "-m", "centrala", "recordings", "play", id)
    return subprocess.run(words, cwd=ROOT, env=environment, capture_output=True, check=True).stdout

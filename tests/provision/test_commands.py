import subprocess
import sys
from pathlib import Path

import pytest

from provision.__main__ import main

PROJECT = Path(__file__).parents[2]


def test_fetching_needs_the_standard_library_only() -> None:
    """It runs before anything is installed: without site-packages its help still comes."""
    command = [sys.executable, "-S", "-m", "provision", "--help"]
    answer = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0
    assert "espeak-ng" in answer.stdout


def test_a_fault_is_told_without_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What cannot be had ends with exit code 1, a message on stderr and nothing on stdout."""
    monkeypatch.setenv("CENTRALA_CACHE", str(tmp_path / "a:b"))
    assert main(["pip"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("provision: the cache folder's name")


def test_an_unknown_program_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """The message lists what there is."""
    with pytest.raises(SystemExit, match="2"):
        main(["freeswitch"])
    assert "asterisk" in capsys.readouterr().err

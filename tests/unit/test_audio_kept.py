"""What a flow can say is found out once."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from ivr.audio import kept
from ivr.audio.kept import kept_sequences
from ivr.audio.saying import sequences_of
from ivr.definition import Flow
from ivr.exploration import Said

ROOT = Path(__file__).parents[2]
KEY = """
from pathlib import Path
from ivr.audio.kept import key_of
from ivr.menus.loading import load_menus
print(key_of(load_menus(Path("menus.yaml")).flow))
"""


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[Flow]:
    """Flows of which it was found out, one by one."""
    told: list[Flow] = []

    def find_out(flow: Flow) -> tuple[Said, ...]:
        told.append(flow)
        return sequences_of(flow)

    monkeypatch.setattr(kept, "sequences_of", find_out)
    return told


def test_what_was_found_out_is_kept(tmp_path: Path, small: Flow, found: list[Flow]) -> None:
    """And is the same whoever asks."""
    assert [sequences_of(small)] * 3 == [kept_sequences(tmp_path / "kept", small) for _ in range(3)]
    assert [small] == found


def test_another_flow_is_looked_into_whatever_its_version(tmp_path: Path, small: Flow, found: list[Flow]) -> None:
    """A carrier's variant has the version of the menus; a file with other comments another one."""
    other, edited_comment = replace(small, captions={}), replace(small, version="another")
    for flow in (small, other, edited_comment, other):
        kept_sequences(tmp_path, flow)
    assert [small, other] == found


def test_another_program_finds_out_anew(
    tmp_path: Path, small: Flow, found: list[Flow], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may say other things in the same menus."""
    kept_sequences(tmp_path, small)
    monkeypatch.setattr(kept, "_program", lambda: "another one")
    kept_sequences(tmp_path, small)
    assert [small] * 2 == found


@pytest.mark.parametrize("damaged", ["", "[", '[["name"]]', "7", '{"a": 1}', "\udc80"])
def test_a_damaged_file_is_made_anew(tmp_path: Path, small: Flow, found: list[Flow], damaged: str) -> None:
    """With a word about it."""
    kept_sequences(tmp_path, small)
    (file,) = tmp_path.iterdir()
    file.write_bytes(damaged.encode("utf-8", "surrogateescape"))
    with capture_logs() as told:
        assert sequences_of(small) == kept_sequences(tmp_path, small)
    assert [str(file)] == [one["file"] for one in told]
    kept_sequences(tmp_path, small)
    assert [small] * 2 == found


def test_where_nothing_can_be_kept_it_is_found_out_each_time(tmp_path: Path, small: Flow, found: list[Flow]) -> None:
    """A file where the folder should be; whoever calls hears everything all the same."""
    (tmp_path / "kept").write_text("")
    with capture_logs() as told:
        assert [sequences_of(small)] * 2 == [kept_sequences(tmp_path / "kept", small) for _ in range(2)]
    assert ([small] * 2, 2) == (found, sum(one["event"] == "what the menus say is not kept" for one in told))


def test_processes_find_what_others_have_kept() -> None:
    """Each of them orders sets in a way of its own."""
    environments = ({**os.environ, "PYTHONHASHSEED": str(seed)} for seed in range(3))
    keys = {
        subprocess.check_output([sys.executable, "-c", KEY], cwd=ROOT, env=environment) for environment in environments
    }
    assert 1 == len(keys)

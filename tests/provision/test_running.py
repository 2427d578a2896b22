import subprocess
import sys
from pathlib import Path

import pytest

from provision import Program, ProvisionError, database, programs, running


def put(folder: Path, name: str, script: str) -> Path:
    """Write an executable shell script."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)
    return folder / name


def test_an_installed_program_that_will_do_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A SIPp on PATH that can press keys needs no download; its failure code with -v does not matter."""
    binary = put(tmp_path, "sipp", "echo ' SIPp v3.7.2-TLS-PCAP.'; exit 99")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert Program((str(binary),), "3.7.2") == programs.sipp()


@pytest.mark.parametrize("script", ["echo 'SIPp v3.7.2-TLS.'", "exit 127", "echo Segmentation fault"])
def test_an_installed_program_that_will_not_do_is_passed_over(
    script: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One that lacks a feature, or does not start, is told of and left aside."""
    put(tmp_path, "sipp", script)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert running.installed("sipp", programs.vetted_sipp) is None
    assert "An unpacked copy is used instead." in capsys.readouterr().err


def test_a_program_that_is_not_installed_is_passed_over_in_silence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Nobody wonders about a program that is not there."""
    assert running.installed("no-such-program", programs.vetted_sipp) is None
    assert capsys.readouterr().err == ""


def test_an_old_asterisk_will_not_do(tmp_path: Path) -> None:
    """An Asterisk older than 22.1 is refused, and the reason names both versions."""
    binary = put(tmp_path, "asterisk", "echo 'Asterisk 20.6.0~dfsg'")
    with pytest.raises(ProvisionError, match=r"20\.6\.0 is older than 22\.1"):
        programs.vetted_asterisk(binary)


def test_asterisk_folders_are_where_its_configuration_says(tmp_path: Path) -> None:
    """An asterisk.conf that names folders is believed, comments and arrows aside."""
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "chan_pjsip.so").touch()
    (tmp_path / "d" / "documentation").mkdir(parents=True)
    configuration = tmp_path / "asterisk.conf"
    configuration.write_text(f"[directories]\nastmoddir => {tmp_path}/m ; here\nastdatadir = {tmp_path}/d\n")
    assert (tmp_path / "m", tmp_path / "d") == programs.asterisk_folders(tmp_path, configuration)


def test_asterisk_folders_are_found_where_distributions_put_them(tmp_path: Path) -> None:
    """Without a configuration the usual places are looked at."""
    modules = tmp_path / "usr/lib/x86_64-linux-gnu/asterisk/modules"
    modules.mkdir(parents=True)
    (modules / "chan_pjsip.so").touch()
    data = tmp_path / "usr/share/asterisk"
    (data / "documentation").mkdir(parents=True)
    assert (modules, data) == programs.asterisk_folders(tmp_path / "usr", tmp_path / "missing.conf")


def test_an_asterisk_without_sip_has_no_folders(tmp_path: Path) -> None:
    """Modules without PJSIP are of no use."""
    (tmp_path / "lib/asterisk/modules").mkdir(parents=True)
    (tmp_path / "share/asterisk/documentation").mkdir(parents=True)
    assert programs.asterisk_folders(tmp_path, tmp_path / "missing.conf") is None


def test_a_program_of_an_ordinary_user_enters_closed_folders(tmp_path: Path) -> None:
    """What PostgreSQL is started with is no root, yet may use a folder that is closed to others."""
    (tmp_path / "closed").mkdir(mode=0o700)
    binary = put(tmp_path / "closed" / "bin", "postgres", "id -u")
    question = f"import os; print(os.geteuid() > 0, os.access({str(binary)!r}, os.X_OK))"
    command = [*database.unprivileged(), sys.executable, "-c", question]
    answer = subprocess.run(command, cwd="/", capture_output=True, text=True, check=True)
    assert answer.stdout == "True True\n"


def test_an_unpacked_folder_without_a_loader_is_told(tmp_path: Path) -> None:
    """A copy for another processor cannot run, and the message says where it is."""
    with pytest.raises(ProvisionError, match=str(tmp_path)):
        running.with_own_loader(tmp_path, "usr/sbin/asterisk")

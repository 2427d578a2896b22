import subprocess
from pathlib import Path

import psycopg
import pytest

import provision
from provision import PostgreSQL, ProvisionError


@pytest.fixture(scope="module")
def postgresql() -> PostgreSQL:
    """PostgreSQL's programs; where they cannot be had, the tests say why they are skipped."""
    try:
        return provision.postgresql()
    except ProvisionError as error:
        pytest.skip(str(error))


@pytest.mark.live
def test_asterisk_tells_its_version() -> None:
    """The Asterisk obtained starts on this machine, and is as new as promised, with SIP among its modules."""
    try:
        asterisk = provision.asterisk()
    except ProvisionError as error:
        pytest.skip(str(error))
    said = subprocess.run([*asterisk.command, "-V"], capture_output=True, text=True, check=True, timeout=60).stdout
    assert f"Asterisk {asterisk.version}" in said
    assert (22, 1) <= tuple(int(part) for part in asterisk.version.split("."))
    assert (asterisk.modules / "chan_pjsip.so").is_file()
    assert (asterisk.data / "documentation").is_dir()


@pytest.mark.live
def test_sipp_and_espeak_start(tmp_path: Path) -> None:
    """SIPp tells that it can press keys; espeak-ng speaks Polish and Ukrainian into files."""
    try:
        sipp, espeak = provision.sipp(), provision.espeak_ng()
    except ProvisionError as error:
        pytest.skip(str(error))
    answer = subprocess.run(
        [*sipp.command, "-v"], env=sipp.full_environment(), capture_output=True, text=True, check=False, timeout=60
    )
    assert "PCAP" in answer.stdout
    for language, words in (("pl", "Dzień dobry"), ("uk", "Добрий день")):
        sound = tmp_path / f"{language}.wav"
        command = [*espeak.command, "-v", language, "-w", str(sound), words]
        subprocess.run(command, env=espeak.full_environment(), check=True, timeout=60)
        assert sound.stat().st_size > 10_000


@pytest.mark.postgresql
def test_a_throw_away_server_answers(postgresql: PostgreSQL, tmp_path: Path) -> None:
    """Inside the block a server answers, whoever we are; its databases are apart from one another."""
    with postgresql.server(tmp_path) as server:
        other = server.create_database("other")
        for url, name in ((server.url, "centrala"), (other, "other")):
            with psycopg.connect(url.replace("+psycopg", "")) as connection:
                assert connection.execute("select current_database()").fetchone() == (name,)


@pytest.mark.postgresql
def test_a_throw_away_server_is_gone_after_the_block(postgresql: PostgreSQL, tmp_path: Path) -> None:
    """Leaving the block, even by an error, ends the server and removes its socket."""
    seen: list[Path] = []
    with pytest.raises(RuntimeError, match="in the middle"):
        fail_in_the_middle(postgresql, tmp_path, seen)
    assert not seen[0].exists()
    assert not (tmp_path / "data" / "postmaster.pid").exists()


def fail_in_the_middle(postgresql: PostgreSQL, folder: Path, seen: list[Path]) -> None:
    """Leave a running server's block by an error, having seen where its socket is."""
    with postgresql.server(folder) as server:
        seen.append(server.sockets)
        raise RuntimeError("in the middle")


@pytest.mark.postgresql
def test_servers_run_side_by_side(postgresql: PostgreSQL, tmp_path: Path) -> None:
    """Two servers never meet."""
    with postgresql.server(tmp_path / "a") as one, postgresql.server(tmp_path / "b") as two:
        assert one.url != two.url
        one.create_database("same")
        two.create_database("same")


@pytest.mark.postgresql
def test_a_server_that_cannot_start_says_why(postgresql: PostgreSQL, tmp_path: Path) -> None:
    """The message quotes PostgreSQL's own words."""
    with postgresql.server(tmp_path) as server, pytest.raises(ProvisionError, match="already exists"):
        server.create_database("centrala")

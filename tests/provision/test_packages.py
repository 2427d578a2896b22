import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from provision import ProvisionError, cache, checksums, packages
from tests.provision.repository import GREETER, Repository, greeting, with_greeter

PROJECT = Path(__file__).parents[2]


def start(repository: Repository) -> subprocess.Popen[str]:
    """Start another process that obtains the greeter into the same cache."""
    command = [sys.executable, "-m", "tests.provision.obtaining", str(repository.folder)]
    return subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


@pytest.fixture
def pinned(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A list of pinned packages of the test's own, empty at first."""
    path = tmp_path / "packages.lock"
    path.write_text("")
    monkeypatch.setattr(packages, "PINNED", path)
    return path


def test_a_program_is_fetched_and_runs(repository: Repository, cache_folder: Path) -> None:
    """From an empty cache to a running program."""
    tree = packages.obtain(repository.closure())
    assert tree.version == "1.2.3"
    assert tree.root == cache_folder / "greeter" / "root"
    assert greeting(tree.root) == "1.2.3"


def test_the_second_time_nothing_is_fetched(
    repository: Repository, cache_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Once unpacked, a program needs no repository and nothing is said."""
    first = packages.obtain(repository.closure())
    shutil.rmtree(repository.folder)
    capsys.readouterr()
    assert first == packages.obtain(repository.closure())
    assert capsys.readouterr().err == ""


def test_a_damaged_copy_is_unpacked_again_from_what_is_kept(repository: Repository, cache_folder: Path) -> None:
    """Losing a file of the unpacked copy costs no download."""
    root = packages.obtain(repository.closure()).root
    (root / GREETER).unlink()
    shutil.rmtree(repository.folder)
    assert greeting(packages.obtain(repository.closure()).root) == "1.2.3"


def test_damaged_packages_are_fetched_again(
    repository: Repository, cache_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A kept package that is not what it was is told, deleted and fetched; same size or not."""
    root = packages.obtain(repository.closure()).root
    package = cache_folder / "greeter" / "packages" / "greeter_1.2.3_all.deb"
    whole = package.read_bytes()
    package.write_bytes(whole[:-1] + b"?")
    shutil.rmtree(root)
    assert greeting(packages.obtain(repository.closure()).root) == "1.2.3"
    assert whole == package.read_bytes()
    assert "greeter_1.2.3_all.deb in the cache is damaged" in capsys.readouterr().err


def test_a_package_put_in_the_downloads_way_is_not_trusted(repository: Repository, cache_folder: Path) -> None:
    """A file of the right name and size, left by whomever, is not taken for the right one."""
    archives = cache_folder / "greeter" / "packages"
    archives.mkdir(parents=True)
    genuine = (repository.folder / "greeter_1.2.3_all.deb").read_bytes()
    (archives / "greeter_1.2.3_all.deb").write_bytes(b"?" * len(genuine))
    packages.obtain(repository.closure())
    assert genuine == (archives / "greeter_1.2.3_all.deb").read_bytes()


def test_a_cache_of_rubbish_is_repaired(repository: Repository, cache_folder: Path) -> None:
    """Nothing in the cache can stop a program from being fetched."""
    home = cache_folder / "greeter"
    for place in (home / "root", home / "root.unfinished", home / "root.outdated", home / "packages" / "partial"):
        place.mkdir(parents=True)
        (place / ".unpacked.json").write_text("\x00")
    (home / "packages" / "SHA256SUMS").write_bytes(b"\xff")
    assert packages.obtain(repository.closure()).version == "1.2.3"


def test_pinned_packages_must_match(repository: Repository, cache_folder: Path, pinned: Path) -> None:
    """The pinned version with another content is refused before anything is downloaded."""
    pinned.write_text(checksums.render({"libgreeter_1.2.3_all.deb": "0" * 64}))
    with pytest.raises(ProvisionError, match=r"libgreeter_1\.2\.3_all\.deb: offered with another checksum"):
        packages.obtain(repository.closure())
    assert not list(cache_folder.glob("greeter/**/*.deb"))


def test_pinned_packages_that_match_are_taken_in_silence(
    repository: Repository, cache_folder: Path, pinned: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where everything is as it was verified, nothing has moved on."""
    pinned.write_text(checksums.render({path.name: checksums.of(path) for path in repository.folder.glob("*.deb")}))
    packages.obtain(repository.closure())
    assert "moved on" not in capsys.readouterr().err


def test_a_source_that_has_moved_on_is_told_in_one_line(
    repository: Repository, cache_folder: Path, pinned: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Versions that nobody pinned are taken on the word of the signed index, and people are told."""
    pinned.write_text(checksums.render({"greeter_1.2.2_all.deb": "0" * 64}))
    packages.obtain(repository.closure())
    said = [line for line in capsys.readouterr().err.splitlines() if "moved on" in line]
    assert len(said) == 1
    assert "2 of 2 packages" in said[0]


def test_a_program_that_does_not_start_is_asked_for_again(tmp_path: Path, cache_folder: Path) -> None:
    """Where the newest packages are broken, the next attempt takes what has been mended since."""
    repository = with_greeter(tmp_path / "repository", version="1.0", words="exit 1")
    with pytest.raises(ProvisionError, match="does not start"):
        packages.obtain(repository.closure())
    shutil.rmtree(repository.folder)
    mended = with_greeter(tmp_path / "repository", version="1.1")
    assert packages.obtain(mended.closure()).version == "1.1"


def test_two_processes_share_one_download(repository: Repository, cache_folder: Path) -> None:
    """Of processes that start at once one fetches, the others wait for it, and all get the program."""
    processes = [start(repository) for _ in range(4)]
    answers = [process.communicate(timeout=60) for process in processes]
    assert ["1.2.3\n"] * 4 == [output for output, _ in answers]
    assert sum("downloading greeter" in errors for _, errors in answers) == 1


@pytest.mark.parametrize("sign", ["apt", "greeter/packages/partial", "greeter/packages/SHA256SUMS", "greeter/root"])
def test_an_interrupted_process_leaves_nothing_that_harms(
    sign: str, repository: Repository, cache_folder: Path
) -> None:
    """Killed at any stage, a process leaves a cache that the next one completes."""
    process = start(repository)
    await_path(cache_folder / sign, process)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=60)
    tree = packages.obtain(repository.closure())
    assert greeting(tree.root) == "1.2.3"
    shutil.rmtree(repository.folder)
    assert tree == packages.obtain(repository.closure())


def await_path(path: Path, process: subprocess.Popen[str]) -> None:
    """Wait until a path exists or the process has ended."""
    deadline = time.monotonic() + 60
    while not path.exists() and process.poll() is None:
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the cache cannot be, the message names the folder and the variable."""
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("CENTRALA_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(ProvisionError, match="CENTRALA_CACHE"):
        cache.folder()


def test_a_folder_that_loaders_cannot_take_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A colon splits library paths, so that such a cache is refused at once."""
    monkeypatch.setenv("CENTRALA_CACHE", str(tmp_path / "a:b"))
    with pytest.raises(ProvisionError, match="colon"):
        cache.folder()

"""An apt of our own: its configuration, lists and downloads live in the cache, the machine's stay untouched.

It believes that nothing is installed, so that what it picks is complete whatever this machine has. It verifies
signatures as any apt does. From the machine it takes the sources and keys, and the ways through proxies.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from provision.errors import ProvisionError
from provision.mirror import no_apt

# The machine's own answers to "how are files fetched here" and "which sources are trusted"; hooks that run
# after an update are left behind, since they write to the system.
_CARRIED = re.compile(
    r"(Acquire::(https?|ftp|Retries|ForceIPv[46]|Check-Valid-Until|Check-Date)(::\S*)?"
    r"|Dir::Etc::(sourcelist|sourceparts|trusted|trustedparts|netrc|netrcparts|preferences|preferencesparts)"
    r'|APT::Default-Release) ".*";'
)
_OFFER = re.compile(r"'\S+' (?P<file>\S+) (?P<size>\d+) SHA256:(?P<sha256>[0-9a-f]{64})")
_COMPLAINT = re.compile(r"[EW]: .*")


@dataclass(frozen=True, slots=True)
class Offer:
    """A package file that apt's signed index offers; the size is in bytes."""

    file: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Wish:
    """What to ask apt for: a package, with or without all that it depends on."""

    package: str
    with_dependencies: bool = True

    def arguments(self) -> tuple[str, ...]:
        """Return apt-get's words for it."""
        if self.with_dependencies:
            return ("install", "--yes", "--download-only", self.package)
        return ("download", self.package)


@dataclass(frozen=True, slots=True)
class Apt:
    """An apt whose state is in `folder`.

    `sources` is the text of its sources.list; None means the machine's own sources.
    """

    folder: Path
    sources: str | None = None

    def update(self) -> str:
        """Fetch the package lists; return apt's complaints.

        Complaints are no error yet: of several sources one may fail that nothing is wanted from.
        """
        self._configure()
        return _complaints(self._run(("update",)).stdout)

    def offers(self, wish: Wish) -> list[Offer]:
        """Return the files that fulfil a wish, as the signed index describes them.

        Raises:
            ProvisionError: the lists do not hold the package, or not all it depends on.
        """
        options = ("--quiet=2", "--print-uris", "-oAcquire::ForceHash=SHA256")
        answer = self._run((*wish.arguments(), *options))
        if answer.returncode != 0:
            raise _refusal(wish.package, answer.stdout)
        return parse_offers(answer.stdout)

    def download(self, wish: Wish, folder: Path, progress: Callable[[float], None]) -> None:
        """Download the files into `folder`, those already there excepted; tell progress from 0 to 1.

        Raises:
            ProvisionError: a file could not be had, or is not what the index says.
        """
        (folder / "partial").mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile("w+") as log:
            if self._download(wish, folder, log, progress) != 0:
                log.seek(0)
                raise _refusal(wish.package, log.read())

    def _download(self, wish: Wish, folder: Path, log: IO[str], progress: Callable[[float], None]) -> int:
        reading, writing = os.pipe()
        os.set_inheritable(writing, True)
        options = (f"-oDir::Cache::archives={folder}", f"-oAPT::Status-Fd={writing}")
        with open(reading, encoding="utf-8", errors="replace") as status:
            try:
                process = subprocess.Popen(
                    ["apt-get", *wish.arguments(), *options],
                    cwd=folder,
                    env=self._environment(),
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    close_fds=False,
                )
            finally:
                os.close(writing)
            return _follow(process, status, progress)

    def _configure(self) -> None:
        for part in ("state/lists/partial", "cache/archives/partial"):
            (self.folder / part).mkdir(parents=True, exist_ok=True)
        (self.folder / "status").write_text("")
        if self.sources is not None:
            (self.folder / "sources.list").write_text(self.sources)
        text = configuration(self.folder, _machine_settings(), own_sources=self.sources is not None)
        target = self.folder / "apt.conf"
        target.touch(mode=0o600)  # a proxy's address may hold a password
        target.write_text(text)

    def _run(self, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["apt-get", *arguments],
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            close_fds=False,
        )

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "APT_CONFIG": str(self.folder / "apt.conf"), "LC_ALL": "C.UTF-8"}


def configuration(folder: Path, carried: Iterable[str], *, own_sources: bool) -> str:
    """Return the text of an apt.conf(5) that keeps everything apt writes under `folder`.

    Args:
        folder: where state and cache live.
        carried: lines taken over from the machine's configuration; what this project needs comes after.
        own_sources: use `folder`/sources.list and no pinning instead of the machine's sources and pinning.
    """
    lines = [
        *carried,
        'Dir::Etc::parts "/dev/null";',
        'Dir::Etc::main "/dev/null";',
        f'Dir::State "{folder}/state";',
        f'Dir::State::status "{folder}/status";',
        f'Dir::Cache "{folder}/cache";',
        'APT::Install-Recommends "false";',
        'APT::Sandbox::User "";',
        'APT::Get::AllowUnauthenticated "false";',
        'Acquire::AllowInsecureRepositories "false";',
        'Acquire::AllowWeakRepositories "false";',
        'Acquire::Languages "none";',
        'Debug::NoLocking "true";',
    ]
    if own_sources:
        lines += [
            f'Dir::Etc::sourcelist "{folder}/sources.list";',
            'Dir::Etc::sourceparts "/dev/null";',
            'Dir::Etc::preferences "/dev/null";',
            'Dir::Etc::preferencesparts "/dev/null";',
            'APT::Default-Release "";',
        ]
    return "\n".join(lines) + "\n"


def carried(dump: str) -> list[str]:
    """Pick from `apt-config dump` the lines that our own apt needs too."""
    return [line for line in dump.splitlines() if _CARRIED.fullmatch(line)]


def parse_offers(text: str) -> list[Offer]:
    """Read what `apt-get --print-uris` prints with SHA-256 forced."""
    found = (_OFFER.fullmatch(line.strip()) for line in text.splitlines())
    return [Offer(match["file"], int(match["size"]), match["sha256"]) for match in found if match]


def _machine_settings() -> list[str]:
    try:
        answer = subprocess.run(["apt-config", "dump"], capture_output=True, text=True, check=True)
    except FileNotFoundError as error:
        raise no_apt() from error
    return carried(answer.stdout)


def _follow(process: subprocess.Popen[bytes], status: IO[str], progress: Callable[[float], None]) -> int:
    try:
        for line in status:
            share = _share(line)
            if share is not None:
                progress(share)
    except BaseException:
        process.terminate()
        raise
    finally:
        process.wait()
    return process.returncode


def _share(line: str) -> float | None:
    """Read the progress in a line such as `dlstatus:4:34.39:Retrieving file 4 of 19`."""
    match line.split(":", 3):
        case ["dlstatus", _, percent, _]:
            return float(percent) / 100
        case _:
            return None


def _complaints(output: str) -> str:
    return "\n".join(_COMPLAINT.findall(output))


def _refusal(package: str, output: str) -> ProvisionError:
    return ProvisionError(
        f"apt cannot provide the package {package}:\n{_complaints(output) or output.strip()}",
        "Check the network and this machine's apt sources, then try again.",
    )

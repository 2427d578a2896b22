"""PostgreSQL, and a throw-away server of it for tests.

PostgreSQL refuses to run as root. There the server runs as `nobody`, with one capability of root's left: to
enter folders that are closed to others, such as the project under /root or a test's folder under /tmp.
"""

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from provision import packages, running, versions
from provision.apt import Wish
from provision.errors import ProvisionError
from provision.packages import OWN, Closure

_USER = "centrala"
_PORT = 5432  # it names the socket; no port is opened
_START = 30.0
_STOP = 30.0
# The data is thrown away: nothing need survive a power cut. Compiling queries takes longer than the tests'.
_SETTINGS = ("fsync=off", "full_page_writes=off", "jit=off", "listen_addresses=", "max_connections=200")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server, reached through its socket."""

    sockets: Path
    binaries: Path
    environment: Mapping[str, str]

    @property
    def url(self) -> str:
        """SQLAlchemy's address of the first database."""
        return self.address(_USER)

    def address(self, database: str) -> str:
        """Return SQLAlchemy's address of a database."""
        return f"postgresql+psycopg://{_USER}@/{database}?host={quote(str(self.sockets), safe='')}&port={_PORT}"

    def create_database(self, name: str) -> str:
        """Make an empty database and return its address.

        Raises:
            ProvisionError: it cannot be made; one of that name may exist.
        """
        command = [str(self.binaries / "createdb"), "-h", str(self.sockets), "-p", str(_PORT), "-U", _USER, name]
        _succeed(command, self.environment)
        return self.address(name)


@dataclass(frozen=True, slots=True)
class PostgreSQL:
    """PostgreSQL's programs: `binaries` is the folder that holds initdb and postgres."""

    binaries: Path
    version: str
    environment: Mapping[str, str] = field(default_factory=dict)

    @contextmanager
    def server(self, folder: Path) -> Iterator[Server]:
        """Run a server that keeps its data and its log in `folder`, until the block ends.

        Raises:
            ProvisionError: it does not start; the message quotes its log.
        """
        sockets = Path(tempfile.mkdtemp(prefix="centrala-pg-"))  # a socket's path may have 107 bytes only
        try:
            data = _data_folder(folder, sockets)
            self._initialise(data)
            with self._running(folder, data, sockets) as server:
                server.create_database(_USER)
                yield server
        finally:
            shutil.rmtree(sockets, ignore_errors=True)

    def _initialise(self, data: Path) -> None:
        options = ("--no-sync", "--no-locale", "--encoding=UTF8", "--auth=trust", f"--username={_USER}")
        initdb = str(self.binaries / "initdb")
        _succeed([*unprivileged(), initdb, *options, f"--pgdata={data}"], self.environment)

    @contextmanager
    def _running(self, folder: Path, data: Path, sockets: Path) -> Iterator[Server]:
        settings = [f"-c{setting}" for setting in (*_SETTINGS, f"unix_socket_directories={sockets}")]
        command = [*unprivileged(), str(self.binaries / "postgres"), f"-D{data}", f"-p{_PORT}", *settings]
        log = folder / "postgresql.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                command,
                cwd="/",
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for the tests, which stop the server in good order
            )
        try:
            _await_ready(process, data, log)
            yield Server(sockets, self.binaries, self.environment)
        finally:
            _stop(process)


def postgresql() -> PostgreSQL:
    """Return PostgreSQL's programs.

    Raises:
        ProvisionError: none can be had.
    """
    for binaries in (_on_path(), *_folders(Path("/"))):
        if binaries is not None:
            return PostgreSQL(binaries, _version(binaries, {}))
    tree = packages.obtain(Closure("postgresql", Wish("postgresql"), OWN, _probe))
    return PostgreSQL(_folders(tree.root)[0], tree.version, running.environment(tree.root))


def _on_path() -> Path | None:
    server = running.on_path("postgres")
    folder = server.resolve().parent if server else None
    return folder if folder and (folder / "initdb").is_file() else None


def _folders(root: Path) -> list[Path]:
    """List the folders of Debian's PostgreSQL programs, which are not on PATH, newest first."""
    found = [server.parent for server in root.glob("usr/lib/postgresql/*/bin/postgres")]
    complete = [folder for folder in found if (folder / "initdb").is_file()]
    return sorted(complete, key=lambda folder: versions.numbers(folder.parent.name), reverse=True)


def _probe(root: Path) -> str:
    return _version(_folders(root)[0], running.environment(root))


def _version(binaries: Path, environment: Mapping[str, str]) -> str:
    return versions.find(running.answer([str(binaries / "postgres"), "--version"], environment))


def _data_folder(folder: Path, sockets: Path) -> Path:
    data = folder / "data"
    data.mkdir(mode=0o700, parents=True)
    if os.geteuid() == 0:
        nobody = pwd.getpwnam("nobody")
        for path in (data, sockets):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)
    return data


def unprivileged() -> tuple[str, ...]:
    """Return the command that starts a program as an ordinary user; nothing where we are one.

    Folders that root may enter stay open to the program.
    """
    if os.geteuid() != 0:
        return ()
    nobody = pwd.getpwnam("nobody")
    plain = ("setpriv", f"--reuid={nobody.pw_uid}", f"--regid={nobody.pw_gid}", "--clear-groups")
    # access(2), which PostgreSQL asks about its own programs, forgets capabilities unless told not to.
    entering = (*plain, "--inh-caps=+dac_override", "--ambient-caps=+dac_override", "--securebits=+no_setuid_fixup")
    return entering if _works(entering) else plain


def _works(command: Sequence[str]) -> bool:
    return subprocess.run([*command, "true"], capture_output=True, check=False).returncode == 0


def _await_ready(process: subprocess.Popen[bytes], data: Path, log: Path) -> None:
    deadline = time.monotonic() + _START
    while not _is_ready(data):
        if process.poll() is not None or time.monotonic() > deadline:
            raise ProvisionError(
                f"PostgreSQL does not start:\n{log.read_text(errors='replace')[-1500:]}",
                "The lines above say why.",
            )
        time.sleep(0.02)


def _is_ready(data: Path) -> bool:
    """Say whether the server takes connections: it then writes so in the last line of postmaster.pid."""
    try:
        return (data / "postmaster.pid").read_text().rstrip().endswith("ready")
    except OSError:
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Stop the server, first at once but in order ("fast"), then without ado ("immediate")."""
    for order in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        process.send_signal(order)
        try:
            process.wait(_STOP)
        except subprocess.TimeoutExpired:
            continue
        return


def _succeed(command: Sequence[str], environment: Mapping[str, str]) -> None:
    result = subprocess.run(
        command,
        cwd="/",
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode != 0:
        raise ProvisionError(
            f"{' '.join(command)} failed: {(result.stderr or result.stdout).strip()}",
            "The lines above say why.",
        )

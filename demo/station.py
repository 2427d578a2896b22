"""A whole installation on loopback: Asterisk, IVR processes and their settings, started and stopped together.

Everything runs under one home and dies with this process: nothing is left behind.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import provision
from demo.asterisk_process import AsteriskProcess, free_ports, free_udp_range, is_free

DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--")
READY_SECONDS = 60.0
STOP_SECONDS = 20.0
RTP_PORTS = 1000
# Not settings.yaml: an operator may keep their own one in the home.
SETTINGS_FILE = "station.yaml"
POLL_SECONDS = 0.05


class StationError(RuntimeError):
    """A part did not start; the message ends with its last words."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where the parts listen: SIP, one FastAGI port per IVR process, RTP from and to, AMI if it is wanted."""

    sip: int
    nodes: tuple[int, ...]
    rtp: tuple[int, int]
    ami: int | None = None


def free_addresses(nodes: int, sip: int | None = None) -> Addresses:
    """Free loopback ports; `sip` is taken if it is free.

    Telephones take theirs where the system hands them out: until Asterisk starts, one could have its SIP port.
    """
    rtp = free_udp_range(RTP_PORTS)
    chosen = sip if sip is not None and is_free(sip, socket.SOCK_DGRAM) else free_udp_range(1).start
    ami, *ivr = free_ports(nodes + 1)
    return Addresses(chosen, tuple(ivr), (rtp.start, rtp.stop - 1), ami)


@dataclass(slots=True)
class Node:
    """One process of ours, mostly an IVR process, and the file that its log goes to."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.process.poll() is None

    def kill(self) -> None:
        """End it without a chance to tidy up, as a power cut would."""
        self.process.kill()
        self.process.wait(STOP_SECONDS)

    def terminate(self) -> None:
        """Ask it to drain: no new calls, running ones finish."""
        self.process.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        """End it, politely first."""
        if self.running:
            self.terminate()
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()


@dataclass(slots=True)
class Station:
    """The parts of an installation. Use `running` as a context manager around a started one."""

    home: Path
    menus: Path
    addresses: Addresses
    hours_at: str | None = None
    database_url: str | None = None
    settings: Mapping[str, object] = field(default_factory=dict)
    nodes: list[Node | None] = field(default_factory=list)
    asterisk: AsteriskProcess | None = None
    intake: Node | None = None
    speech: Node | None = None

    @property
    def environment(self) -> dict[str, str]:
        """What commands of this installation need in their environment."""
        own = {"CENTRALA_HOME": str(self.home), "CENTRALA_SETTINGS": str(self.home / SETTINGS_FILE)}
        if self.database_url:
            own["CENTRALA_DATABASE_URL"] = self.database_url
        return {**os.environ, **own}

    def write_settings(self) -> None:
        """Write the settings file of this installation."""
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        first, last = self.addresses.rtp
        settings: dict[str, object] = {
            "menus": str(self.menus.absolute()),
            "ivr": {"nodes": [f"127.0.0.1:{port}" for port in self.addresses.nodes]},
            "sip": {"listen": f"127.0.0.1:{self.addresses.sip}", "rtp_from": first, "rtp_to": last},
        }
        ami = self.addresses.ami
        settings["asterisk"] = {"ami": None if ami is None else {"listen": f"127.0.0.1:{ami}"}}
        for name, value in self.settings.items():
            settings[name] = {**_section(settings, name), **value} if isinstance(value, Mapping) else value
        # JSON is YAML, too.
        (self.home / SETTINGS_FILE).write_text(json.dumps(settings, indent=1) + "\n", "utf-8")

    def centrala(self, *words: str, stdin: str = "") -> str:
        """Run a command of the command line; its stdout. Raises StationError."""
        done = subprocess.run(
            [sys.executable, "-m", "centrala", *words],
            input=stdin,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise StationError(f"centrala {' '.join(words)} ended with {done.returncode}:\n{done.stderr}{done.stdout}")
        return done.stdout

    def render(self) -> None:
        """Write Asterisk's configuration."""
        words = ["asterisk", "render", str(self.home / "asterisk" / "etc")]
        self.centrala(*words, *self._hours())

    def start_asterisk(self) -> None:
        """Start Asterisk from the rendered configuration and wait until it takes calls. Raises StationError."""
        configuration = self.home / "asterisk" / "etc" / "asterisk.conf"
        # ARCHITECTURE.md says what hangs on it.
        in_real_time = "listen" in _section(self.settings, "speech")
        self.asterisk = AsteriskProcess(provision.asterisk().command, configuration, in_real_time=in_real_time)
        self.asterisk.start()
        # Without its port Asterisk starts all the same.
        if f":{self.addresses.sip}" not in self.asterisk.rx("pjsip show transports"):
            raise StationError(f"UDP port {self.addresses.sip} was taken while Asterisk started. Start again.")

    def start_node(self, number: int = 0, *options: str, stdout: int | None = None) -> Node:
        """Start IVR process `number` and wait until it takes calls; its log goes to a file, its stdout to `stdout`."""
        address = f"127.0.0.1:{self.addresses.nodes[number]}"
        words = ("serve", "--listen", address, *self._hours(), *options)
        node = self._start(words, self.home / f"ivr-{number}.log", stdout)
        self.nodes += [None] * (number + 1 - len(self.nodes))
        self.nodes[number] = node
        self._wait_ready(node, self.addresses.nodes[number])
        # Webhooks are answered a moment later than Asterisk is.
        if "listen" in _section(self.settings, "twilio"):
            self._wait_ready(node, _port(self.settings, "twilio"))
        return node

    def start_intake(self) -> Node:
        """Start the process that takes recordings in."""
        self.intake = self._start(("recordings", "intake", "--stay"), self.home / "intake.log")
        return self.intake

    @property
    def is_heard(self) -> bool:
        """Whether somebody listens already where the settings say that a recogniser does."""
        return _listens(_port(self.settings, "speech"))

    def start_speech(self) -> Node:
        """Start the recogniser that the settings name, and wait until it listens; its log goes to a file."""
        self.speech = self._start(("speech",), self.home / "speech.log")
        self._wait_ready(self.speech, _port(self.settings, "speech"))
        return self.speech

    def _start(self, words: tuple[str, ...], log: Path, stdout: int | None = None) -> Node:
        """Run a command that stays; its log goes to a file, its stdout to `stdout` or there, too."""
        with log.open("ab") as output:
            process = subprocess.Popen(
                [*DIES_WITH_US, sys.executable, "-m", "centrala", *words],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output if stdout is None else stdout,
                stderr=output,
                process_group=0,
            )
        return Node(process, log)

    def stop(self) -> None:
        """Stop every part that runs."""
        for node in (*self.nodes, self.intake, self.speech):
            if node is not None:
                node.stop()
        if self.asterisk is not None:
            self.asterisk.stop()

    def _hours(self) -> tuple[str, ...]:
        return ("--hours-at", self.hours_at) if self.hours_at else ()

    def _wait_ready(self, node: Node, port: int) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if not node.running:
                raise StationError(f"a process ended at once:\n{_last_words(node.log)}")
            if _listens(port):
                return
            time.sleep(POLL_SECONDS)
        raise StationError(f"a process does not listen:\n{_last_words(node.log)}")


def _section(settings: Mapping[str, object], name: str) -> dict[str, object]:
    values = settings.get(name, {})
    return dict(values) if isinstance(values, Mapping) else {}


def _port(settings: Mapping[str, object], name: str) -> int:
    """Where a section of the settings has somebody listen."""
    return int(str(_section(settings, name)["listen"]).rpartition(":")[2])


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _last_words(log: Path) -> str:
    return "\n".join(log.read_text("utf-8", "replace").splitlines()[-20:])


@contextmanager
def running(station: Station, nodes: int = 1) -> Iterator[Station]:
    """Start every part of the station, and stop them all at the end."""
    try:
        station.write_settings()
        station.render()
        station.start_asterisk()
        if "speech" in station.settings and not station.is_heard:
            station.start_speech()
        for number in range(nodes):
            station.start_node(number)
        yield station
    finally:
        station.stop()

"""Many calls in the IVR at once: sockets that behave as Asterisk would, each waiting for a key in its first menu."""

from __future__ import annotations

import socket
import uuid
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import psutil

from bench import ground

WARMING_CALLS = 20
PATIENCE_SECONDS = 20.0
KILOBYTE = 1024

# What Asterisk 22 introduces a call with.
INTRODUCTION = """\
agi_network: yes
agi_network_script: call
agi_request: agi://127.0.0.1:{port}/call
agi_channel: PJSIP/trunk-{number:08x}
agi_language: pl
agi_type: PJSIP
agi_uniqueid: 1795231653.{number}
agi_version: 22.10.1
agi_callerid: 600100200
agi_calleridname: unknown
agi_callingpres: 0
agi_callingani2: 0
agi_callington: 0
agi_callingtns: 0
agi_dnid: 225601600
agi_rdnis: unknown
agi_context: ivr
agi_extension: s
agi_priority: 7
agi_enhanced: 0.0
agi_accountcode:
agi_threadid: 139{number:012d}
agi_arg_1: {call}
agi_arg_2: enter
agi_arg_3: 225601600
agi_arg_4:
agi_arg_5:
agi_arg_6:
agi_arg_7:
agi_arg_8:

"""


class CrowdError(RuntimeError):
    """A call did not come to wait in its first menu."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """Memory of the IVR process in bytes, resident (`rss`) and its own (`uss`): idle, and with `calls` calls."""

    calls: int
    idle_rss: int
    idle_uss: int
    rss: int
    uss: int
    threads: int

    @property
    def rss_per_call(self) -> float:
        """Kilobytes of resident memory that a call adds."""
        return (self.rss - self.idle_rss) / self.calls / KILOBYTE

    @property
    def uss_per_call(self) -> float:
        """Kilobytes of the process's own memory that a call adds."""
        return (self.uss - self.idle_uss) / self.calls / KILOBYTE


def gather(calls: int, folder: Path) -> Crowd:
    """Hold so many calls in a fresh IVR process and weigh it. Idle is after a few calls have come and gone."""
    with ground.lone_node(folder) as (port, pid):
        process = psutil.Process(pid)
        for number in range(WARMING_CALLS):
            with waiting_call(port, number):
                pass
        idle = process.memory_full_info()
        with ExitStack() as stack:
            for number in range(WARMING_CALLS, WARMING_CALLS + calls):
                stack.enter_context(waiting_call(port, number))
            full, threads = process.memory_full_info(), process.num_threads()
        return Crowd(calls, idle.rss, idle.uss, full.rss, full.uss, threads)


@contextmanager
def waiting_call(port: int, number: int) -> Iterator[None]:
    """A call that has entered the IVR and waits for a key; at the end the caller hangs up, and the IVR has let go."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS) as connection:
        lines = connection.makefile("rb")
        connection.sendall(INTRODUCTION.format(port=port, number=number, call=uuid.uuid4()).encode())
        _obey(connection, lines)
        yield
        connection.sendall(b"HANGUP\n200 result=-1\n")
        while lines.readline():
            connection.sendall(b"511 Command Not Permitted on a dead channel or intercept routine\n")


def _obey(connection: socket.socket, lines: BinaryIO) -> None:
    """Answer commands until the one that waits for a key. Raises CrowdError where the IVR lets go before."""
    with suppress(ConnectionError):
        for line in lines:
            if line.startswith(b"GET DATA"):
                return
            connection.sendall(b"200 result=0\n")
    raise CrowdError("the IVR let a call go before its first menu")

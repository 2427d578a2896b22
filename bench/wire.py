"""The wire between Asterisk and the recogniser: passed on as it comes, and what Asterisk sends is kept with its time.

A process of its own, so that nobody's clock waits for it. The clock is the machine's, the same in every process.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from demo.station import DIES_WITH_US, StationError

MOST_BYTES = 65536
READY_SECONDS = 10.0
# When (seconds), over which connection, how many bytes follow.
_HEAD = struct.Struct("!dII")


@dataclass(frozen=True, slots=True)
class Passed:
    """Bytes that Asterisk sent over a connection, and when they came by (seconds of time.monotonic())."""

    at: float
    connection: int
    data: bytes


@contextmanager
def laid(port: int, to: int, kept: Path) -> Iterator[int]:
    """Lay the wire: what comes to a port of this machine goes to the other one. Its process id. Raises StationError."""
    words = [sys.executable, "-m", "bench.wire", str(port), str(to), str(kept)]
    process = subprocess.Popen([*DIES_WITH_US, *words], stdin=subprocess.DEVNULL, process_group=0)
    try:
        _wait_for(kept, process)
        yield process.pid
    finally:
        process.terminate()
        ended = process.wait()
    if ended != -signal.SIGTERM:
        raise StationError("the wire between Asterisk and the recogniser broke: is the disk full?")


def _wait_for(kept: Path, process: subprocess.Popen[bytes]) -> None:
    """The file is there once the port is listened on."""
    deadline = time.monotonic() + READY_SECONDS
    while not kept.exists():
        if process.poll() is not None:
            raise StationError("the wire between Asterisk and the recogniser was not laid: its last words are above")
        if time.monotonic() > deadline:
            raise StationError(f"the wire to the recogniser was not laid within {READY_SECONDS:.0f} s. Start again.")
        time.sleep(0.02)


def written(one: Passed) -> bytes:
    """It as it is kept in the file."""
    return _HEAD.pack(one.at, one.connection, len(one.data)) + one.data


def read(file: IO[bytes]) -> Iterator[Passed]:
    """All that is kept; what was being written at the end is left out."""
    while len(head := file.read(_HEAD.size)) == _HEAD.size:
        at, connection, length = _HEAD.unpack(head)
        data = file.read(length)
        if len(data) == length:
            yield Passed(at, connection, data)


async def _carry(port: int, to: int, kept: Path) -> None:
    numbers = itertools.count()
    new = kept.with_suffix(".new")
    with new.open("wb", buffering=0) as file:

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            number = next(numbers)

            def keep(data: bytes) -> None:
                _write(file, written(Passed(time.monotonic(), number, data)))

            there, back = await asyncio.open_connection("127.0.0.1", to)
            await asyncio.gather(_pass(reader, back, keep), _pass(there, writer, _forget))

        server = await asyncio.start_server(connected, "127.0.0.1", port)
        new.rename(kept)
        await server.serve_forever()


def _write(file: IO[bytes], data: bytes) -> None:
    """A wire that cannot keep what passes is of no use: it ends, and is missed."""
    try:
        whole = file.write(data) == len(data)
    except OSError as error:
        whole = False
        print(f"bench.wire: {error}", file=sys.stderr)
    if not whole:
        os._exit(1)


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, keep: Callable[[bytes], None]) -> None:
    """Until one end closes; so is the other one then."""
    with suppress(OSError):
        while data := await reader.read(MOST_BYTES):
            writer.write(data)
            keep(data)
            await writer.drain()
    writer.close()


def _forget(_data: bytes) -> None:
    """What the recogniser says is not kept."""


if __name__ == "__main__":
    asyncio.run(_carry(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])))

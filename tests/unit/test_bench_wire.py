"""The wire between Asterisk and the recogniser passes everything on, and tells when it cannot keep it."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bench import wire
from demo.asterisk_process import free_port
from demo.station import StationError

WAIT_SECONDS = 10.0
SAID = bytes(range(256)) * 1000


@pytest.fixture
def echo() -> Iterator[int]:
    """Somebody who sends back what one peer says, until that closes."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            peer, _ = server.accept()
            with peer, suppress(ConnectionResetError):
                while data := peer.recv(4096):
                    peer.sendall(data)

        thread = threading.Thread(target=serve)
        thread.start()
        yield server.getsockname()[1]
        thread.join(WAIT_SECONDS)
        assert not thread.is_alive()


def talk(port: int) -> bytes:
    """Say something, hear as much of what comes back, and close."""
    heard = bytearray()
    with socket.create_connection(("127.0.0.1", port), WAIT_SECONDS) as line:
        sender = threading.Thread(target=line.sendall, args=(SAID,))
        sender.start()
        while len(heard) < len(SAID) and (data := line.recv(4096)):
            heard += data
        sender.join(WAIT_SECONDS)
    return bytes(heard)


def cut_off(port: int, to: int, kept: Path) -> None:
    """Say a word over a wire that ends by it."""
    with wire.laid(port, to, kept), socket.create_connection(("127.0.0.1", port), WAIT_SECONDS) as line:
        line.sendall(b"hello")
        with suppress(ConnectionResetError):
            assert b"" == line.recv(4096)


def test_what_is_said_passes_and_is_kept(echo: int, tmp_path: Path) -> None:
    """Both ways and unchanged; of one way it is known when it was said."""
    port, kept = free_port(), tmp_path / "kept"
    with wire.laid(port, echo, kept):
        heard = talk(port)
    with kept.open("rb") as file:
        passed = list(wire.read(file))
    assert (SAID, SAID, {0}) == (heard, b"".join(one.data for one in passed), {one.connection for one in passed})
    times = [one.at for one in passed]
    assert sorted(times) == times


def test_a_port_that_is_taken_is_told(echo: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Nobody waits for a wire that was not laid."""
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(StationError, match="was not laid"),
        wire.laid(taken.getsockname()[1], echo, tmp_path / "kept"),
    ):
        pass
    assert "address already in use" in capfd.readouterr().err
    socket.create_connection(("127.0.0.1", echo)).close()


def test_a_wire_that_cannot_keep_what_passes_is_missed(echo: int, tmp_path: Path) -> None:
    """On a full disk."""
    port, kept = free_port(), tmp_path / "kept"
    (tmp_path / "kept.new").symlink_to("/dev/full")
    with pytest.raises(StationError, match="broke"):
        cut_off(port, echo, kept)

"""Streams that are listened to in real time: how long a result takes beyond the recogniser's own endpoint.

Each stream is a connection as Asterisk makes one: sound in frames of 20 ms, a word every few seconds, each asked for
anew. What the recogniser itself needs to know that a word is over is found beforehand, frame by frame; what is measured
begins when that frame is sent.
"""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from centrala.speech_measuring import spoken
from demo.asterisk_process import free_port
from speech.messages import CODEC, GRAMMAR, PROTOCOL, Listening, ask_for
from speech.models import inspect, shipped
from speech.probing import fault_of
from speech.recognition import Listener, Model
from speech.voices import HELD_OUT

LANG = "pl"
WORDS = ("emerytury", "zasiłki", "ubezpieczeni", "lekarze", "konsultant", "pomoc techniczna", "tak", "nie", "dwa")
FRAME_BYTES, FRAME_SECONDS = 320, 0.02
START_SECONDS = 30.0
# A stream that falls behind is given up.
LATE_SECONDS = 5.0
VOICES = 4


@dataclass(frozen=True, slots=True)
class Utterance:
    """Frames of a word, and the one at which the recogniser knows that it is over."""

    frames: tuple[bytes, ...]
    endpoint: int


@dataclass(frozen=True, slots=True)
class Streams:
    """So many at once, for so long: seconds beyond the endpoint of each result, and how many never came.

    `processor` are cores used by the recogniser, `memory` bytes of its processes at the end, `idle` before the first.
    """

    count: int
    seconds: tuple[float, ...]
    missing: int
    processor: float
    memory: int
    idle: int


@dataclass(frozen=True, slots=True)
class Place:
    """A recogniser that runs."""

    address: str
    process: psutil.Process

    @property
    def workers(self) -> list[psutil.Process]:
        """The processes that recognise."""
        return self.process.children()

    @property
    def memory(self) -> int:
        """What they hold, in bytes."""
        return sum(worker.memory_info().rss for worker in self.workers)

    @property
    def processor(self) -> float:
        """Seconds of the processor that they have used."""
        return sum(worker.cpu_times().user + worker.cpu_times().system for worker in self.workers)


@contextmanager
def running(folder: Path, workers: int) -> Iterator[Place]:
    """A recogniser with the shipped model and so many processes. Raises TimeoutError."""
    address = f"127.0.0.1:{free_port()}"
    settings = folder / "settings.yaml"
    settings.write_text(json.dumps({"speech": {"listen": address, "workers": workers}}), "utf-8")
    environment = {"CENTRALA_SETTINGS": str(settings), "PATH": "/usr/bin:/bin", "PYTHONPATH": str(Path.cwd())}
    with (folder / "speech.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "centrala", "speech"], env=environment, stderr=log, stdout=log
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while fault_of(address):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the recogniser did not start: {(folder / 'speech.log').read_text('utf-8')}")
            time.sleep(0.1)
        yield Place(address, psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait()


def utterances() -> tuple[Utterance, ...]:
    """What is said, by voices that no training has heard. Raises AudioError."""
    model = Model(inspect(shipped(LANG)))
    made = (_utterance(model, spoken(LANG, word, voice)) for voice in HELD_OUT[:VOICES] for word in WORDS)
    return tuple(one for one in made if one is not None)


def _utterance(model: Model, sound: bytes) -> Utterance | None:
    frames = tuple(sound[start : start + FRAME_BYTES] for start in range(0, len(sound), FRAME_BYTES))
    listener = Listener(model, Listening(LANG, WORDS, 0.0))
    endpoint = next((number for number, frame in enumerate(frames) if listener.hear(frame)), None)
    return None if endpoint is None else Utterance(frames, endpoint)


def measure(place: Place, said: tuple[Utterance, ...], count: int, seconds: float) -> Streams:
    """Keep so many streams going for so many seconds."""
    idle, used, began = place.memory, place.processor, time.monotonic()
    waits, missing = asyncio.run(_all(place, said, count, seconds))
    cores = (place.processor - used) / (time.monotonic() - began)
    return Streams(count, tuple(waits), missing, cores, place.memory, idle)


async def _all(place: Place, said: tuple[Utterance, ...], count: int, seconds: float) -> tuple[list[float], int]:
    waits: list[float] = []
    missing = [0]
    async with asyncio.TaskGroup() as group:
        for number in range(count):
            group.create_task(_stream(place.address, said, random.Random(number), seconds, waits, missing))
    return waits, missing[0]


async def _stream(
    address: str,
    said: tuple[Utterance, ...],
    chance: random.Random,
    seconds: float,
    waits: list[float],
    missing: list[int],
) -> None:
    await asyncio.sleep(chance.uniform(0, 2))
    until = time.monotonic() + seconds
    async with connect(f"ws://{address}", subprotocols=[Subprotocol(PROTOCOL)], compression=None, proxy=None) as peer:
        await _asked(peer, "setup", codecs=[{"name": CODEC}])
        while time.monotonic() < until:
            wait = await _said(peer, chance.choice(said))
            if wait is None:
                missing[0] += 1
            else:
                waits.append(wait)


async def _asked(peer: ClientConnection, request: str, **fields: object) -> None:
    await peer.send(json.dumps({"request": request, "id": "1", **fields}))
    while "response" not in json.loads(await peer.recv()):
        pass


async def _said(peer: ClientConnection, one: Utterance) -> float | None:
    """Say it in real time; the seconds from the frame of its endpoint to the result."""
    await _asked(peer, "set", params={GRAMMAR: ask_for(LANG, WORDS, 0.0)})
    begin, sent_at = time.monotonic(), 0.0
    result = asyncio.ensure_future(_arrival(peer))
    try:
        for number, frame in enumerate(one.frames):
            await asyncio.sleep(max(0.0, begin + number * FRAME_SECONDS - time.monotonic()))
            if number == one.endpoint:
                sent_at = begin + number * FRAME_SECONDS
            await peer.send(frame)
            if result.done() and sent_at:
                break
        arrived = await asyncio.wait_for(result, LATE_SECONDS)
    except TimeoutError:
        return None
    return max(0.0, arrived - sent_at) if sent_at else None


async def _arrival(peer: ClientConnection) -> float:
    """When the next message comes."""
    await peer.recv()
    return time.monotonic()

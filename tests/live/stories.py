"""Stories of callers to whom something happens on the way: each is told up to a point, and from there on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psutil

from demo.phone import Call
from demo.station import Node
from tests.live import tones
from tests.live.callers import PATIENCE, POLL_SECONDS, Account, Talk, account, answered
from tests.live.stations import Live

IDENTIFIER, PIN = "30517842", "471155"

# What Asterisk says of a CANCEL that crossed its answer.
CROSSED = "Session already DISCONNECTED"

# A story yields where something is to happen, and goes on afterwards.
Story = Iterator[None]


class Caller:
    """One caller: what is keyed, what is heard, how it ends."""

    def __init__(self, live: Live, ani: str) -> None:
        self.live, self.ani = live, ani
        self.call: Call
        self.ear: tones.Ear

    def dials(self) -> None:
        """Call the service and wait for the answer."""
        self.call, self.ear = self.live.dial(self.ani)

    def hears(self, *prompts: str, times: int = 1, timeout: float = PATIENCE) -> None:
        """Until these prompts have begun, the last of them so many times."""
        for prompt in prompts[:-1]:
            self.ear.wait_for(f"pl:{prompt}", timeout=timeout)
        self.ear.wait_for(f"pl:{prompts[-1]}", times, timeout)

    def keys(self, keys: str) -> None:
        """Press keys and wait until they are all sent."""
        self.call.press(keys, duration=0.1, gap=0.1)
        self.call.wait_until(lambda: not self.call.pressing, what="the keys to be sent")

    def comes_to(self, *steps: tuple[str, str]) -> None:
        """At each of the prompts named, press what stands beside it."""
        for prompt, keys in steps:
            self.hears(prompt)
            self.keys(keys)

    def talks(self) -> Talk:
        """Until a consultant has answered."""
        return answered(self.live, self.ani, self.call, self.ear)

    def listens(self, seconds: float) -> None:
        """Hear so much sound; in a menu there is none once its prompts are over."""
        until = self.call.recording.seconds + seconds
        self.call.wait_until(lambda: self.call.recording.seconds >= until, seconds + PATIENCE, "sound")

    def hangs_up(self) -> None:
        """Leave."""
        self.call.hang_up()
        self.call.wait_ended()

    def heard(self) -> list[str]:
        """The names of the prompts that were heard."""
        return [heard.key.removeprefix("pl:") for heard in self.ear.heard()]

    def account(self) -> Account:
        """What is kept of the call, once it has ended."""
        return account(self.live, self.ani)


def at_once(steps: Iterable[Callable[[], object]]) -> None:
    """Do all of these at the same time; the first failure is raised when all are through."""
    todo = list(steps)
    with ThreadPoolExecutor(len(todo)) as pool:
        for done in [pool.submit(step) for step in todo]:
            done.result()


def tell(stories: Iterable[Story], happening: Callable[[], object]) -> None:
    """Tell all stories at once up to their turning point, let it happen, and tell them to their ends."""
    told = list(stories)
    at_once(lambda story=story: next(story) for story in told)  # type: ignore[misc]
    happening()
    at_once(lambda story=story: list(story) for story in told)  # type: ignore[misc]


def stand_up(live: Live) -> None:
    """Have every IVR process of the installation running."""
    # In this thread: what is started dies with the thread that started it.
    for number in range(len(live.station.addresses.nodes)):
        if not is_up(live, number):
            live.station.start_node(number)


def is_up(live: Live, number: int) -> bool:
    """Whether an IVR process runs."""
    return number < len(live.station.nodes) and (node := live.station.nodes[number]) is not None and node.running


def node(live: Live, number: int) -> Node:
    """An IVR process of the installation."""
    found = live.station.nodes[number]
    assert found is not None
    return found


def wait_for(condition: Callable[[], object], what: str) -> None:
    """Poll until something is true."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, f"{what}: never"
        time.sleep(POLL_SECONDS)


def channels(live: Live) -> int:
    """How many channels Asterisk has."""
    assert live.station.asterisk is not None
    (line,) = [line for line in live.station.asterisk.rx("core show channels count").splitlines() if "channel" in line]
    return int(line.split()[0])


def sessions(live: Live) -> int:
    """How many calls are in the IVR: connections that its processes hold, whoever is at the other end."""
    ports = live.station.addresses.nodes
    running = [(node(live, number), ports[number]) for number in range(len(live.station.nodes)) if is_up(live, number)]
    return sum(_connections(psutil.Process(one.process.pid), port) for one, port in running)


def _connections(process: psutil.Process, port: int) -> int:
    found = process.net_connections("tcp")
    return sum(one.laddr.port == port and one.status != psutil.CONN_LISTEN for one in found)


@contextmanager
def on_a_break(live: Live, *extensions: str) -> Iterator[None]:
    """No calls are offered to these consultants for a while."""
    assert live.station.asterisk is not None
    rx = live.station.asterisk.rx
    for extension in extensions:
        assert "paused" in rx(f"queue pause member PJSIP/{extension}")
    try:
        yield
    finally:
        for extension in extensions:
            rx(f"queue unpause member PJSIP/{extension}")


@contextmanager
def nothing_stays(live: Live) -> Iterator[None]:
    """When the callers have gone, no channel, session or note is left, and no log holds a traceback or an error."""
    yield
    wait_for(lambda: channels(live) == 0, "all channels gone")
    wait_for(lambda: sessions(live) == 0, "all sessions gone")
    if any(is_up(live, number) for number in range(len(live.station.nodes))):
        wait_for(lambda: not list(_spool(live).glob("*")), "every note taken in")
    assert not (found := faults(live)), "\n".join(found)


def faults(live: Live) -> list[str]:
    """Lines of the logs that tell of a defect."""
    home = live.station.home
    ours = [
        line for path in home.glob("ivr-*.log") for line in _lines(path) if '"exception"' in line or "Traceback" in line
    ]
    theirs = [line for line in _lines(home / "asterisk" / "log" / "messages.log") if " ERROR[" in line]
    return ours + [line for line in theirs if CROSSED not in line]


def _lines(path: object) -> list[str]:
    with open(str(path), encoding="utf-8", errors="replace") as file:
        return file.read().splitlines()


def keep_queue_log(live: Live) -> None:
    """Have Asterisk log what happens in its queues; the product keeps that log off."""
    configuration = live.station.home / "asterisk" / "etc" / "logger.conf"
    text = configuration.read_text("utf-8")
    assert "queue_log = no" in text
    configuration.write_text(text.replace("queue_log = no", "queue_log = yes"), "utf-8")
    assert live.station.asterisk is not None
    live.station.asterisk.rx("logger reload")


def queue_log(live: Live) -> list[str]:
    """Its lines."""
    return _lines(live.station.home / "asterisk" / "log" / "queue_log")


def notes(live: Live) -> int:
    """How many notes about calls wait to be taken in."""
    return len(list(_spool(live).glob("*.note")))


def _spool(live: Live) -> Path:
    return live.station.home / "spool"


def unfinished(live: Live) -> list[str]:
    """What in the database does not come to its end, which is waited for: calls, stays in queues."""
    deadline = time.monotonic() + PATIENCE
    while (left := _open(live)) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    return left


def _open(live: Live) -> list[str]:
    with live.database.reading() as connection:
        calls = connection.exec_driver_sql("SELECT id FROM calls WHERE ended_at IS NULL OR cause IS NULL").scalars()
        visits = connection.exec_driver_sql("SELECT call_id FROM queue_visits WHERE left_at IS NULL").scalars()
        return [*calls, *visits]
